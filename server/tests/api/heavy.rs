//! Bodies that are small on the wire and large in memory, that come slowly, or that are in no form that is read.

use super::support::{Answer, Server};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode};
use bytes::Bytes;
use futures::StreamExt;
use hallmark_server::access::Scope;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data; boundary=x";

/// `before`, a list of as many `element`s as 16 MB hold, `after`.
fn list(before: &str, element: &str, after: &str) -> String {
    let count = ((16 << 20) - before.len() - after.len() - 2) / (element.len() + 1);
    format!("{before}[{}]{after}", vec![element; count].join(","))
}

#[tokio::test]
async fn lists_are_refused_while_they_are_read() {
    let server = Server::new().await;
    let key = server.key("ada", &Scope::ALL).await;
    let model = format!("/v1/models/{}", "0".repeat(64));
    for (method, path, body) in [
        (
            Method::POST,
            "/v1/verifications",
            list("{\"bundles\":", "{}", "}"),
        ),
        (
            Method::POST,
            "/v1/webhooks",
            list("{\"url\":\"http://a.example\",\"events\":", "\"\"", "}"),
        ),
        (Method::PATCH, model.as_str(), list("{\"tags\":", "\"\"", "}")),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {key}"))
            .header("content-type", JSON)
            .body(Body::from(body));
        let answer = server.send(request.unwrap()).await;
        let detail = answer.problem("invalid-body");
        assert!(detail.contains("expected a list of at most"), "{path}: {detail}");
    }
}

/// A request of one of the addresses that are kept for examples.
fn of_address(last: u8, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post("/v1/verifications")
        .header("content-type", JSON)
        .body(body.into())
        .unwrap();
    let peer = SocketAddr::from(([192, 0, 2, last], 4000));
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

/// Bodies of 1 MiB whose last byte comes when they are released.
struct Unfinished {
    release: tokio::sync::watch::Sender<bool>,
    requests: Vec<tokio::task::JoinHandle<Result<axum::response::Response, Infallible>>>,
}

impl Unfinished {
    /// One of each of these addresses; all but their last bytes have been read.
    async fn of(server: &Server, addresses: &[u8]) -> Self {
        let (release, _) = tokio::sync::watch::channel(false);
        let there = Arc::new(AtomicUsize::new(0));
        let requests = addresses.iter().map(|address| {
            let (mut released, there) = (release.subscribe(), Arc::clone(&there));
            let start = futures::stream::iter([Bytes::from(vec![b' '; (1 << 20) - 1])]);
            let end = futures::stream::once(async move {
                there.fetch_add(1, Ordering::Relaxed);
                released.wait_for(|released| *released).await.unwrap();
                Bytes::from_static(b"?")
            });
            let body = Body::from_stream(start.chain(end).map(Ok::<_, Infallible>));
            let request = of_address(*address, body);
            tokio::spawn(tower::ServiceExt::oneshot(server.router.clone(), request))
        });
        let requests = requests.collect();
        let begun = Instant::now();
        while there.load(Ordering::Relaxed) < addresses.len() {
            assert!(begun.elapsed() < Duration::from_secs(20));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self { release, requests }
    }

    async fn finish(self) {
        self.release.send(true).unwrap();
        for request in self.requests {
            assert_eq!(request.await.unwrap().unwrap().status(), StatusCode::BAD_REQUEST);
        }
    }
}

#[tokio::test]
async fn bodies_share_the_memory_that_there_is_for_them() {
    let server = Server::with(|settings| {
        settings.limits.body_bytes = 1 << 20;
        settings.limits.bodies_bytes = 3 << 20;
    })
    .await;
    let held = Unfinished::of(&server, &[1, 2, 3]).await;
    let large = || server.send(of_address(4, vec![b' '; 1 << 20]));
    let answer = large().await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    answer.problem("overloaded");
    assert_eq!(answer.header("retry-after"), "1");
    // Small ones need no place among the large.
    for address in [1, 4] {
        let small = server.send(of_address(address, "{}")).await;
        small.problem("invalid-body");
    }
    held.finish().await;
    assert_eq!(large().await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn one_address_does_not_use_the_memory_up() {
    let server = Server::with(|settings| {
        settings.limits.body_bytes = 1 << 20;
        settings.limits.bodies_bytes = 8 << 20;
    })
    .await;
    let held = Unfinished::of(&server, &[1, 1]).await;
    let large = |address| server.send(of_address(address, vec![b' '; 1 << 20]));
    let detail = large(1).await.problem("overloaded");
    assert!(detail.contains("of your address"), "{detail}");
    large(2).await.problem("malformed-json");
    server.send(of_address(1, "{}")).await.problem("invalid-body");
    held.finish().await;
    large(1).await.problem("malformed-json");
}

#[tokio::test]
async fn the_head_of_a_part_that_never_ends_is_not_collected() {
    let server = Server::new().await;
    for start in [
        // Before the first boundary, within a part's head, after a boundary.
        "",
        "--x\r\ncontent-disposition: form-data; name=\"",
        "--x\r\ncontent-disposition: form-data; name=\"options\"\r\n\r\n{}\r\n--x\r\nx: ",
    ] {
        let sent = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&sent);
        let endless = futures::stream::repeat_with(move || {
            counted.fetch_add(1 << 14, Ordering::Relaxed);
            Ok::<_, Infallible>(Bytes::from(vec![b'a'; 1 << 14]))
        });
        let start = futures::stream::iter([Ok(Bytes::from(start))]);
        let body = Body::from_stream(start.chain(endless));
        let answer = server.post("/v1/models", FORM, body).await;
        answer.problem("malformed-body");
        let read = sent.load(Ordering::Relaxed);
        assert!(read <= 1 << 20, "{read} bytes were read");
    }
}

/// A body in pieces with pauses between them.
fn slowly(pieces: Vec<Vec<u8>>, pause: Duration) -> Body {
    let pieces = futures::stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, Infallible>(Bytes::from(piece))
    });
    Body::from_stream(pieces)
}

#[tokio::test]
async fn what_flows_is_not_cut() {
    let server = Server::with(|settings| {
        settings.limits.request_seconds = 1;
        settings.limits.body_seconds = 2;
        settings.limits.body_bytes_per_second = 10;
    })
    .await;
    // Longer than any of these bounds.
    let pause = Duration::from_millis(300);
    let head = "--x\r\ncontent-disposition: form-data; name=\"model\"; filename=\"m.onnx\"\r\n\r\n";
    let mut upload = vec![head.as_bytes().to_vec()];
    upload.extend((0..10).map(|number| vec![number; 1000]));
    upload.push(b"\r\n--x--\r\n".to_vec());
    let json = (0..10)
        .map(|_| vec![b' '; 1000])
        .chain([b"[]".to_vec()])
        .collect();
    let (model, verification) = tokio::join!(
        server.post("/v1/models", FORM, slowly(upload, pause)),
        server.post("/v1/verifications", JSON, slowly(json, pause)),
    );
    assert_eq!(model.status, StatusCode::ACCEPTED, "{}", model.text());
    verification.problem("invalid-body");
}

#[tokio::test]
async fn what_trickles_is_cut() {
    let server = Server::with(|settings| {
        settings.limits.body_seconds = 1;
        settings.limits.body_bytes_per_second = 1000;
    })
    .await;
    let after = |first: usize| {
        let pieces = [vec![b' '; first]].into_iter().chain(vec![vec![b' ']; 1000]);
        slowly(pieces.collect(), Duration::from_millis(100))
    };
    let (json, form, burst) = tokio::join!(
        server.post("/v1/verifications", JSON, after(1)),
        server.post("/v1/models", FORM, after(1)),
        // What came at once does not pay for minutes.
        server.post("/v1/verifications", JSON, after(1 << 20)),
    );
    for answer in [json, form, burst] {
        assert_eq!(answer.status, StatusCode::REQUEST_TIMEOUT);
        let detail = answer.problem("body-too-slow");
        assert!(detail.contains("less than 1000 bytes a second"), "{detail}");
    }
}

#[tokio::test]
async fn bodies_in_another_coding_are_named() {
    let server = Server::new().await;
    for (path, kind) in [("/v1/verifications", JSON), ("/v1/models", FORM)] {
        let request = Request::post(path)
            .header("content-type", kind)
            .header("content-encoding", "gzip")
            .body(Body::from(&b"\x1f\x8b\x08"[..]));
        let answer = server.send(request.unwrap()).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert!(
            answer
                .problem("unsupported-media-type")
                .contains("Content-Encoding")
        );
        assert_eq!(answer.header("accept-encoding"), "identity");
    }
    let utf16 =
        |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    for (body, words) in [
        (utf16("\u{feff}{}", u16::to_le_bytes), "UTF-16"),
        (utf16("\u{feff}{}", u16::to_be_bytes), "UTF-16"),
        (utf16("{}", u16::to_le_bytes), "UTF-16"),
        (b"\x1f\x8b\x08\x00".to_vec(), "gzip"),
    ] {
        let answer = server.post("/v1/verifications", JSON, body).await;
        let detail = answer.problem("malformed-json");
        assert!(detail.contains(words), "{detail}");
    }
    // A byte order mark of UTF-8 means nothing and is passed over; members that come twice are not.
    let marked = server
        .post("/v1/verifications", JSON, "\u{feff}{\"bundle\": {}}")
        .await;
    assert!(marked.problem("invalid-body").contains("model_id"));
    let twice = server
        .post("/v1/verifications", JSON, "{\"nonce\": \"1\", \"nonce\": \"2\"}")
        .await;
    assert!(twice.problem("invalid-body").contains("duplicate field `nonce`"));
}

#[tokio::test]
async fn a_job_is_waited_for_as_long_as_its_reader_prefers() {
    let server = Server::new().await;
    let form =
        "--x\r\ncontent-disposition: form-data; name=\"model\"; filename=\"m.onnx\"\r\n\r\n1\r\n--x--\r\n";
    let job = server.post("/v1/models", FORM, form).await.json();
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    let waiting = |wait: &str| {
        Request::get(&path)
            .header("prefer", wait)
            .body(Body::empty())
            .unwrap()
    };
    let begun = Instant::now();
    let answer = server.send(waiting("wait=1")).await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(
        (answer.status, answer.header("preference-applied")),
        (StatusCode::OK, "wait=1")
    );
    assert_eq!(answer.json()["state"], "queued");
    // It ends while somebody waits.
    let cancel = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let request = Request::post(format!("{path}/cancel"));
        server.send(request.body(Body::empty()).unwrap()).await
    };
    let (answer, _) = tokio::join!(server.send(waiting("wait=30")), cancel);
    assert_eq!(answer.json()["state"], "cancelled");
    assert!(begun.elapsed() < Duration::from_secs(25));
}

async fn from(server: &Server, peer: &str, forwarded: Option<&str>) -> Answer {
    let mut request = Request::get("/v1/models");
    if let Some(address) = forwarded {
        request = request.header("x-forwarded-for", address);
    }
    let mut request = request.body(Body::empty()).unwrap();
    let peer: SocketAddr = peer.parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    server.send(request).await
}

#[tokio::test]
async fn a_customer_with_many_ipv6_addresses_has_one_rate() {
    let server = Server::with(|settings| settings.access.anonymous_rate_per_minute = 8).await;
    for number in 1..3 {
        let answer = from(&server, &format!("[2001:db8:0:1::{number}]:4000"), None).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
    let third = from(&server, "[2001:db8:0:1:ffff::3]:4000", None).await;
    third.problem("rate-limited");
    assert_eq!(
        from(&server, "[2001:db8:0:2::1]:4000", None).await.status,
        StatusCode::OK
    );
    assert_eq!(from(&server, "192.0.2.1:4000", None).await.status, StatusCode::OK);
}

#[tokio::test]
async fn behind_a_proxy_its_callers_are_counted_apart() {
    let server = Server::with(|settings| {
        settings.access.trust_forwarded_for = true;
        settings.limits.connections_per_address = 1;
    })
    .await;
    // One request that does not end, of one address.
    let begun = Arc::new(tokio::sync::Notify::new());
    let asked = Arc::clone(&begun);
    let stuck = futures::stream::poll_fn(move |_| {
        asked.notify_one();
        std::task::Poll::<Option<Result<Bytes, Infallible>>>::Pending
    });
    let stuck = Body::from_stream(stuck);
    let request = Request::post("/v1/verifications")
        .header("content-type", JSON)
        .header("x-forwarded-for", "2001:db8::1")
        .body(stuck);
    let router = server.router.clone();
    let under_way = tokio::spawn(tower::ServiceExt::oneshot(router, request.unwrap()));
    let proxy = "10.0.0.1:4000";
    begun.notified().await;
    let same = from(&server, proxy, Some("1.2.3.4, 2001:db8::2")).await;
    assert_eq!(same.status, StatusCode::TOO_MANY_REQUESTS);
    same.problem("too-many-connections");
    assert_eq!(
        from(&server, proxy, Some("192.0.2.1")).await.status,
        StatusCode::OK
    );
    under_way.abort();
}
