//! What the proxy does with a connection.

use std::sync::Arc;
use std::time::Duration;

/// Makes the bytes of an answer from the keys that the issuer publishes. A fault that is worth
/// its name carries the true keys, so that who takes them in spite of it is caught.
pub(crate) type Make = Arc<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

#[derive(Clone)]
pub(crate) enum Conduct {
    /// Forwards all bytes to the mock.
    PassOn,
    /// Forwards the request, and closes the connection after one reply with `keep-alive`.
    KeepAliveInVain,
    /// This is sent.
    Say { what: Make, after: After },
    /// This is sent, one byte each 200 ms. The head goes at once if `body_only`.
    Drip { what: Make, body_only: bool },
    /// First this, then that again and again until the other side goes away, with this pause.
    Forever {
        first: Make,
        again: &'static [u8],
        pause: Option<Duration>,
    },
    /// Accepted, and torn down before a byte was read.
    ResetAtOnce,
    /// The keys as they are when the request comes, sent when the gate is opened.
    HoldBack,
    /// The port is closed.
    Refuse,
}

/// What comes after the last byte.
#[derive(Debug, Clone, Copy)]
pub(crate) enum After {
    /// The connection is left open until the other side closes it.
    Wait,
    /// The connection is closed in an orderly way.
    Close,
    /// The connection is torn down: RST.
    Reset,
}

/// An answer with a right `content-length`.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

/// An answer that is right if its body is.
pub(crate) fn json(body: &[u8]) -> Vec<u8> {
    answer("200 OK", "content-type: application/json\r\n", body)
}
