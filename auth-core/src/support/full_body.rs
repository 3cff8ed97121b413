//! [`FullBody`]: a body of one frame.

use std::fmt;

use bytes::Bytes;
use http_body::{Frame, SizeHint};

/// The bytes; `None` once they are sent, and if there are none.
///
/// `Debug` shows their number alone: a request contains secrets, such as the `secureArguments` of a tool, and an inner
/// service may log the requests that it receives.
pub(crate) struct FullBody(Option<Bytes>);

impl FullBody {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// The bytes that are not sent yet.
    pub(crate) fn bytes(&self) -> Bytes {
        self.0.clone().unwrap_or_default()
    }

    /// The frame, and nothing after it.
    pub(crate) fn next<E>(&mut self) -> Option<Result<Frame<Bytes>, E>> {
        self.0.take().map(|bytes| Ok(Frame::data(bytes)))
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

impl fmt::Debug for FullBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.0.as_ref().map_or(0, Bytes::len);
        f.debug_struct("FullBody").field("length", &length).finish()
    }
}
