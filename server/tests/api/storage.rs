//! A database or object store that goes away.

use super::support::Server;
use axum::http::StatusCode;

#[tokio::test]
async fn without_its_database_the_server_stays_up_and_says_so() {
    let server = Server::new().await;
    server.app.database.close().await;
    for path in [
        "/v1/models",
        "/v1/jobs",
        "/v1/jobs/job_019abf2c9f6b7d0e8a3e4c5d6f708192",
        "/v1/me",
    ] {
        let answer = server.get(path).await;
        assert_eq!(
            answer.status,
            StatusCode::SERVICE_UNAVAILABLE,
            "{path}: {}",
            answer.text()
        );
        answer.problem("storage-unavailable");
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    let ready = server.get("/readyz").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["ready"], false, "{}", ready.text());
    // What needs no database still works.
    for path in ["/v1/", "/openapi.json", "/docs/", "/healthz"] {
        assert_eq!(server.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn an_upload_that_cannot_be_stored_is_not_accepted() {
    let server = Server::new().await;
    let objects = std::path::PathBuf::from(&server.app.settings.storage.objects);
    std::fs::remove_dir_all(&objects).unwrap();
    // A file where the folder was: nothing can be stored.
    std::fs::write(&objects, "").unwrap();
    let body = "--x\r\ncontent-disposition: form-data; name=\"model\"\r\n\r\nm\r\n--x--\r\n";
    let answer = server
        .post("/v1/models", "multipart/form-data; boundary=x", body)
        .await;
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "{}",
        answer.text()
    );
    answer.problem("storage-unavailable");
    assert_eq!(
        server.get("/v1/jobs").await.json()["items"],
        serde_json::json!([])
    );
}
