//! One slot of a worker, and one attempt at a job.

use super::Shared;
use super::warm::Warm;
use crate::child::Reply;
use crate::job::{Cause, CauseKind, JobKind, JobSpec, JobStage};
use crate::store::{Claim, Ending, Heartbeat, Measured, StoreError};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::time::{Instant, MissedTickBehavior, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

/// How often a running attempt asks whether to go on.
const HEARTBEAT: Duration = Duration::from_millis(400);
/// How often a slot looks for jobs that nobody told it of.
const LOOK: Duration = Duration::from_secs(1);
/// How long a result is kept when the database does not take it. Its lease is over by then.
const KEEP_RESULT: Duration = Duration::from_secs(300);

/// Runs one job at a time, in a child process of the job's tenant.
pub(super) struct Slot {
    shared: Arc<Shared>,
    name: String,
    warm: Warm,
}

/// How an attempt came to its end.
enum Outcome {
    /// The child is done.
    Made(Reply),
    /// The attempt failed, with its child or without.
    Failed(Cause),
    /// Another attempt has the job, or soon will.
    Lost,
    /// The worker ends.
    GivenBack,
}

impl Slot {
    pub(super) fn new(shared: Arc<Shared>, number: usize) -> Self {
        let name = format!("{}/{number}", shared.options.name);
        Self {
            shared,
            name,
            warm: Warm::default(),
        }
    }

    /// Runs jobs until `stop`; the one that runs then is given back at `drained`.
    pub(super) async fn run(mut self, stop: CancellationToken, drained: CancellationToken) {
        let options = &self.shared.options;
        self.warm.prepare(&options.program, &options.child).await;
        while !stop.is_cancelled() {
            let lease_ms = i64::try_from(self.shared.options.lease.as_millis()).unwrap_or(i64::MAX);
            match self.shared.database.claim(&self.name, lease_ms).await {
                Ok(Some(claim)) => self.job(claim, &drained).await,
                Ok(None) => {
                    tokio::select! {
                        () = self.shared.database.signals().work() => {}
                        () = sleep(LOOK) => {}
                        () = stop.cancelled() => {}
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "claiming a job failed; trying again");
                    tokio::select! {
                        () = sleep(LOOK) => {}
                        () = stop.cancelled() => {}
                    }
                }
            }
        }
    }

    async fn job(&mut self, claim: Claim, drained: &CancellationToken) {
        let (id, attempt) = (claim.job.id, claim.job.attempt);
        tracing::info!(job = %id, attempt, kind = %claim.job.kind, "job begins");
        let mut measured = Measured::default();
        let scratch = match self.shared.scratch.attempt() {
            Ok(scratch) => scratch,
            Err(error) => {
                let cause = Cause::new(
                    CauseKind::Storage,
                    format!("scratch files of the worker: {error}"),
                );
                return self.end(&claim, Outcome::Failed(cause), &measured, None).await;
            }
        };
        // What the database and the object store take, or being away, is nobody's to pay for.
        measured.used_ms = Some(0);
        let outcome = self.attempt(&claim, scratch.path(), drained, &mut measured).await;
        self.end(&claim, outcome, &measured, Some(scratch.path())).await;
    }

    /// Has the child do the work, and watches over it.
    async fn attempt(
        &mut self,
        claim: &Claim,
        scratch: &std::path::Path,
        drained: &CancellationToken,
        measured: &mut Measured,
    ) -> Outcome {
        let mut news = self.shared.database.signals().events();
        let request = match self.shared.prepare(&claim.job, scratch).await {
            Ok(request) => request,
            Err(cause) => return Outcome::Failed(cause),
        };
        let options = &self.shared.options;
        let tenant = &claim.job.tenant;
        let mut process = match self.warm.take(tenant, &options.program, &options.child).await {
            Ok(process) => process,
            Err(error) => {
                let detail = format!("the child process could not be started: {error}");
                return Outcome::Failed(Cause::new(CauseKind::WorkerDied, detail));
            }
        };
        let begun = Instant::now();
        if process.send(&request).await.is_err() {
            return Outcome::Failed(process.autopsy().await);
        }
        let limit = match claim.job.kind {
            JobKind::Prove => self.shared.options.prove_limit,
            JobKind::Compile => self.shared.options.compile_limit,
        };
        let deadline = Instant::now() + limit;
        let mut beats = tokio::time::interval(HEARTBEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        beats.reset();
        loop {
            let stop = tokio::select! {
                reply = process.reply() => match reply {
                    Some(Reply::Stage { stage, estimate_ms, stages }) => {
                        measured.stages = stages;
                        self.stage(claim, stage, estimate_ms, measured).await
                    }
                    Some(Reply::Measured { stages, peak_bytes }) => {
                        let used: f64 = stages.iter().map(|stage| stage.ms).sum();
                        *measured = Measured { stages, peak_bytes, used_ms: Some(used.ceil() as i64) };
                        None
                    }
                    Some(made) => {
                        let budget = self.shared.options.child.key_cache_bytes;
                        self.warm.keep(&claim.job.tenant, process, budget).await;
                        return Outcome::Made(made);
                    }
                    None => {
                        measured.used_ms = since(begun);
                        return Outcome::Failed(process.autopsy().await);
                    }
                },
                _ = beats.tick() => {
                    measured.peak_bytes = process.peak().max(measured.peak_bytes);
                    self.heartbeat(claim).await
                }
                () = about(&mut news, claim) => self.heartbeat(claim).await,
                () = sleep_until(deadline) => {
                    let detail = format!("the attempt took longer than the {} s that this server allows", limit.as_secs());
                    Some(Outcome::Failed(Cause::new(CauseKind::TimedOut, detail)))
                }
                () = drained.cancelled() => Some(Outcome::GivenBack),
            };
            if let Some(outcome) = stop {
                measured.used_ms = since(begun);
                process.kill().await;
                return outcome;
            }
        }
    }

    /// Notes a stage. Claiming put the job into the first one; the database need not hear of it again.
    async fn stage(
        &self,
        claim: &Claim,
        stage: JobStage,
        estimate_ms: Option<u64>,
        measured: &Measured,
    ) -> Option<Outcome> {
        if measured.stages.is_empty() && stage.state() == claim.job.state && stage != JobStage::Opening {
            return None;
        }
        let data = json!({ "stage": stage, "estimate_ms": estimate_ms, "stages": measured.stages });
        let noted = self
            .shared
            .database
            .stage(claim.job.id, &claim.token, stage, &measured.stages, &data);
        told(noted.await)
    }

    async fn heartbeat(&self, claim: &Claim) -> Option<Outcome> {
        let lease_ms = i64::try_from(self.shared.options.lease.as_millis()).unwrap_or(i64::MAX);
        told(
            self.shared
                .database
                .heartbeat(claim.job.id, &claim.token, lease_ms)
                .await,
        )
    }

    /// Stores what was made, and tells the database how the attempt ended.
    async fn end(
        &mut self,
        claim: &Claim,
        outcome: Outcome,
        measured: &Measured,
        scratch: Option<&std::path::Path>,
    ) {
        let ended = match outcome {
            Outcome::Made(reply) => match self.keep(claim, reply, scratch).await {
                Ok(ending) => self.store(claim, measured, Ok(ending)).await,
                Err(cause) => self.store(claim, measured, Err(cause)).await,
            },
            Outcome::Failed(cause) => self.store(claim, measured, Err(cause)).await,
            Outcome::Lost => Ok(Heartbeat::Lost),
            Outcome::GivenBack => self.shared.database.give_back(claim).await,
        };
        let (job, attempt) = (claim.job.id, claim.job.attempt);
        match ended {
            Ok(Heartbeat::Lost) => {
                tracing::warn!(%job, attempt, "the attempt lost the job; its result is thrown away")
            }
            Ok(_) => tracing::info!(%job, attempt, "attempt ended"),
            Err(error) => {
                tracing::error!(%job, attempt, %error, "the attempt's end could not be stored; its lease will end");
            }
        }
    }

    async fn keep(
        &self,
        claim: &Claim,
        reply: Reply,
        scratch: Option<&std::path::Path>,
    ) -> Result<Ending, Cause> {
        let output = scratch.map(|scratch| scratch.join("output")).unwrap_or_default();
        match (reply, &claim.job.spec) {
            (Reply::Proved(files), JobSpec::Prove(_)) => self.shared.keep_proof(files, &output).await,
            (Reply::Compiled(files), JobSpec::Compile(spec)) => {
                self.shared.keep_model(*files, spec, &output).await
            }
            (Reply::Failed(cause), _) => Err(cause),
            _ => Err(Cause::new(
                CauseKind::Internal,
                "the child process answered another request",
            )),
        }
    }

    /// Tells the database, again and again while it is away.
    async fn store(
        &self,
        claim: &Claim,
        measured: &Measured,
        result: Result<Ending, Cause>,
    ) -> Result<Heartbeat, StoreError> {
        let until = Instant::now() + KEEP_RESULT;
        let mut result = result;
        loop {
            let stored = match &result {
                Ok(ending) => {
                    self.shared
                        .database
                        .complete(claim, ending.clone(), measured)
                        .await
                }
                Err(cause) => self.shared.database.fail(claim, cause.clone(), measured).await,
            };
            match stored {
                Err(error @ StoreError::VersionTaken { .. }) => {
                    result = Err(Cause::new(CauseKind::VersionTaken, error.to_string()));
                }
                Err(error) if error.is_unavailable() && Instant::now() < until => {
                    tracing::warn!(%error, job = %claim.job.id, "the database does not take the attempt's end; trying again");
                    sleep(LOOK).await;
                }
                other => return other,
            }
        }
    }
}

/// Milliseconds since then.
fn since(begun: Instant) -> Option<i64> {
    i64::try_from(begun.elapsed().as_millis()).ok()
}

/// What the database's answer means for the attempt. While it does not answer, the work goes on: only the token decides.
fn told(answer: Result<Heartbeat, StoreError>) -> Option<Outcome> {
    match answer {
        Ok(Heartbeat::Continue) => None,
        Ok(Heartbeat::Cancel) => Some(Outcome::Failed(Cause::new(
            CauseKind::CancelledByUser,
            "cancelled while it ran",
        ))),
        Ok(Heartbeat::Lost) => Some(Outcome::Lost),
        Err(error) => {
            tracing::warn!(%error, "a running job could not reach the database; it goes on");
            None
        }
    }
}

/// Resolves when something happened to the job.
async fn about(news: &mut broadcast::Receiver<crate::job::JobId>, claim: &Claim) {
    loop {
        match news.recv().await {
            Ok(job) if job == claim.job.id => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
