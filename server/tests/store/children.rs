//! Workers whose child processes do what they should not: what becomes of the job.

use crate::compiled::{compilation, options};
use crate::databases::sqlite;
use crate::samples::{record, submit};
use hallmark_server::job::{ANONYMOUS, CauseKind, JobId, JobRecord, JobState};
use hallmark_server::objects::Objects;
use hallmark_server::settings::Settings;
use hallmark_server::store::Database;
use hallmark_server::worker::{Worker, WorkerOptions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A program that reads its configuration and one request, and then does what `script` says.
fn program(folder: &Path, script: &str) -> PathBuf {
    let path = folder.join("child.sh");
    let text = format!("#!/bin/sh\nread -r config\nread -r request\n{script}\n");
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path
}

async fn ended(database: &Database, id: JobId) -> JobRecord {
    for _ in 0..1000 {
        let job = record(database, id).await;
        if job.state.is_terminal() {
            return job;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the job does not end: {:?}", record(database, id).await)
}

/// Has a worker with such a child work on one compilation, which is tried once.
async fn compile_with(change: impl FnOnce(&mut WorkerOptions, &Path)) -> JobRecord {
    let fresh = sqlite().await;
    let folder = TempDir::new().unwrap();
    let objects = Objects::open_folder(&folder.path().join("objects")).unwrap();
    objects.put(b"onnx".to_vec()).await.unwrap();
    let mut job = compilation(ANONYMOUS, b"onnx", options("digits", "1"));
    job.max_attempts = 1;
    let id = submit(&fresh.database, &job).await;
    let mut worker = WorkerOptions::new(&Settings::default(), 1);
    worker.folder = folder.path().join("cache");
    worker.compile_limit = Duration::from_secs(20);
    change(&mut worker, folder.path());
    let worker = Worker::new(fresh.database.clone(), objects, worker).unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(worker.run(stop.clone()));
    let job = ended(&fresh.database, id).await;
    stop.cancel();
    running.await.unwrap();
    job
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_child_does_the_job_ends_with_its_cause() {
    use CauseKind::{Internal, InvalidModel, OutOfMemory, Storage, WorkerDied};
    use JobState::{Dead, Failed};
    let cases = [
        ("exit 3", Dead, WorkerDied, "status: 3"),
        ("kill -9 $$", Dead, WorkerDied, "signal 9"),
        (
            "echo 'memory allocation of 99 bytes failed' >&2; kill -6 $$",
            Dead,
            OutOfMemory,
            "memory_mb",
        ),
        ("echo nonsense; exit 0", Dead, WorkerDied, "status: 0"),
        ("exec 1>&-; exec sleep 60", Dead, WorkerDied, "stopped answering"),
        (
            r#"echo '{"reply":"failed","type":"invalid_model","detail":"no graph"}'"#,
            Failed,
            InvalidModel,
            "no graph",
        ),
        (
            r#"echo '{"reply":"proved","outputs":[],"proof_bytes":1,"opening":false}'"#,
            Dead,
            Internal,
            "another request",
        ),
        // What it says is made has to be there.
        (
            r#"echo '{"reply":"compiled","model_id":"abababababababababababababababababababababababababababababababab","summary":{"name":"x","parameters":1,"layers":[],"bits":12,"target":"fast","calibration":"","srs_name":"","srs_digest":"abababababababababababababababababababababababababababababababab","srs_provenance":"insecure","insecure_srs":true,"inputs":[],"outputs":[],"accuracy":{},"circuits":[]}}'"#,
            Dead,
            Storage,
            "",
        ),
    ];
    let runs = cases.map(|(script, state, kind, words)| async move {
        let job = compile_with(|worker, folder| worker.program = program(folder, script)).await;
        let cause = job.cause.clone().unwrap();
        assert_eq!((job.state, cause.kind), (state, kind), "{script}: {cause}");
        assert!(cause.detail.contains(words), "{script}: {cause}");
        assert!(job.result.is_none() && job.receipt_index == Some(0));
    });
    futures::future::join_all(runs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_that_is_silent_or_cannot_be_started_costs_what_it_took() {
    let silent = compile_with(|worker, folder| {
        worker.program = program(folder, "exec sleep 60");
        worker.compile_limit = Duration::from_millis(300);
    });
    let missing = compile_with(|worker, folder| worker.program = folder.join("nothing"));
    let (silent, missing) = futures::future::join(silent, missing).await;
    let cause = silent.cause.unwrap();
    // It would take the whole time again.
    assert_eq!(
        (silent.state, cause.kind),
        (JobState::Failed, CauseKind::TimedOut)
    );
    assert!((300..5_000).contains(&silent.used_ms), "{}", silent.used_ms);
    let cause = missing.cause.unwrap();
    assert_eq!(
        (missing.state, cause.kind),
        (JobState::Dead, CauseKind::WorkerDied)
    );
    assert!(cause.detail.contains("could not be started"), "{cause}");
    // Nobody pays for a worker that does not work, beyond the least there is.
    assert_eq!(missing.used_ms, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_child_measures_is_what_its_job_took() {
    let script = r#"
echo '{"reply":"stage","stage":"importing","estimate_ms":5,"stages":[]}'
echo '{"reply":"stage","stage":"planning","estimate_ms":null,"stages":[{"stage":"importing","ms":12.5}]}'
echo '{"reply":"measured","stages":[{"stage":"importing","ms":12.5},{"stage":"planning","ms":30.0}],"peak_bytes":4096}'
echo '{"reply":"failed","type":"inaccurate","detail":"grossly wrong"}'"#;
    let job = compile_with(|worker, folder| worker.program = program(folder, script)).await;
    assert_eq!(job.state, JobState::Failed);
    let stages: Vec<_> = job
        .stages
        .iter()
        .map(|stage| (stage.stage.word(), stage.ms))
        .collect();
    assert_eq!(stages, [("importing", 12.5), ("planning", 30.0)]);
    assert_eq!((job.used_ms, job.peak_bytes), (43, Some(4096)));
}
