//! Reads away the body of a request that is answered before anybody wanted it.
//!
//! A 401 is decided from the headers alone. Over HTTP/1.1 hyper closes a connection whose request
//! body was not read to its end, without a word in the answer, and a client that sends headers
//! and body apart then fails with its next request on that connection: the one for the metadata
//! that the challenge just pointed it to.
//!
//! How long the body may take to arrive is for whoever limits the bodies of all requests, such as
//! tower-http's `RequestBodyTimeoutLayer` around this layer.

use std::future::poll_fn;
use std::pin::pin;

use bytes::{Buf, Bytes};
use http::header::CONNECTION;
use http::{HeaderValue, Response, Version};
use http_body::Body;

/// The longest body that is read away. Beyond it a new connection is cheaper.
const MAX_BYTES: usize = 64 * 1024;

/// Reads the body away, or else says in the answer that the connection ends here.
pub(crate) async fn before_answering<B: Body>(
    version: Version,
    body: B,
    mut answer: Response<Bytes>,
) -> Response<Bytes> {
    // HTTP/2 ends the stream and not the connection; the header does not exist there.
    if version < Version::HTTP_2 && !read_away(body).await {
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(CONNECTION, close);
    }
    answer
}

/// Whether the body came to its end within the limit.
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
