//! Accepts connections and ends them in an orderly way.

use crate::access::{Network, Shares};
use crate::problem::{MEDIA_TYPE, ProblemKind, TYPE_PREFIX};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// Time that a client has to send the head of a request.
const HEADER_TIME: Duration = Duration::from_secs(10);
/// Greatest size of a request's head that is looked at: larger ones are answered without words. What is read of it is for the API to say.
const HEADER_BYTES: usize = 64 << 10;
/// Greatest number of a request's header fields, likewise.
const HEADER_FIELDS: usize = 256;
/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Bounds on connections.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once of one IPv4 address or IPv6 /64.
    pub per_address: usize,
    /// How long requests under way get to finish.
    pub drain: Duration,
}

/// Serves until `shutdown`; then accepts nothing more, lets requests under way finish, and cuts them off when their
/// time is over. Returns how many were cut off.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    shutdown: CancellationToken,
) -> usize {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let shares = Shares::new(bounds.per_address);
    let connections = TaskTracker::new();
    // Ends connections that outlive the drain.
    let cut = CancellationToken::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            break;
        };
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Connections that were reset before they were accepted are nobody's concern; a lack of file
                // descriptors passes.
                tracing::warn!(%error, "accepting a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let Some(share) = shares.take(Network::of(address.ip())) else {
            refuse(stream);
            continue;
        };
        let (router, shutdown, cut) = (router.clone(), shutdown.clone(), cut.clone());
        connections.spawn(async move {
            tokio::select! {
                () = connection(stream, address, router, shutdown) => {}
                () = cut.cancelled() => {}
            }
            drop((share, place));
        });
    }
    drop(listener);
    connections.close();
    if tokio::time::timeout(bounds.drain, connections.wait())
        .await
        .is_ok()
    {
        return 0;
    }
    let left = connections.len();
    cut.cancel();
    connections.wait().await;
    left
}

/// Says that an address has too many connections, and closes this one. The answer fits into the socket's buffer; who does not read it
/// is not waited for.
fn refuse(stream: TcpStream) {
    let kind = ProblemKind::TooManyConnections;
    let body = serde_json::json!({
        "type": format!("{TYPE_PREFIX}{}", kind.code()),
        "title": kind.title(),
        "status": kind.status().as_u16(),
        "detail": "as many connections of your address are open as limits.connections_per_address allows",
        "remedy": kind.remedy(),
    })
    .to_string();
    let answer = format!(
        "HTTP/1.1 {}\r\ncontent-type: {MEDIA_TYPE}\r\ncontent-length: {}\r\nretry-after: 1\r\nconnection: close\r\n\r\n{body}",
        kind.status(),
        body.len()
    );
    if let Ok(mut stream) = stream.into_std() {
        // What has come is taken, or closing would throw the answer away.
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write(answer.as_bytes());
    }
}

async fn connection(stream: TcpStream, address: SocketAddr, router: Router, shutdown: CancellationToken) {
    // Answers are small and wanted at once.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(address));
        router.clone().oneshot(request)
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(HEADER_BYTES)
        .max_headers(HEADER_FIELDS);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Clients that go away or speak something else: ordinary on an open port.
        tracing::debug!(%error, %address, "connection ended");
    }
}
