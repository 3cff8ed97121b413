//! One connection, from its first byte to its end.

use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use super::Shared;
use super::conduct::{After, Conduct, json};

/// The pause between two bytes of a drip. A real one: the limit that it runs into is real time.
const DRIP: Duration = Duration::from_millis(200);

/// Errors are the other side's going away, which is what most faults end with.
pub(super) async fn serve(mut stream: TcpStream, shared: &Shared) {
    let conduct = shared.conduct.lock().unwrap().clone();
    let _ = act(&mut stream, shared, conduct).await;
}

async fn act(stream: &mut TcpStream, shared: &Shared, conduct: Conduct) -> io::Result<()> {
    match conduct {
        Conduct::ResetAtOnce => return stream.set_zero_linger(),
        Conduct::PassOn => {
            let mut upstream = TcpStream::connect(&shared.upstream).await?;
            copy_bidirectional(stream, &mut upstream).await?;
            return Ok(());
        }
        _ => {}
    }
    hear(stream, shared).await?;
    let keys = published(shared).await?;
    match conduct {
        Conduct::Say { what, after } => {
            send(stream, shared, &what(&keys)).await?;
            match after {
                After::Wait => gone(stream).await,
                After::Close => stream.shutdown().await,
                After::Reset => stream.set_zero_linger(),
            }
        }
        Conduct::KeepAliveInVain => {
            let answer = super::answer(
                "200 OK",
                "content-type: application/json\r\nconnection: keep-alive\r\nkeep-alive: timeout=60\r\n",
                &keys,
            );
            send(stream, shared, &answer).await?;
            stream.shutdown().await
        }
        Conduct::Drip { what, body_only } => {
            let bytes = what(&keys);
            let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;
            let (at_once, rest) = bytes.split_at(if body_only { head } else { 0 });
            send(stream, shared, at_once).await?;
            for byte in rest {
                pause(stream, DRIP).await?;
                send(stream, shared, &[*byte]).await?;
            }
            gone(stream).await
        }
        Conduct::Forever {
            first,
            again,
            pause: between,
        } => {
            send(stream, shared, &first(&keys)).await?;
            loop {
                if let Some(between) = between {
                    pause(stream, between).await?;
                }
                send(stream, shared, again).await?;
            }
        }
        Conduct::HoldBack => {
            shared.held.send_modify(|held| *held += 1);
            let mut gate = shared.gate.subscribe();
            let _ = gate.wait_for(|open| *open).await;
            send(stream, shared, &json(&keys)).await?;
            gone(stream).await
        }
        // No connection is accepted then; one that came just before is dropped.
        Conduct::Refuse | Conduct::PassOn | Conduct::ResetAtOnce => Ok(()),
    }
}

/// Reads the head of the request, or the first bytes of what is none.
async fn hear(stream: &mut TcpStream, shared: &Shared) -> io::Result<()> {
    let mut heard = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await?;
        heard.extend_from_slice(&buffer[..read]);
        let whole = heard.ends_with(b"\r\n\r\n") || !heard.starts_with(b"G");
        if read == 0 || whole {
            shared.heard.lock().unwrap().push(heard);
            return Ok(());
        }
    }
}

/// The keys that the issuer publishes now.
async fn published(shared: &Shared) -> io::Result<Vec<u8>> {
    let mut upstream = TcpStream::connect(&shared.upstream).await?;
    let request = "GET /keys HTTP/1.1\r\nhost: proxy\r\nconnection: close\r\n\r\n";
    upstream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    upstream.read_to_end(&mut answer).await?;
    let head = answer
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .map(|end| end + 4);
    Ok(answer.split_off(head.unwrap()))
}

async fn send(stream: &mut TcpStream, shared: &Shared, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let written = stream.write(rest).await?;
        shared.written.fetch_add(written as u64, Ordering::SeqCst);
        rest = &rest[written..];
    }
    Ok(())
}

/// Waits, and notices when the other side goes away meanwhile.
async fn pause(stream: &mut TcpStream, time: Duration) -> io::Result<()> {
    match tokio::time::timeout(time, gone(stream)).await {
        Err(_) => Ok(()),
        Ok(_) => Err(io::ErrorKind::ConnectionAborted.into()),
    }
}

/// Waits until the other side has gone away.
async fn gone(stream: &mut TcpStream) -> io::Result<()> {
    while stream.read(&mut [0; 4096]).await? > 0 {}
    Ok(())
}
