//! Connections as they come in.

use super::support::Server;
use hallmark_server::http::{Bounds, serve};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

const ASK: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// The beginning of what a connection says.
async fn said(stream: &mut TcpStream) -> String {
    let mut bytes = vec![0; 4096];
    let read = tokio::time::timeout(Duration::from_secs(20), stream.read(&mut bytes));
    let read = read.await.unwrap().unwrap_or(0);
    String::from_utf8(bytes[..read].to_vec()).unwrap()
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    let server = Server::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (bounds, end) = (
        Bounds {
            connections: 10,
            per_address: 2,
            drain: Duration::from_secs(1),
        },
        CancellationToken::new(),
    );
    let serving = tokio::spawn(serve(listener, server.router.clone(), bounds, end.clone()));
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(ASK).await.unwrap();
        assert!(said(&mut stream).await.starts_with("HTTP/1.1 200"));
        open.push(stream);
    }
    let mut third = TcpStream::connect(address).await.unwrap();
    let answer = said(&mut third).await;
    assert!(
        answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"),
        "{answer}"
    );
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-type: application/problem+json") && head.contains("retry-after: 1"));
    let problem: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(problem["type"], "urn:hallmark:problem:too-many-connections");
    assert_eq!(said(&mut third).await, "");
    // One that closes makes room.
    drop(open.pop());
    let mut again = String::new();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(ASK).await;
        again = said(&mut stream).await;
        if again.starts_with("HTTP/1.1 200") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(again.starts_with("HTTP/1.1 200"), "{again}");
    end.cancel();
    serving.await.unwrap();
}
