//! A child process for a single request.

use super::WorkerOptions;
use super::process::Process;
use crate::child::{Reply, Request};
use crate::job::{Cause, CauseKind};
use std::time::Duration;

/// Has a child process answer one request that is no job, and ends it. A future that is dropped kills it.
///
/// # Errors
/// Why the request could not be answered.
pub(crate) async fn once(
    options: &WorkerOptions,
    request: &Request,
    limit: Duration,
) -> Result<Reply, Cause> {
    let storage =
        |error: std::io::Error| Cause::new(CauseKind::Storage, format!("starting a child process: {error}"));
    let mut process = Process::start(&options.program, &options.child)
        .await
        .map_err(storage)?;
    process.send(request).await.map_err(storage)?;
    let answer = async {
        loop {
            match process.reply().await {
                Some(Reply::Stage { .. } | Reply::Measured { .. }) => {}
                other => return other,
            }
        }
    };
    match tokio::time::timeout(limit, answer).await {
        Ok(Some(Reply::Failed(cause))) => Err(cause),
        Ok(Some(reply)) => {
            process.kill().await;
            Ok(reply)
        }
        Ok(None) => Err(process.autopsy().await),
        Err(_) => {
            process.kill().await;
            Err(Cause::new(
                CauseKind::TimedOut,
                format!("it took longer than {} seconds", limit.as_secs()),
            ))
        }
    }
}
