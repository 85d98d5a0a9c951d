//! One attempt at a delivery, against a receiver that behaves well and badly.
#![allow(clippy::unwrap_used)]

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Redirect;
use axum::routing::post;
use hallmark_server::webhooks::{AddressError, Guard, Message, Secret, SendError, Sender, signature};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

const TIMEOUT: Duration = Duration::from_millis(500);
const OPEN: Guard = Guard { allow_private: true };
const CLOSED: Guard = Guard { allow_private: false };

async fn receiver() -> (SocketAddr, mpsc::UnboundedReceiver<(HeaderMap, Bytes)>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let seen = sender.clone();
    let accept = post(async move |headers: HeaderMap, body: Bytes| {
        sender.send((headers, body)).unwrap();
        StatusCode::NO_CONTENT
    });
    let router = Router::new()
        .route("/accept", accept)
        .route("/gone", post(async || StatusCode::GONE))
        .route("/broken", post(async || StatusCode::INTERNAL_SERVER_ERROR))
        .route("/redirect", post(async || Redirect::temporary("/accept")))
        .route(
            "/slow",
            post(async || {
                tokio::time::sleep(Duration::from_secs(60)).await;
            }),
        )
        .route(
            "/endless",
            post(async || {
                let chunk = Bytes::from_static(&[b'x'; 1 << 16]);
                axum::body::Body::from_stream(futures::stream::repeat_with(move || {
                    Ok::<_, std::io::Error>(chunk.clone())
                }))
            }),
        );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        // The channel lives as long as the receiver.
        let _seen = seen;
        axum::serve(listener, router).await.unwrap();
    });
    (address, receiver)
}

async fn send(guard: Guard, url: &str, secret: &Secret) -> Result<u16, SendError> {
    let message = Message {
        url,
        secrets: std::slice::from_ref(secret),
        id: "dlv_1",
        timestamp: 1_700_000_000,
        body: r#"{"type":"job.done"}"#,
    };
    Sender::new(guard, TIMEOUT).unwrap().send(&message).await
}

#[tokio::test]
async fn a_message_arrives_with_its_signature() {
    let (address, mut seen) = receiver().await;
    let secret = Secret::random();
    assert_eq!(
        send(OPEN, &format!("http://{address}/accept"), &secret).await,
        Ok(204)
    );
    let (headers, body) = seen.recv().await.unwrap();
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["webhook-id"], "dlv_1");
    assert_eq!(headers["webhook-timestamp"], "1700000000");
    let expected = signature(&secret, "dlv_1", 1_700_000_000, &body);
    assert_eq!(headers["webhook-signature"], expected);
}

#[tokio::test]
async fn only_2xx_is_success_and_redirects_are_not_followed() {
    let (address, mut seen) = receiver().await;
    let secret = Secret::random();
    for (path, status) in [
        ("broken", 500),
        ("redirect", 307),
        ("gone", 410),
        ("nothing", 404),
    ] {
        let error = send(OPEN, &format!("http://{address}/{path}"), &secret)
            .await
            .unwrap_err();
        assert_eq!(error, SendError::Status(status), "{path}");
        assert_eq!(error.is_final(), status == 410);
    }
    assert!(seen.try_recv().is_err());
}

#[tokio::test]
async fn slow_and_endless_answers_do_not_hold_the_sender() {
    let (address, _seen) = receiver().await;
    let secret = Secret::random();
    let began = Instant::now();
    let error = send(OPEN, &format!("http://{address}/slow"), &secret)
        .await
        .unwrap_err();
    assert_eq!(error, SendError::Connection("no answer in time".to_owned()));
    assert_eq!(
        send(OPEN, &format!("http://{address}/endless"), &secret).await,
        Ok(200)
    );
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn nobody_listens() {
    let secret = Secret::random();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = send(OPEN, &format!("http://{address}/?token=hidden"), &secret)
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("no answer: ") && !text.contains("hidden"),
        "{text}"
    );
}

/// The name is resolved by the guard at the moment of sending: whatever it was when the webhook was made.
#[tokio::test]
async fn private_addresses_are_refused_when_sending() {
    let (address, mut seen) = receiver().await;
    let secret = Secret::random();
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("http://{host}:{}/accept", address.port());
        let refused = SendError::Address(AddressError::Private(host.to_owned()));
        assert_eq!(send(CLOSED, &url, &secret).await, Err(refused));
    }
    assert!(seen.try_recv().is_err());
    let url = format!("http://localhost:{}/accept", address.port());
    assert_eq!(send(OPEN, &url, &secret).await, Ok(204));
}

#[tokio::test]
async fn a_message_is_signed_with_every_secret_that_the_receiver_may_know() {
    let (address, mut seen) = receiver().await;
    let secrets = [Secret::random(), Secret::random()];
    let message = Message {
        url: &format!("http://{address}/accept"),
        secrets: &secrets,
        id: "dlv_1",
        timestamp: 1_700_000_000,
        body: "{}",
    };
    Sender::new(OPEN, TIMEOUT).unwrap().send(&message).await.unwrap();
    let (headers, body) = seen.recv().await.unwrap();
    let signatures: Vec<&str> = headers["webhook-signature"]
        .to_str()
        .unwrap()
        .split(' ')
        .collect();
    let expected = secrets.map(|secret| signature(&secret, "dlv_1", 1_700_000_000, &body));
    assert_eq!(signatures, expected);
}
