//! [`ResponseBody`]: the inner service's body, or a short one of ours.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::clock::Sleep;

pin_project! {
    /// The body of a response that went through [`AuthLayer`](crate::AuthLayer).
    pub struct ResponseBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<B> {
        // The inner body as it is: boxing it would cost an allocation on the accepted path.
        Inner { #[pin] body: B },
        // A stream, and the moment at which it ends.
        Until { #[pin] body: B, end: Option<Sleep> },
        Own { bytes: Option<Bytes> },
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn inner(body: B) -> Self {
        Self {
            kind: Kind::Inner { body },
        }
    }

    /// The inner body up to a moment; then it ends as if it had ended by itself.
    pub(crate) fn until(body: B, end: Sleep) -> Self {
        Self {
            kind: Kind::Until {
                body,
                end: Some(end),
            },
        }
    }

    pub(crate) fn own(bytes: Bytes) -> Self {
        Self {
            kind: Kind::Own {
                bytes: Some(bytes).filter(|bytes| !bytes.is_empty()),
            },
        }
    }
}

/// An answer of ours as the method wants it: HEAD gets the length of the body and no body. hyper
/// leaves it out over HTTP/1.1 alone; over HTTP/2 it would be sent, which is a protocol error.
pub(crate) fn answer_to(method: &Method, mut answer: Response<Bytes>) -> Response<Bytes> {
    if *method != Method::HEAD {
        return answer;
    }
    let length = answer.body().len();
    if length > 0 {
        answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    answer.map(|_| Bytes::new())
}

impl<B> fmt::Debug for ResponseBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Inner { .. } => "ResponseBody(inner)",
            Kind::Until { .. } => "ResponseBody(inner, until the token ends)",
            Kind::Own { .. } => "ResponseBody(own)",
        })
    }
}

impl<B: Default> Default for ResponseBody<B> {
    fn default() -> Self {
        Self::inner(B::default())
    }
}

impl<B: Body<Data = Bytes>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            KindProjection::Inner { body } => body.poll_frame(context),
            KindProjection::Until { body, end } => {
                let Some(waiting) = end else {
                    return Poll::Ready(None);
                };
                if waiting.as_mut().poll(context).is_ready() {
                    *end = None;
                    return Poll::Ready(None);
                }
                body.poll_frame(context)
            }
            KindProjection::Own { bytes } => {
                Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            Kind::Until { body, end } => end.is_none() || body.is_end_stream(),
            Kind::Own { bytes } => bytes.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { body } => body.size_hint(),
            // It may end before.
            Kind::Until { body, .. } => {
                body.size_hint()
                    .upper()
                    .map_or_else(SizeHint::new, |upper| {
                        let mut hint = SizeHint::new();
                        hint.set_upper(upper);
                        hint
                    })
            }
            Kind::Own { bytes } => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Full};

    #[tokio::test]
    async fn a_body_says_how_long_it_is_before_it_is_read() {
        for (text, at_its_end) in [("text", false), ("", true)] {
            let bytes = || Bytes::from(text);
            for (name, body) in [
                ("the control", ResponseBody::inner(Full::new(bytes()))),
                ("one of ours", ResponseBody::own(bytes())),
            ] {
                assert_eq!(
                    body.size_hint().exact(),
                    Some(text.len() as u64),
                    "{name}: {text:?}"
                );
                assert_eq!(body.is_end_stream(), at_its_end, "{name}: {text:?}");
                let read = body.collect().await.unwrap().to_bytes();
                assert_eq!(read, text, "{name}: {text:?}");
            }
        }
    }
}
