//! Every operation is refused to who lacks the scope that its description names, before anything else is looked at.

use super::support::{Answer, Server};
use axum::body::Body;
use axum::http::Request;
use hallmark_server::access::Scope;

/// Method, path with ids of nothing, and scope of every operation that needs one.
async fn operations(server: &Server) -> Vec<(String, String, Scope)> {
    let document = server.get("/openapi.json").await.json();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let scope = Scope::ALL.into_iter().find(|scope| {
                let words = format!("Needs the scope `{scope}`.");
                operation["description"]
                    .as_str()
                    .unwrap_or_default()
                    .contains(&words)
            });
            let Some(scope) = scope else { continue };
            let hex = "0".repeat(32);
            let path = path
                .replace("{delivery}", &format!("dlv_{hex}"))
                .replace("{index}", "0")
                .replace("/jobs/{id}", &format!("/jobs/job_{hex}"))
                .replace("/webhooks/{id}", &format!("/webhooks/whk_{hex}"))
                .replace("{id}", &hex.repeat(2));
            assert!(!path.contains('{'), "{path}");
            found.push((method.to_uppercase(), path, scope));
        }
    }
    assert!(found.len() > 25, "{found:?}");
    found
}

async fn ask(server: &Server, method: &str, path: &str, key: Option<&str>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(key) = key {
        request = request.header("authorization", format!("Bearer {key}"));
    }
    server.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_operation_asks_for_its_scope_and_for_no_other() {
    let server = Server::with(|settings| {
        settings.access.anonymous = Some(Vec::new());
        settings.access.rate_per_minute = 1_000_000;
        settings.access.anonymous_rate_per_minute = 1_000_000;
    })
    .await;
    let mut keys = Vec::new();
    for scope in Scope::ALL {
        let others: Vec<Scope> = Scope::ALL
            .into_iter()
            .filter(|other| *other != scope && *other != Scope::Admin)
            .collect();
        let only = server.key("ada", &[scope]).await;
        keys.push((scope, only, server.key("ada", &others).await));
    }
    for (method, path, scope) in operations(&server).await {
        let what = format!("{method} {path}");
        let (_, only, others) = keys.iter().find(|(of, ..)| *of == scope).unwrap();
        let refused = ask(&server, &method, &path, Some(others)).await;
        assert_eq!(refused.status.as_u16(), 403, "{what}: {}", refused.text());
        refused.problem("missing-scope");
        assert_eq!(refused.json()["scope"], scope.word(), "{what}");
        let unknown = ask(&server, &method, &path, None).await;
        assert_eq!(unknown.status.as_u16(), 401, "{what}: {}", unknown.text());
        unknown.problem("unauthenticated");
        let allowed = ask(&server, &method, &path, Some(only)).await;
        assert!(
            !matches!(allowed.status.as_u16(), 401 | 403),
            "{what}: {}",
            allowed.text()
        );
    }
}
