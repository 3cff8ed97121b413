//! The bodies of answers.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A piece of a body that never ends.
const SPACES: &[u8] = &[b' '; 16 * 1024];

/// The body of an answer.
#[derive(Debug)]
pub(super) enum ReplyBody {
    Whole(Option<Bytes>),
    /// Like a whole one, but the stream is reset when these bytes are gone (HTTP/2).
    Cut {
        part: Option<Bytes>,
        of: u64,
    },
    /// Never ends.
    Endless,
}

/// Why a body stops before its end.
#[derive(Debug)]
pub(super) struct IsCut;

impl std::fmt::Display for IsCut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the answer is cut on purpose")
    }
}

impl std::error::Error for IsCut {}

impl ReplyBody {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()).filter(|bytes| !bytes.is_empty()))
    }

    pub(super) fn cut(bytes: &Bytes, keep: usize) -> Self {
        Self::Cut {
            part: Some(bytes.slice(..keep.min(bytes.len()))),
            of: bytes.len() as u64,
        }
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = IsCut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, IsCut>>> {
        Poll::Ready(match &mut *self {
            Self::Whole(bytes) => bytes.take().map(|bytes| Ok(Frame::data(bytes))),
            Self::Cut { part, .. } => match part.take() {
                Some(bytes) => Some(Ok(Frame::data(bytes))),
                None => Some(Err(IsCut)),
            },
            Self::Endless => Some(Ok(Frame::data(Bytes::from_static(SPACES)))),
        })
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Cut { of, .. } => SizeHint::with_exact(*of),
            Self::Endless => SizeHint::default(),
        }
    }
}
