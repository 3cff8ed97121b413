//! Why a server says nothing.

use std::error::Error;
use std::io;

/// Why a server said nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    Refused,
    TimedOut,
    /// No secure connection, and why.
    Tls(String),
    /// Anything else, in words.
    Broken(String),
}

impl NoAnswer {
    pub(crate) fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::TimedOut;
        }
        let mut innermost: &(dyn Error + 'static) = error;
        let mut kind = None;
        while let Some(cause) = cause(innermost) {
            innermost = cause;
            kind = cause.downcast_ref().map(io::Error::kind).or(kind);
        }
        let secure = error.url().is_some_and(|url| url.scheme() == "https");
        let text = innermost.to_string();
        match kind {
            Some(io::ErrorKind::ConnectionRefused) => Self::Refused,
            Some(io::ErrorKind::TimedOut) => Self::TimedOut,
            // rustls says both: bad data, and an end in the middle of the handshake.
            Some(io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
                if secure && error.is_connect() =>
            {
                Self::Tls(text)
            }
            _ => Self::Broken(text),
        }
    }

    /// A word for it that does not change.
    pub(crate) fn trouble(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TimedOut => "timeout",
            Self::Tls(_) => "tls",
            Self::Broken(_) => "broken",
        }
    }

    /// What happened, to go on after the name of the server.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Refused => "refuses connections".into(),
            Self::TimedOut => "does not answer within 3 s".into(),
            Self::Tls(why) => format!("cannot be reached by TLS: {why}"),
            Self::Broken(why) => format!("gives no answer: {why}"),
        }
    }
}

/// What lies behind an error. `source` of an [`io::Error`] passes over the one that it was made of.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
