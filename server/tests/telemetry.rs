//! Traces reach a collector; metrics count; neither tells secrets. One test, because logging starts once per process.
#![allow(clippy::unwrap_used)]

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use hallmark_server::problem::{Problem, ProblemKind, problem_details, request_id};
use hallmark_server::settings;
use hallmark_server::telemetry::{FinishedJob, Metrics, Outcome, TelemetryError, Verdict, observe, start};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc;
use tower::ServiceExt;

const KEY: &str = "hmk_0123456789abcdef_thesecretpart";

/// A collector as OTLP over HTTP describes it, as far as this test needs it.
async fn collector() -> (SocketAddr, mpsc::UnboundedReceiver<(HeaderMap, Bytes)>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let traces = post(async move |headers: HeaderMap, body: Bytes| {
        sender.send((headers, body)).unwrap();
        StatusCode::OK
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let router = Router::new().route("/v1/traces", traces);
        axum::serve(listener, router).await.unwrap();
    });
    (address, receiver)
}

fn service(metrics: &Metrics) -> Router {
    Router::new()
        .route("/v1/jobs/{id}", get(async || "a job"))
        .route(
            "/v1/secrets",
            post(async |body: Json<serde_json::Value>| body.into_response()),
        )
        .route(
            "/v1/refused",
            get(async || Problem::new(ProblemKind::MissingScope, "no")),
        )
        .layer(from_fn(problem_details))
        .layer(from_fn_with_state(metrics.clone(), observe))
        .layer(from_fn(request_id))
}

async fn call(router: &Router, method: &str, path: &str) -> StatusCode {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {KEY}"))
        .header("content-type", "application/json")
        .header("x-request-id", "request-17")
        .body(Body::from(r#"{"input": "private pixels"}"#))
        .unwrap();
    router.clone().oneshot(request).await.unwrap().status()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn traces_and_metrics_of_requests() {
    let (address, mut seen) = collector().await;
    let mut settings = settings::Telemetry {
        log: "trace".to_owned(),
        otlp_endpoint: format!("http://{address}/"),
        ..settings::Telemetry::default()
    };
    let telemetry = start(&settings, "hallmark-test").unwrap();
    settings.otlp_endpoint = String::new();
    assert!(matches!(
        start(&settings, "hallmark-test"),
        Err(TelemetryError::Started)
    ));

    let metrics = Metrics::new();
    let router = service(&metrics);
    let job = "job_0123456789abcdef0123456789abcdef";
    assert_eq!(
        call(&router, "GET", &format!("/v1/jobs/{job}?token=hidden")).await,
        200
    );
    assert_eq!(call(&router, "POST", "/v1/secrets").await, 200);
    assert_eq!(call(&router, "GET", "/v1/refused").await, 403);
    assert_eq!(call(&router, "GET", "/no/such/path").await, 404);
    assert_eq!(call(&router, "BREW", "/no/such/path").await, 404);

    telemetry.stop().await;
    let (headers, body) = tokio::time::timeout(Duration::from_secs(5), seen.recv())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(headers["content-type"], "application/x-protobuf");
    for expected in [
        "hallmark-test",
        "GET /v1/jobs/{id}",
        "POST /v1/secrets",
        "request-17",
        job,
    ] {
        assert!(contains(&body, expected), "{expected} is not in the trace");
    }
    for secret in [KEY, "thesecretpart", "private pixels", "hidden"] {
        assert!(!contains(&body, secret), "{secret} is in the trace");
    }
    counted(&metrics);
}

fn counted(metrics: &Metrics) {
    metrics.set_jobs(&[("queued", 3)], Some(Duration::from_secs(7)));
    metrics.set_jobs(&[("proving", 1)], Some(Duration::from_secs(8)));
    metrics.job_finished(&FinishedJob {
        kind: "prove",
        state: "dead",
        cause: "out_of_memory",
        stages: vec![("witness", 4.0)],
        waited_ms: Some(20),
        took_ms: 1500,
        peak_bytes: Some(100 << 20),
        attempts: 3,
    });
    metrics.verified(&[Verdict::Valid, Verdict::Invalid], Duration::from_millis(3));
    metrics.delivery(Outcome::Retried);
    metrics.erased("inputs", 2);
    let text = metrics.text();
    for line in [
        r#"hallmark_http_requests_total{method="GET",route="/v1/jobs/{id}",status="200"} 1"#,
        r#"hallmark_http_requests_total{method="GET",route="none",status="404"} 1"#,
        r#"hallmark_http_requests_total{method="other",route="none",status="404"} 1"#,
        r#"hallmark_http_request_duration_seconds_count{method="POST",route="/v1/secrets"} 1"#,
        "hallmark_http_requests_in_flight 0",
        r#"hallmark_problems_total{code="missing-scope"} 1"#,
        r#"hallmark_problems_total{code="route-not-found"} 2"#,
        r#"hallmark_jobs{state="proving"} 1"#,
        "hallmark_queue_oldest_seconds 8",
        r#"hallmark_jobs_finished_total{kind="prove",state="dead",cause="out_of_memory"} 1"#,
        r#"hallmark_job_stage_seconds_bucket{le="0.005",kind="prove",stage="witness"} 1"#,
        r#"hallmark_job_peak_memory_bytes_bucket{le="134217728.0",kind="prove"} 1"#,
        r#"hallmark_job_retries_total{kind="prove"} 2"#,
        r#"hallmark_verifications_total{result="invalid"} 1"#,
        r#"hallmark_webhook_deliveries_total{result="retried"} 1"#,
        r#"hallmark_erased_total{what="inputs"} 2"#,
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(text.contains("hallmark_build_info{version="));
    assert!(!text.contains(r#"state="queued""#));
    assert!(text.ends_with("# EOF\n"));
}

#[tokio::test]
async fn settings_that_cannot_work_are_named() {
    let settings = settings::Telemetry {
        log: "loud=very".to_owned(),
        ..settings::Telemetry::default()
    };
    let error = start(&settings, "hallmark-test").unwrap_err().to_string();
    assert!(
        error.contains("telemetry.log") && error.contains("loud=very"),
        "{error}"
    );
    for endpoint in ["localhost:4318", "not a url", "ftp://collector"] {
        let settings = settings::Telemetry {
            otlp_endpoint: endpoint.to_owned(),
            ..settings::Telemetry::default()
        };
        let error = start(&settings, "hallmark-test").unwrap_err().to_string();
        assert!(
            error.contains("telemetry.otlp_endpoint") && error.contains(endpoint),
            "{error}"
        );
    }
}
