//! Keys, scopes, rates.

use super::support::Server;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use hallmark_server::access::{ApiKey, Scope};

#[tokio::test]
async fn a_key_is_who_it_says_and_may_what_it_says() {
    let server = Server::new().await;
    let key = server.key("ada", &[Scope::Read]).await;
    let me = server.get_as(&key, "/v1/me").await.json();
    assert_eq!(me["scopes"], serde_json::json!(["read"]));
    assert_eq!(me["key"]["name"], "ada's");
    assert_ne!(me["tenant"], "anonymous");
    let id = "0".repeat(64);
    let request = Request::post(format!("/v1/models/{id}/proofs"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Body::from("{}"))
        .unwrap();
    let refused = server.send(request).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.problem("missing-scope").contains("prove"));
    // A secret is in no answer.
    assert!(!me.to_string().contains(&key));
}

#[tokio::test]
async fn keys_that_are_wrong_revoked_or_over_are_refused_everywhere() {
    let server = Server::new().await;
    let revoked = server.key("ada", &Scope::ALL).await;
    let id = ApiKey::parse(&revoked).unwrap().id();
    assert!(server.app.database.revoke_key(id).await.unwrap());
    let expired = server
        .key_with("ada", &Scope::ALL, |key| key.expires_ms = Some(1))
        .await;
    let unknown = ApiKey::generate().reveal();
    let valid = server.key("ada", &Scope::ALL).await;
    let mut other_secret = valid.clone();
    let last = if valid.ends_with('0') { "1" } else { "0" };
    other_secret.replace_range(other_secret.len() - 1.., last);
    for key in [&revoked, &expired, &unknown, &other_secret, "hmk_", "", "x y"] {
        for path in ["/v1/models", "/v1/me", "/v1/"] {
            let answer = server.get_as(key, path).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{key} {path}");
            answer.problem("invalid-key");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
    }
    assert_eq!(server.get_as(&valid, "/v1/me").await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_has_no_key_may_what_the_operator_allows() {
    let open = Server::new().await;
    assert_eq!(open.get("/v1/jobs").await.status, StatusCode::OK);
    let closed = Server::with(|settings| settings.access.anonymous = Some(Vec::new())).await;
    let answer = closed.get("/v1/jobs").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    answer.problem("unauthenticated");
    for path in ["/v1/", "/v1/models", "/v1/me", "/openapi.json", "/docs/"] {
        assert_eq!(closed.get(path).await.status, StatusCode::OK, "{path}");
    }
    // A server that strangers can reach is closed unless it is opened.
    let public = Server::with(|settings| settings.server.bind = "0.0.0.0:8420".parse().unwrap()).await;
    public.get("/v1/jobs").await.problem("unauthenticated");
}

#[tokio::test]
async fn rates_are_per_key_and_say_when_to_come_back() {
    let server = Server::with(|settings| settings.access.anonymous_rate_per_minute = 8).await;
    let key = server
        .key_with("ada", &[Scope::Read], |key| key.rate_per_minute = Some(4))
        .await;
    assert_eq!(server.get_as(&key, "/v1/me").await.status, StatusCode::OK);
    let refused = server.get_as(&key, "/v1/me").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    refused.problem("rate-limited");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=16).contains(&wait), "{wait}");
    // Others are not touched by that, and have their own.
    assert_eq!(server.get("/v1/me").await.status, StatusCode::OK);
    assert_eq!(server.get("/v1/me").await.status, StatusCode::OK);
    server.get("/v1/me").await.problem("rate-limited");
}

#[tokio::test]
async fn addresses_behind_a_proxy_are_told_apart_only_if_the_operator_says_so() {
    let from = |address: &str| {
        Request::get("/v1/me")
            .header("x-forwarded-for", format!("10.9.9.9, {address}"))
            .body(Body::empty())
            .unwrap()
    };
    for (trusted, expected) in [(true, StatusCode::OK), (false, StatusCode::TOO_MANY_REQUESTS)] {
        let server = Server::with(|settings| {
            settings.access.anonymous_rate_per_minute = 4;
            settings.access.trust_forwarded_for = trusted;
        })
        .await;
        assert_eq!(server.send(from("192.0.2.1")).await.status, StatusCode::OK);
        assert_eq!(server.send(from("192.0.2.2")).await.status, expected);
    }
}
