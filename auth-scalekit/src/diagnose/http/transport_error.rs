//! [`TransportError`]: why there is no HTTP reply.

use std::error::Error;
use std::io;

/// Why there is no HTTP reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransportError {
    Refused,
    TimedOut,
    /// TLS failed, with the reason.
    Tls(String),
    /// Any other failure, with the innermost cause.
    Broken(String),
}

impl TransportError {
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
            // rustls reports a failed handshake as either of these.
            Some(io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
                if secure && error.is_connect() =>
            {
                Self::Tls(text)
            }
            _ => Self::Broken(text),
        }
    }

    /// A stable identifier, for [`Finding::code`](crate::diagnose::Finding::code).
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TimedOut => "timeout",
            Self::Tls(_) => "tls",
            Self::Broken(_) => "broken",
        }
    }

    /// What happened, as a predicate that follows the name of the server.
    pub(crate) fn what(&self) -> String {
        match self {
            Self::Refused => "refuses connections".into(),
            Self::TimedOut => "does not reply within 3 s".into(),
            Self::Tls(why) => format!("cannot be reached by TLS: {why}"),
            Self::Broken(why) => format!("does not reply: {why}"),
        }
    }
}

/// The cause of an error. `source` of an [`io::Error`] skips the error that it wraps.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
