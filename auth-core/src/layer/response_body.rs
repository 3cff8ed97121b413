//! [`ResponseBody`]: the body of the inner service, or a short one of the layer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_LENGTH;
use http::{Method, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::guarded_body::GuardedBody;
use crate::support::FullBody;

pin_project! {
    /// The body of a response that went through [`AuthLayer`](super::AuthLayer).
    pub struct ResponseBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<B> {
        // Not boxed, which would cost an allocation for each admitted request.
        Inner { #[pin] body: B },
        Watched { #[pin] body: B, guarded_body: Box<GuardedBody> },
        Own { bytes: FullBody },
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn inner(body: B) -> Self {
        Self {
            kind: Kind::Inner { body },
        }
    }

    /// The inner body, with what `guarded_body` enforces.
    pub(crate) fn guarded(body: B, guarded_body: GuardedBody) -> Self {
        Self {
            kind: Kind::Watched {
                body,
                guarded_body: Box::new(guarded_body),
            },
        }
    }

    /// The inner body, if nothing is enforced on it.
    #[cfg(feature = "axum")]
    pub(crate) fn into_inner(self) -> Result<B, Self> {
        match self.kind {
            Kind::Inner { body } => Ok(body),
            kind => Err(Self { kind }),
        }
    }

    pub(crate) fn from_bytes(bytes: Bytes) -> Self {
        Self {
            kind: Kind::Own {
                bytes: FullBody::new(bytes),
            },
        }
    }
}

/// A response of the layer to a request with this method: HEAD gets the length of the body and no
/// body. hyper leaves the body out over HTTP/1.1 only; over HTTP/2 it would be sent, which is a
/// protocol error.
pub(crate) fn for_method(method: &Method, mut answer: Response<Bytes>) -> Response<Bytes> {
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
            Kind::Watched { .. } => "ResponseBody(inner, guarded)",
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
            KindProjection::Watched { body, guarded_body } => guarded_body.poll(body, context),
            KindProjection::Own { bytes } => Poll::Ready(bytes.next()),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Inner { body } => body.is_end_stream(),
            // The filter may still hold the last bytes.
            Kind::Watched { body, guarded_body } => {
                guarded_body.is_over() || (!guarded_body.changes_length() && body.is_end_stream())
            }
            Kind::Own { bytes } => bytes.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Inner { body } => body.size_hint(),
            // It may end early, or lose a part.
            Kind::Watched { .. } => SizeHint::new(),
            Kind::Own { bytes } => bytes.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::{ListFilter, ResponseKind};
    use http_body_util::{BodyExt, Full};

    #[tokio::test]
    async fn a_body_says_how_long_it_is_before_it_is_read() {
        for (text, at_its_end) in [("text", false), ("", true)] {
            let bytes = || Bytes::from(text);
            for (name, body) in [
                ("the control", ResponseBody::inner(Full::new(bytes()))),
                ("one of ours", ResponseBody::from_bytes(bytes())),
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

    #[test]
    fn a_guarded_body_ends_when_its_filter_holds_nothing() {
        let until_the_token_ends =
            || GuardedBody::over(Some(Box::pin(std::future::pending())), None);
        let filtered = || {
            let filter = ListFilter::new(ResponseKind::Json(None), |_| true, || {});
            GuardedBody::over(None, Some(filter))
        };
        for (name, guarded_body, text, at_its_end) in [
            ("a stream", until_the_token_ends(), "", true),
            ("a stream", until_the_token_ends(), "text", false),
            ("a list", filtered(), "", false),
            ("a list", filtered(), "text", false),
        ] {
            let body = Full::new(Bytes::from(text));
            let body = ResponseBody::guarded(body, guarded_body.unwrap());
            assert_eq!(body.is_end_stream(), at_its_end, "{name}: {text:?}");
            assert_eq!(format!("{body:?}"), "ResponseBody(inner, guarded)");
        }
    }

    #[test]
    fn head_receives_the_length_without_the_body() {
        for (method, text, length, sent) in [
            (Method::GET, "text", None, "text"),
            (Method::HEAD, "text", Some("4"), ""),
            (Method::HEAD, "", None, ""),
        ] {
            let answer = for_method(&method, Response::new(Bytes::from(text)));
            let named = answer.headers().get(CONTENT_LENGTH);
            let named = named.map(|length| length.to_str().unwrap());
            assert_eq!(named, length, "{method} {text:?}");
            assert_eq!(answer.body(), sent, "{method} {text:?}");
        }
    }
}
