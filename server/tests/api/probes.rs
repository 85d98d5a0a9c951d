//! What operators ask.

use super::ended::ended;
use super::support::{Answer, Server};
use axum::http::StatusCode;
use hallmark_server::access::Scope;
use serde_json::Value;

fn check<'a>(readiness: &'a Value, name: &str) -> &'a Value {
    let checks = readiness["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == name).unwrap()
}

fn not_ready(answer: &Answer, name: &str) {
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        answer.text()
    );
    let readiness = answer.json();
    assert_eq!(
        (&readiness["ready"], &check(&readiness, name)["ok"]),
        (&Value::from(false), &Value::from(false))
    );
}

#[tokio::test]
async fn a_server_is_ready_without_workers_and_says_that_there_are_none() {
    let server = Server::with(|settings| settings.access.anonymous = Some(Vec::new())).await;
    assert_eq!(server.get("/healthz").await.text(), "ok\n");
    let answer = server.get("/readyz").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    let readiness = answer.json();
    for name in ["database", "objects", "disk"] {
        assert_eq!(check(&readiness, name)["ok"], true, "{readiness}");
    }
    assert_eq!(check(&readiness, "workers")["ok"], false);
    server.app.database.worker_seen("one", 2).await.unwrap();
    let readiness = server.get("/readyz").await.json();
    assert_eq!(check(&readiness, "workers")["detail"], "1 with room for 2 jobs");
}

#[tokio::test]
async fn a_server_without_its_stores_lives_and_is_not_ready() {
    let server = Server::new().await;
    let objects = std::path::PathBuf::from(&server.app.settings.storage.objects);
    std::fs::remove_dir_all(&objects).unwrap();
    std::fs::write(&objects, "").unwrap();
    let answer = server.get("/readyz").await;
    not_ready(&answer, "objects");
    assert!(
        !answer.text().contains(objects.to_str().unwrap()),
        "{}",
        answer.text()
    );
    server.app.database.close().await;
    not_ready(&server.get("/readyz").await, "database");
    assert_eq!(server.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(server.get("/metrics").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_server_that_stops_is_not_ready() {
    let server = Server::new().await;
    server.app.shutdown.cancel();
    let answer = server.get("/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.json()["ready"], false);
}

#[tokio::test]
async fn jobs_are_counted_whoever_ran_them() {
    let server = Server::new().await;
    let ada = server.key("ada", &[Scope::Read]).await;
    ended(&server, &ada).await;
    // Counting begins with the first look.
    server.get("/metrics").await;
    ended(&server, &ada).await;
    super::ended::waiting(&server, &ada, false).await;
    let answer = server.get("/metrics").await;
    assert!(
        answer
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    let text = answer.text();
    for line in [
        r#"hallmark_jobs_finished_total{kind="prove",state="cancelled",cause="cancelled_by_user"} 1"#,
        r#"hallmark_jobs{state="queued"} 1"#,
        "hallmark_receipts 2",
        "hallmark_workers 0",
        r#"hallmark_http_requests_total{method="GET",route="/metrics",status="200"} 1"#,
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
    server.get("/v1/jobs/job_nothing").await;
    let text = server.get("/metrics").await.text();
    assert!(
        text.contains(r#"hallmark_problems_total{code="job-not-found"} 1"#),
        "{text}"
    );
}
