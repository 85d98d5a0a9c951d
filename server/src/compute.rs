//! Work for processors, beside the threads that answer requests: verifications and predictions.

use crate::problem::{Problem, ProblemKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Semaphore;

/// Waiting pieces of work per thread, beyond which new ones are refused.
const WAITING_PER_THREAD: usize = 128;

/// As many pieces of work at once as there are threads for them, and a bounded number that wait.
#[derive(Clone)]
pub struct Compute {
    permits: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    threads: usize,
}

/// Counts down even when the request is dropped while it waits.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Compute {
    /// For `threads` at once; 0 for one per processor.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        let processors = || std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if threads == 0 { processors() } else { threads };
        Self {
            permits: Arc::new(Semaphore::new(threads)),
            waiting: Arc::default(),
            threads,
        }
    }

    /// How many pieces of work run at once.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Runs `work` when a thread is free. A request that is gone by then costs nothing.
    ///
    /// # Errors
    /// `overloaded` if too much waits already, `internal` if `work` panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let guard = Waiting(Arc::clone(&self.waiting));
        if waiting >= WAITING_PER_THREAD * self.threads {
            return Err(Problem::new(
                ProblemKind::Overloaded,
                "too many verifications and predictions are waiting",
            )
            .retry_after(1));
        }
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(Problem::internal)?;
        drop(guard);
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        })
        .await
        .map_err(Problem::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_waits_and_is_refused_when_too_much_waits() {
        let compute = Compute::new(1);
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let compute = compute.clone();
            async move { compute.run(move || held.recv().is_ok()).await }
        });
        while compute.permits.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let waiting: Vec<_> = (0..WAITING_PER_THREAD)
            .map(|_| {
                let compute = compute.clone();
                tokio::spawn(async move { compute.run(|| ()).await })
            })
            .collect();
        while compute.waiting.load(Ordering::Relaxed) < WAITING_PER_THREAD {
            tokio::task::yield_now().await;
        }
        assert_eq!(
            compute.run(|| ()).await.unwrap_err().kind,
            ProblemKind::Overloaded
        );
        release.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        for task in waiting {
            task.await.unwrap().unwrap();
        }
        compute.run(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_a_problem() {
        let compute = Compute::new(1);
        let kind = compute.run(|| panic!("no")).await.unwrap_err().kind;
        assert_eq!(kind, ProblemKind::Internal);
        compute.run(|| ()).await.unwrap();
    }
}
