//! `hallmark worker`.

use crate::args::WorkerArgs;
use crate::commands::keys::store_is_there;
use crate::commands::serve::{cancel_when_asked, runtime, settings};
use crate::config::Config;
use crate::failure::{Failure, Kind};
use hallmark_server::objects::Objects;
use hallmark_server::settings::{Settings, without_password};
use hallmark_server::store::Database;
use hallmark_server::worker::{Worker, WorkerOptions, sweep};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Connections that are used besides one per job.
const SPARE_CONNECTIONS: u32 = 4;
/// Between two looks for a database that its server has not made yet.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Runs jobs until it is asked to end.
pub fn run(args: &WorkerArgs, config: &Config) -> Result<ExitCode, Failure> {
    let settings = settings(&args.place)?;
    let jobs = args.jobs.unwrap_or_else(|| settings.workers.count.max(1));
    if jobs == 0 {
        return Err(Failure::usage("--jobs: a worker runs at least one job at once"));
    }
    runtime()?.block_on(async {
        wait_for_store(&settings).await?;
        work(settings, jobs, config).await
    })
}

/// A worker that is started together with its server may be the first.
async fn wait_for_store(settings: &Settings) -> Result<(), Failure> {
    let until = Instant::now() + Duration::from_secs(settings.storage.wait_seconds);
    loop {
        match store_is_there(settings) {
            Err(_) if Instant::now() < until => tokio::time::sleep(LOOK_AGAIN).await,
            ended => return ended,
        }
    }
}

async fn work(settings: Settings, jobs: usize, config: &Config) -> Result<ExitCode, Failure> {
    let telemetry = hallmark_server::telemetry::start(&settings.telemetry, "hallmark-worker")
        .map_err(|error| Failure::usage(error.to_string()))?;
    let failed = |key: &str, error: &dyn std::fmt::Display| Failure {
        kind: Kind::Resource,
        message: format!("{key}: {error}"),
    };
    let connections = u32::try_from(jobs)
        .unwrap_or(u32::MAX)
        .saturating_add(SPARE_CONNECTIONS);
    let patience = Duration::from_secs(settings.storage.wait_seconds);
    let open = async || Database::open_to_work(&settings.storage.database, connections).await;
    let database = Database::patiently(patience, open)
        .await
        .map_err(|error| failed("storage.database", &error))?;
    let objects = Objects::open(&settings.storage).map_err(|error| failed("storage.objects", &error))?;
    let options = WorkerOptions::new(&settings, jobs);
    let name = options.name.clone();
    let worker =
        Worker::new(database.clone(), objects, options).map_err(|error| failed("storage.cache", &error))?;
    let place = without_password(&settings.storage.database);
    config.console.result(
        &serde_json::json!({ "worker": name, "jobs": jobs, "database": place }),
        || format!("Worker {name} runs up to {jobs} jobs at once of {place}\n"),
    )?;
    let shutdown = CancellationToken::new();
    tokio::spawn(cancel_when_asked(shutdown.clone()));
    tokio::select! {
        () = worker.run(shutdown) => {}
        () = database.forward_signals() => {}
        () = sweep(&database) => {}
    }
    database.close().await;
    telemetry.stop().await;
    Ok(ExitCode::SUCCESS)
}
