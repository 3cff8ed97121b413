//! A check before a server listens takes no longer than its one fetch may. Time is that of the
//! runtime here: it is paused, and moves on when nothing else is to do.

use std::time::Duration;

use auth_core::error::ErrorChain;
use auth_core::verifier::TokenVerifier;
use auth_scalekit::jwt::JwtVerifier;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// What a fetch may take, and a timer's own millisecond.
const LIMIT: Duration = Duration::from_millis(3001);

/// How an endpoint keeps its callers waiting.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Slow {
    /// No connection is ever accepted.
    NotAccepted,
    Silent,
    HeadOnly,
    /// The head, and a byte each second.
    Drips,
}

async fn serve(mut stream: TcpStream, slow: Slow) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    if slow != Slow::Silent {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n";
        stream.write_all(head.as_bytes()).await?;
    }
    if slow == Slow::Drips {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stream.write_all(b" ").await?;
        }
    }
    // Until the other side goes away.
    stream.read_u8().await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn ready_takes_no_longer_than_a_fetch_may() {
    for slow in [Slow::NotAccepted, Slow::Silent, Slow::HeadOnly, Slow::Drips] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            if slow == Slow::NotAccepted {
                std::future::pending::<()>().await;
            }
            let (stream, _) = listener.accept().await.unwrap();
            serve(stream, slow).await
        });
        let verifier = JwtVerifier::builder(["https://id.example.com"], ["res_1"], url)
            .build()
            .unwrap();
        let started = Instant::now();
        let error = verifier.ready().await.unwrap_err();
        let took = started.elapsed();
        assert!(took <= LIMIT, "{slow:?}: it took {took:?}");
        let error = ErrorChain(&error).to_string();
        assert!(
            error.ends_with("no response (timed out)"),
            "{slow:?}: {error}"
        );
        server.abort();
    }
}
