//! Requests that a browser makes for a page of somebody else.

use super::support::{Answer, Server};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use hallmark_server::settings::Settings;

/// What a page can send without asking first: a form.
const FORM: &str = "multipart/form-data; boundary=x";
const MODEL: &str =
    "--x\r\ncontent-disposition: form-data; name=\"model\"; filename=\"m.onnx\"\r\n\r\n1\r\n--x--\r\n";

async fn ask(server: &Server, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = match path {
        "/v1/models" => request.header("content-type", FORM).body(Body::from(MODEL)),
        _ => request.body(Body::empty()),
    };
    server.send(body.unwrap()).await
}

async fn upload(server: &Server, headers: &[(&str, &str)]) -> Answer {
    ask(server, Method::POST, "/v1/models", headers).await
}

fn bound_to(address: &'static str) -> impl FnOnce(&mut Settings) {
    move |settings| {
        settings.server.bind = address.parse().unwrap();
        settings.access.anonymous = Some(hallmark_server::access::Scope::ALL.to_vec());
    }
}

#[tokio::test]
async fn a_name_that_was_rebound_to_this_machine_reads_nothing() {
    let server = Server::new().await;
    for host in [
        "evil.example",
        "evil.example:8420",
        "localhost.evil.example:8420",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "192.168.0.7:8420",
        "",
        "[::1",
    ] {
        for path in [
            "/",
            "/page/app.js",
            "/docs/",
            "/openapi.json",
            "/metrics",
            "/v1/",
            "/v1/jobs",
            "/v1/jobs/job_1/opening",
        ] {
            let answer = ask(&server, Method::GET, path, &[("host", host)]).await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host} {path}");
            answer.problem("unknown-host");
        }
        assert_eq!(
            upload(&server, &[("host", host)]).await.status,
            StatusCode::MISDIRECTED_REQUEST
        );
    }
    for host in [
        "localhost",
        "LOCALHOST:8420",
        "127.0.0.1:8420",
        "127.0.0.1:9000",
        "[::1]:8420",
        "127.8.9.1",
    ] {
        let answer = ask(&server, Method::GET, "/v1/jobs", &[("host", host)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{host}");
    }
    // A second name, in another place.
    let twice = [("host", "localhost"), ("host", "evil.example")];
    ask(&server, Method::GET, "/v1/", &twice)
        .await
        .problem("unknown-host");
    let absolute = ask(
        &server,
        Method::GET,
        "http://evil.example/v1/",
        &[("host", "localhost")],
    )
    .await;
    absolute.problem("unknown-host");
    for probe in ["/healthz", "/readyz"] {
        let answer = ask(&server, Method::GET, probe, &[("host", "10.1.2.3:8420")]).await;
        assert_eq!(answer.status, StatusCode::OK, "{probe}");
    }
}

#[tokio::test]
async fn another_servers_page_changes_and_reads_nothing() {
    let server = Server::new().await;
    let host = ("host", "127.0.0.1:8420");
    for foreign in [
        vec![host, ("origin", "https://evil.example")],
        vec![host, ("origin", "http://127.0.0.1:3000")],
        vec![host, ("origin", "http://localhost:8420")],
        vec![host, ("origin", "null")],
        vec![("origin", "http://127.0.0.1:8420")],
        vec![
            host,
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
        ],
        vec![host, ("sec-fetch-site", "same-site")],
        vec![
            host,
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "cross-site"),
        ],
    ] {
        let refused = upload(&server, &foreign).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{foreign:?}");
        refused.problem("foreign-origin");
        let path = "/v1/jobs/job_00000000000000000000000000000000";
        for method in [Method::DELETE, Method::PATCH, Method::PUT] {
            ask(&server, method, path, &foreign)
                .await
                .problem("foreign-origin");
        }
    }
    assert_eq!(
        server.get("/v1/jobs").await.json()["items"],
        serde_json::json!([])
    );
    // Event streams and answers are not for other pages either; a link may be followed.
    let stream = [
        host,
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "cors"),
        ("origin", "https://evil.example"),
    ];
    for path in ["/v1/jobs", "/v1/jobs/job_00000000000000000000000000000000/events"] {
        ask(&server, Method::GET, path, &stream)
            .await
            .problem("foreign-origin");
    }
    let link = [
        host,
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-mode", "navigate"),
    ];
    for path in ["/", "/docs/", "/v1/models"] {
        assert_eq!(
            ask(&server, Method::GET, path, &link).await.status,
            StatusCode::OK,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_servers_own_page_and_programs_are_served() {
    let server = Server::new().await;
    for own in [
        vec![],
        vec![("host", "127.0.0.1:8420")],
        vec![("host", "127.0.0.1:8420"), ("origin", "http://127.0.0.1:8420")],
        vec![
            ("host", "localhost:9000"),
            ("origin", "http://localhost:9000"),
            ("sec-fetch-site", "same-origin"),
        ],
        // A proxy on this machine that gives its own name for the server.
        vec![
            ("host", "127.0.0.1:8420"),
            ("origin", "https://hallmark.example"),
            ("sec-fetch-site", "same-origin"),
        ],
        vec![
            ("host", "[::1]:8420"),
            ("origin", "http://[::1]:8420"),
            ("sec-fetch-site", "none"),
        ],
    ] {
        assert_eq!(
            upload(&server, &own).await.status,
            StatusCode::ACCEPTED,
            "{own:?}"
        );
    }
}

#[tokio::test]
async fn names_and_pages_that_are_set_are_known() {
    let server = Server::with(|settings| {
        settings.server.public_url = "https://hallmark.example/proofs/".to_owned();
        settings.server.hosts = vec!["inner:8420".to_owned()];
        settings.cors.origins = vec!["https://friend.example".to_owned()];
    })
    .await;
    let public = ("host", "hallmark.example");
    for own in [
        vec![public, ("origin", "https://hallmark.example")],
        vec![("host", "127.0.0.1:8420"), ("origin", "https://hallmark.example")],
        vec![("host", "inner:8420")],
        vec![
            public,
            ("origin", "https://friend.example"),
            ("sec-fetch-site", "cross-site"),
        ],
    ] {
        assert_eq!(
            upload(&server, &own).await.status,
            StatusCode::ACCEPTED,
            "{own:?}"
        );
    }
    upload(&server, &[("host", "inner:80")])
        .await
        .problem("unknown-host");
    upload(&server, &[("host", "10.0.0.7")])
        .await
        .problem("unknown-host");
    upload(&server, &[public, ("origin", "https://evil.example")])
        .await
        .problem("foreign-origin");
    let open = Server::with(|settings| settings.cors.origins = vec!["*".to_owned()]).await;
    let anybody = [
        ("host", "localhost"),
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    assert_eq!(upload(&open, &anybody).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn on_other_addresses_any_name_is_taken_until_one_is_set() {
    let server = Server::with(bound_to("0.0.0.0:8420")).await;
    let own = [
        ("host", "anything.example"),
        ("origin", "https://anything.example"),
    ];
    assert_eq!(upload(&server, &own).await.status, StatusCode::ACCEPTED);
    upload(
        &server,
        &[("host", "anything.example"), ("origin", "https://evil.example")],
    )
    .await
    .problem("foreign-origin");
    let named = Server::with(|settings| {
        bound_to("0.0.0.0:8420")(settings);
        settings.server.hosts = vec!["hallmark.example".to_owned()];
    })
    .await;
    for known in [
        "hallmark.example",
        "hallmark.example:8420",
        "10.0.0.7:8420",
        "localhost:8420",
    ] {
        assert_eq!(
            ask(&named, Method::GET, "/v1/", &[("host", known)]).await.status,
            StatusCode::OK,
            "{known}"
        );
    }
    ask(&named, Method::GET, "/v1/", &[("host", "anything.example")])
        .await
        .problem("unknown-host");
}

#[test]
fn settings_that_name_nothing_are_refused() {
    let mut settings = Settings::default();
    settings.server.public_url = "hallmark.example".to_owned();
    settings.server.hosts = vec!["https://hallmark.example".to_owned(), "*".to_owned()];
    let problems = settings.problems().join("\n");
    assert!(
        problems.contains("server.public_url: \"hallmark.example\""),
        "{problems}"
    );
    assert!(
        problems.contains("server.hosts: \"https://hallmark.example\""),
        "{problems}"
    );
    assert!(!problems.contains("\"*\" is not"), "{problems}");
}
