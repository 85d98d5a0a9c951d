//! Wake-ups: what waits for a job need not ask again and again.
//!
//! A signal says only that something happened; whoever is woken looks at the rows. A lost signal costs the time until
//! the next look.

use crate::job::JobId;
use std::sync::Arc;
use tokio::sync::{Notify, broadcast};

/// How many signals a slow listener may be behind. It then looks at its job as if it had been woken.
const BACKLOG: usize = 1024;

/// Wake-ups of one process.
#[derive(Clone, Debug)]
pub struct Signals {
    work: Arc<Notify>,
    events: broadcast::Sender<JobId>,
}

impl Signals {
    pub(super) fn new() -> Self {
        Self {
            work: Arc::new(Notify::new()),
            events: broadcast::Sender::new(BACKLOG),
        }
    }

    /// Resolves when a job may have become claimable.
    pub async fn work(&self) {
        self.work.notified().await;
    }

    /// Something new happened to these jobs.
    pub fn events(&self) -> broadcast::Receiver<JobId> {
        self.events.subscribe()
    }

    pub(crate) fn notify_work(&self) {
        self.work.notify_one();
        self.work.notify_waiters();
    }

    pub(crate) fn notify_event(&self, job: JobId) {
        // Nobody listening is no error.
        let _ = self.events.send(job);
    }
}
