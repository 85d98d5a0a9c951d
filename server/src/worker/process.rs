//! A child process as its worker sees it.

use crate::child::memory::{kills_by_kernel, peak_of, resident_of};
use crate::child::{ChildConfig, Reply, Request};
use crate::job::{Cause, CauseKind};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;

/// How much of what a child says last on standard error is kept.
const TAIL: usize = 2000;
/// How long is waited for it once the child has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);

pub(super) struct Process {
    child: Child,
    input: ChildStdin,
    replies: Lines<BufReader<ChildStdout>>,
    said: Arc<Mutex<String>>,
    listener: JoinHandle<()>,
    kernel_kills: Option<u64>,
}

impl Process {
    /// Starts a child.
    pub(super) async fn start(program: &Path, config: &ChildConfig) -> std::io::Result<Self> {
        let mut child = Command::new(program)
            .arg("child")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let missing = || std::io::Error::other("the child has no pipes");
        let input = child.stdin.take().ok_or_else(missing)?;
        let replies = BufReader::new(child.stdout.take().ok_or_else(missing)?).lines();
        let said = Arc::default();
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let listener = tokio::spawn(listen(stderr, Arc::clone(&said)));
        let mut process = Self {
            child,
            input,
            replies,
            said,
            listener,
            kernel_kills: kills_by_kernel(),
        };
        process.write(config).await?;
        Ok(process)
    }

    /// Gives it a job.
    pub(super) async fn send(&mut self, request: &Request) -> std::io::Result<()> {
        self.kernel_kills = kills_by_kernel();
        self.write(request).await
    }

    async fn write<T: serde::Serialize>(&mut self, value: &T) -> std::io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.input.write_all(&line).await?;
        self.input.flush().await
    }

    /// Its next reply; nothing when it has ended or says what it should not. Nothing is lost if the call is dropped.
    pub(super) async fn reply(&mut self) -> Option<Reply> {
        let line = self.replies.next_line().await.ok()??;
        match serde_json::from_str(&line) {
            Ok(reply) => Some(reply),
            Err(error) => {
                tracing::error!(%error, "a child process sent a line that is no reply");
                None
            }
        }
    }

    /// Greatest memory so far, while it lives.
    pub(super) fn peak(&self) -> Option<i64> {
        self.child.id().and_then(peak_of)
    }

    /// Memory that it has now, while it lives.
    pub(super) fn resident(&self) -> Option<i64> {
        self.child.id().and_then(resident_of)
    }

    /// Kills it and waits for its end.
    pub(super) async fn kill(mut self) {
        let _ = self.child.kill().await;
    }

    /// Why it ended by itself.
    pub(super) async fn autopsy(mut self) -> Cause {
        // Its output has ended; if it hangs all the same, it is of no use.
        let waited = tokio::time::timeout(Duration::from_secs(2), self.child.wait()).await;
        let status = match waited {
            Ok(Ok(status)) => status,
            _ => {
                let _ = self.child.kill().await;
                return Cause::new(CauseKind::WorkerDied, "the child process stopped answering");
            }
        };
        // Its last words say why; they may still be on their way, and another process may hold their end open.
        let _ = tokio::time::timeout(LAST_WORDS, &mut self.listener).await;
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
        tracing::warn!(%status, said, "a child process died");
        let by_kernel = kills_by_kernel()
            .zip(self.kernel_kills)
            .is_some_and(|(now, then)| now > then);
        classify(status, &said, by_kernel)
    }
}

/// What a dead child's status and last words mean.
fn classify(status: ExitStatus, said: &str, by_kernel: bool) -> Cause {
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    let refused = said.contains("memory allocation of") || said.contains("Cannot allocate memory");
    match status.signal() {
        Some(SIGABRT) if refused => Cause::new(
            CauseKind::OutOfMemory,
            "the job needs more memory than workers.memory_mb allows; use a smaller model, or raise the limit",
        ),
        Some(SIGKILL) if by_kernel => Cause::new(
            CauseKind::OutOfMemory,
            "the worker's machine ran out of memory while the job ran",
        ),
        Some(signal) => Cause::new(
            CauseKind::WorkerDied,
            format!("the child process was killed by signal {signal}"),
        ),
        None if refused => Cause::new(CauseKind::OutOfMemory, "the child process could not get memory"),
        None => Cause::new(
            CauseKind::WorkerDied,
            format!("the child process ended with {status}; the worker's log says more"),
        ),
    }
}

/// Keeps the last of what it says on standard error.
async fn listen(stderr: ChildStderr, said: Arc<Mutex<String>>) {
    let mut lines = BufReader::new(stderr).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push_str(&line);
        said.push('\n');
        while said.len() > TAIL {
            let end = said.find('\n').map_or(said.len(), |place| place + 1);
            said.drain(..end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_are_told_apart() {
        let kind = |raw, said, by_kernel| classify(ExitStatus::from_raw(raw), said, by_kernel).kind;
        assert_eq!(
            kind(6, "memory allocation of 99 bytes failed\n", false),
            CauseKind::OutOfMemory
        );
        assert_eq!(kind(6, "", false), CauseKind::WorkerDied);
        assert_eq!(kind(9, "", true), CauseKind::OutOfMemory);
        assert_eq!(kind(9, "", false), CauseKind::WorkerDied);
        assert_eq!(kind(11, "", true), CauseKind::WorkerDied);
        assert_eq!(kind(101 << 8, "thread panicked", false), CauseKind::WorkerDied);
    }
}
