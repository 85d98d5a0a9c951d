//! Erasing what is not to be kept.

use super::ended::{call, ended, waiting};
use super::support::Server;
use axum::http::{Method, StatusCode};
use hallmark_server::access::Scope;
use hallmark_server::digest::Digest;
use hallmark_server::job::{JobId, JobSpec};
use hallmark_server::retention::{Erased, Retention};
use hallmark_server::settings;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(86_400);

fn input_file(server: &Server, job: JobId) -> PathBuf {
    Path::new(&server.app.settings.storage.objects)
        .join("inputs")
        .join(job.to_string())
}

fn artifact_file(server: &Server, digest: Digest) -> PathBuf {
    let name = digest.to_string();
    Path::new(&server.app.settings.storage.objects)
        .join("artifacts")
        .join(&name[..2])
        .join(&name)
}

fn make_old(path: &Path) {
    let file = std::fs::File::options().write(true).open(path).unwrap();
    file.set_modified(SystemTime::now() - 2 * DAY).unwrap();
}

fn retention(server: &Server, private_input_hours: u64) -> Retention {
    let settings = settings::Retention {
        private_input_hours,
        ..settings::Retention::default()
    };
    let app = &server.app;
    Retention::new(
        app.database.clone(),
        app.objects.clone(),
        settings,
        app.metrics.clone(),
    )
}

#[tokio::test]
async fn inputs_are_erased_when_their_owner_says_so() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read, Scope::Prove]).await;
    let ben = server.key("ben", &[Scope::Read, Scope::Prove]).await;
    let job = waiting(&server, &ada, true).await;
    let path = format!("/v1/jobs/{job}/input");
    let answer = call(&server, Method::DELETE, &ada, &path, "").await;
    assert!(answer.problem("job-not-done").contains("cancel it first"));
    server.app.database.cancel(None, job).await.unwrap();
    call(&server, Method::DELETE, &ben, &path, "")
        .await
        .problem("job-not-found");
    assert!(input_file(&server, job).exists());
    for _ in 0..2 {
        let answer = call(&server, Method::DELETE, &ada, &path, "").await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT);
        assert!(!input_file(&server, job).exists());
    }
    let record = server.app.database.job(None, job).await.unwrap().unwrap();
    assert!(record.input_erased_ms.is_some());
    assert!(matches!(record.spec, JobSpec::Prove(spec) if spec.input == Digest([0; 32])));
}

#[tokio::test]
async fn inputs_are_erased_when_their_time_has_come() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read]).await;
    let (over, running) = (ended(&server, &ada).await, waiting(&server, &ada, true).await);
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert_eq!(
        retention(&server, 1).round(true).await.unwrap(),
        Erased::default()
    );
    let erased = retention(&server, 0).round(true).await.unwrap();
    assert_eq!(
        erased,
        Erased {
            inputs: 1,
            ..Erased::default()
        }
    );
    assert!(!input_file(&server, over).exists());
    assert!(input_file(&server, running).exists());
    assert_eq!(
        retention(&server, 0).round(true).await.unwrap(),
        Erased::default()
    );
}

/// Artifacts are stored before anything refers to them; what was stored, or stored again, lately must stay.
#[tokio::test]
async fn what_nothing_refers_to_goes_unless_it_is_young() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read]).await;
    let objects = &server.app.objects;
    let young = objects.put("young").await.unwrap();
    let old = objects.put("old").await.unwrap();
    let again = objects.put("stored again").await.unwrap();
    let stray = JobId::new();
    objects.put_input(stray, "never accepted").await.unwrap();
    let waits = waiting(&server, &ada, true).await;
    for file in [
        artifact_file(&server, old),
        artifact_file(&server, again),
        input_file(&server, stray),
        input_file(&server, waits),
    ] {
        make_old(&file);
    }
    assert_eq!(objects.put("stored again").await.unwrap(), again);
    let erased = retention(&server, 1).round(true).await.unwrap();
    assert_eq!(
        erased,
        Erased {
            orphans: 2,
            ..Erased::default()
        }
    );
    assert!(artifact_file(&server, young).exists());
    assert!(!artifact_file(&server, old).exists());
    assert!(artifact_file(&server, again).exists());
    assert!(!input_file(&server, stray).exists());
    assert!(input_file(&server, waits).exists());
}
