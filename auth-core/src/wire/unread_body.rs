//! Reads and discards the body of a request that is refused.
//!
//! A 401 is decided from the headers alone. Over HTTP/1.1 hyper closes a connection whose request
//! body was not read to its end, without `Connection: close` in the response, and a client that
//! sends headers and body separately then fails with its next request on that connection: the one
//! for the metadata that the challenge names.
//!
//! How long the body may take is limited by the layer that limits all request bodies, such as
//! tower-http's `RequestBodyTimeoutLayer` around this layer.

use std::future::poll_fn;
use std::pin::pin;

use bytes::{Buf, Bytes};
use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT};
use http::request::Parts;
use http::{HeaderValue, Response, Version};
use http_body::Body;

use crate::operation::RequestBody;

/// The longest body that is read. For a longer one, a new connection is cheaper.
const MAX_BYTES: usize = 64 * 1024;

/// Reads the body, or adds `Connection: close` to the response.
pub(crate) async fn before_answering<B: Body<Data = Bytes>>(
    request: &Parts,
    body: RequestBody<B>,
    mut answer: Response<Bytes>,
) -> Response<Bytes> {
    // HTTP/2 closes the stream and not the connection; the header does not exist there.
    if request.version < Version::HTTP_2
        && (body.is_consumed()
            || is_too_long(request)
            || waits_for_leave(request)
            || !read_away(body).await)
    {
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(CONNECTION, close);
    }
    answer
}

/// Whether [`before_answering`] would change nothing and wait for nothing: the body is at its end,
/// or only a stream has to be closed.
pub(crate) fn has_nothing_to_do<B: Body<Data = Bytes>>(
    request: &Parts,
    body: &RequestBody<B>,
) -> bool {
    request.version >= Version::HTTP_2
        || body.is_end_stream()
            && !(body.is_consumed() || is_too_long(request) || waits_for_leave(request))
}

/// Whether the headers declare a longer body. A layer around this one may have replaced the body.
fn is_too_long(request: &Parts) -> bool {
    let length = request.headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    length.is_some_and(|length: u64| length > MAX_BYTES as u64)
}

/// Whether the client waits for `100 Continue` before it sends the body. Reading would send it
/// ([RFC 9110 section 10.1.1](https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1)).
fn waits_for_leave(request: &Parts) -> bool {
    let mut lines = request.headers.get_all(EXPECT).iter();
    lines.any(|line| line.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Whether the body ended within the limit.
async fn read_away<B: Body>(body: B) -> bool {
    if body.size_hint().lower() > MAX_BYTES as u64 {
        return false;
    }
    let mut body = pin!(body);
    let mut read = 0_usize;
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(frame) = frame else {
            return false;
        };
        read = read.saturating_add(frame.data_ref().map_or(0, Buf::remaining));
        if read > MAX_BYTES {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, Request};
    use http_body::{Frame, SizeHint};
    use std::collections::VecDeque;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// The limit as documented for users.
    const LIMIT: usize = 65_536;

    /// A body with this minimum length, and these frames.
    struct Sent {
        at_least: usize,
        frames: VecDeque<Result<Frame<Bytes>, ()>>,
    }

    impl Body for Sent {
        type Data = Bytes;
        type Error = ();

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, ()>>> {
            Poll::Ready(self.frames.pop_front())
        }

        fn size_hint(&self) -> SizeHint {
            let mut hint = SizeHint::new();
            hint.set_lower(self.at_least as u64);
            hint
        }
    }

    fn data(length: usize) -> Result<Frame<Bytes>, ()> {
        Ok(Frame::data(vec![b'x'; length].into()))
    }

    fn sent<const N: usize>(at_least: usize, frames: [Result<Frame<Bytes>, ()>; N]) -> Sent {
        Sent {
            at_least,
            frames: frames.into(),
        }
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_the_limit_and_no_further() {
        let trailers = Ok(Frame::trailers(HeaderMap::new()));
        for (name, mut body, to_its_end, left) in [
            ("the control", sent(2, [data(2)]), true, 0),
            ("no body", sent(0, []), true, 0),
            ("a part and trailers", sent(0, [data(2), trailers]), true, 0),
            ("as long as allowed", sent(LIMIT, [data(LIMIT)]), true, 0),
            ("longer by its word", sent(LIMIT + 1, [data(2)]), false, 1),
            (
                "as long as allowed, in parts",
                sent(0, [data(LIMIT - 1), data(1)]),
                true,
                0,
            ),
            (
                "longer, in one part",
                sent(0, [data(LIMIT + 1), data(1)]),
                false,
                1,
            ),
            (
                "longer, in parts",
                sent(0, [data(LIMIT), data(1), data(1)]),
                false,
                1,
            ),
            ("broken off", sent(0, [data(2), Err(()), data(2)]), false, 1),
        ] {
            assert_eq!(read_away(&mut body).await, to_its_end, "{name}");
            assert_eq!(body.frames.len(), left, "{name}");
        }
    }

    #[tokio::test]
    async fn requests_without_unread_body_are_answered_at_once() {
        use http_body_util::Empty;
        for (name, header, at_once) in [
            ("the control", None, true),
            (
                "a short body that another has read",
                Some((CONTENT_LENGTH, "2")),
                true,
            ),
            ("a long one", Some((CONTENT_LENGTH, "65537")), false),
            (
                "one that was not asked for",
                Some((EXPECT, "100-continue")),
                false,
            ),
        ] {
            let mut request = Request::builder();
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            let (request, body) = request.body(Empty::new()).unwrap().into_parts();
            let body = RequestBody::untouched(body);
            assert_eq!(has_nothing_to_do(&request, &body), at_once, "{name}");
            let answer = before_answering(&request, body, Response::default()).await;
            assert_eq!(
                answer.headers().contains_key(CONNECTION),
                !at_once,
                "{name}"
            );
        }
    }

    #[tokio::test]
    async fn the_response_closes_a_connection_that_cannot_be_reused() {
        let short = || sent(2, [data(2)]);
        let long = || sent(LIMIT + 1, []);
        for (version, declared, body, connection) in [
            (Version::HTTP_11, 2, short(), None),
            (Version::HTTP_10, 2, short(), None),
            (Version::HTTP_11, LIMIT, short(), None),
            (Version::HTTP_11, LIMIT + 1, short(), Some("close")),
            (Version::HTTP_11, 2, long(), Some("close")),
            (Version::HTTP_10, 2, long(), Some("close")),
            (Version::HTTP_2, LIMIT + 1, long(), None),
            (Version::HTTP_3, LIMIT + 1, long(), None),
        ] {
            let name = format!("{version:?}, {declared} or {} bytes", body.at_least);
            let request = Request::builder()
                .version(version)
                .header(CONTENT_LENGTH, declared);
            let (request, body) = request.body(body).unwrap().into_parts();
            let body = RequestBody::untouched(body);
            let at_once = has_nothing_to_do(&request, &body);
            assert_eq!(at_once, version >= Version::HTTP_2, "{name}");
            let answer = before_answering(&request, body, Response::default()).await;
            let header = answer.headers().get(CONNECTION);
            assert_eq!(
                header.map(HeaderValue::as_bytes),
                connection.map(str::as_bytes),
                "{name}"
            );
        }
    }
}
