//! The bytes of a connection, where a reply can be damaged below HTTP. No library does that, at times of an injected
//! clock.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use auth_core::support::{Clock, Sleep};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::stream::Stream;

/// Sent in place of an answer.
const GARBAGE: &[u8] = b"\x00\x7f\xffthis is not http\r\n\r\n";

/// What happens to the bytes that the server writes from now on.
#[derive(Debug, Default)]
pub(super) enum Damage {
    #[default]
    None,
    /// The head of an HTTP/1.1 reply and `left` bytes of its body; then the end.
    CutBody {
        left: usize,
        /// How much of the blank line that ends the head has been seen.
        matched: usize,
    },
    /// One byte at a time.
    Dribble {
        every: Duration,
        clock: Arc<dyn Clock>,
        wait: Option<Waiting>,
    },
    /// Something else, then the end.
    Garbage,
    /// TCP RST.
    Reset,
    /// Nothing more.
    Close,
}

/// The time until the next byte.
pub(super) struct Waiting(Sleep);

impl std::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waiting")
    }
}

/// A connection's damage, as those who answer set it.
#[derive(Debug, Clone, Default)]
pub(super) struct Wire(Arc<Mutex<Damage>>);

impl Wire {
    pub(super) fn set(&self, damage: Damage) {
        *self.lock() = damage;
    }

    /// Whether nothing of an answer gets through.
    pub(super) fn is_lost(&self) -> bool {
        matches!(
            *self.lock(),
            Damage::Garbage | Damage::Reset | Damage::Close
        )
    }

    fn lock(&self) -> MutexGuard<'_, Damage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream whose output can be damaged.
#[derive(Debug)]
pub(super) struct DamagedStream {
    stream: Stream,
    wire: Wire,
}

impl DamagedStream {
    pub(super) fn new(stream: Stream, wire: Wire) -> Self {
        Self { stream, wire }
    }
}

impl AsyncRead for DamagedStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for DamagedStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wire = self.wire.clone();
        let damage = &mut *wire.lock();
        let stream = Pin::new(&mut self.stream);
        match damage {
            Damage::None => stream.poll_write(context, bytes),
            Damage::CutBody { left, matched } => {
                let sendable = sendable(bytes, *left, *matched);
                if sendable == 0 {
                    *damage = Damage::Close;
                    return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
                }
                let sent = ready!(stream.poll_write(context, &bytes[..sendable]))?;
                (*left, *matched) = after(&bytes[..sent], *left, *matched);
                Poll::Ready(Ok(sent))
            }
            Damage::Dribble { every, clock, wait } => {
                let waiting = wait.get_or_insert_with(|| Waiting(clock.sleep(*every)));
                ready!(waiting.0.as_mut().poll(context));
                let sent = ready!(stream.poll_write(context, &bytes[..bytes.len().min(1)]))?;
                *wait = None;
                Poll::Ready(Ok(sent))
            }
            Damage::Garbage => {
                // So few bytes always fit into the buffer of a connection that waits for them.
                ready!(stream.poll_write(context, GARBAGE))?;
                *damage = Damage::Close;
                Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
            }
            Damage::Reset => {
                // The stream is dropped because of the error, and goes without a FIN.
                self.stream.tcp().set_zero_linger()?;
                Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
            }
            Damage::Close => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What ends the head of an HTTP/1.1 message.
const BLANK_LINE: &[u8; 4] = b"\r\n\r\n";

/// How many of these bytes belong to the head or to what is left of the body.
fn sendable(bytes: &[u8], left: usize, mut matched: usize) -> usize {
    for (at, byte) in bytes.iter().enumerate() {
        if matched == BLANK_LINE.len() {
            return (at + left).min(bytes.len());
        }
        matched = advance(matched, *byte);
    }
    bytes.len()
}

/// What is left of the body, and seen of the blank line, after these bytes.
fn after(bytes: &[u8], left: usize, mut matched: usize) -> (usize, usize) {
    for (at, byte) in bytes.iter().enumerate() {
        if matched == BLANK_LINE.len() {
            return (left - (bytes.len() - at), matched);
        }
        matched = advance(matched, *byte);
    }
    (left, matched)
}

fn advance(matched: usize, byte: u8) -> usize {
    match byte {
        byte if byte == BLANK_LINE[matched] => matched + 1,
        b'\r' => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What gets through when it is written in pieces of `piece` bytes.
    fn through(answer: &[u8], keep: usize, piece: usize) -> Vec<u8> {
        let (mut left, mut matched) = (keep, 0);
        let mut sent = Vec::new();
        let mut rest = answer;
        while !rest.is_empty() {
            let count = sendable(&rest[..rest.len().min(piece)], left, matched);
            if count == 0 {
                break;
            }
            sent.extend_from_slice(&rest[..count]);
            (left, matched) = after(&rest[..count], left, matched);
            rest = &rest[count..];
        }
        sent
    }

    #[test]
    fn an_answer_is_cut_after_its_head_and_so_many_bytes_however_it_is_written() {
        let head = b"HTTP/1.1 200 OK\r\nx: \r\r\ncontent-length: 9\r\n\r\n".as_slice();
        let answer = [head, b"123456789"].concat();
        for piece in 1..=answer.len() {
            for keep in 0..=9 {
                let cut = through(&answer, keep, piece);
                assert_eq!(cut, answer[..head.len() + keep], "{piece} {keep}");
            }
        }
    }
}
