//! [`ResponseBody`]: the inner service's body, or a short one of ours.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// The body of a response that went through [`AuthLayer`](crate::AuthLayer).
#[derive(Debug)]
pub struct ResponseBody<B>(Kind<B>);

#[derive(Debug)]
enum Kind<B> {
    /// Boxing would cost an allocation on the accepted path; the inner body is `Unpin` in axum,
    /// rmcp and hyper alike.
    Inner(B),
    Own(Option<Bytes>),
}

impl<B> ResponseBody<B> {
    pub(crate) fn inner(body: B) -> Self {
        Self(Kind::Inner(body))
    }

    pub(crate) fn own(bytes: Bytes) -> Self {
        Self(Kind::Own(Some(bytes).filter(|bytes| !bytes.is_empty())))
    }
}

impl<B: Default> Default for ResponseBody<B> {
    fn default() -> Self {
        Self::inner(B::default())
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match &mut self.0 {
            Kind::Inner(body) => Pin::new(body).poll_frame(context),
            Kind::Own(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Inner(body) => body.is_end_stream(),
            Kind::Own(bytes) => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Inner(body) => body.size_hint(),
            Kind::Own(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
        }
    }
}
