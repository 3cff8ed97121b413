//! Reads the body of a webhook, up to a length.

use std::future::poll_fn;
use std::pin::pin;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body::Body;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyError {
    TooLong,
    /// The connection has failed.
    Broken,
}

/// All bytes of the body. One that declares to be longer than `max_bytes` is not read.
pub(super) async fn read<B: Body>(body: B, max_bytes: usize) -> Result<Bytes, BodyError> {
    let declared = usize::try_from(body.size_hint().lower());
    if declared.map_or(true, |declared| declared > max_bytes) {
        return Err(BodyError::TooLong);
    }
    let mut body = pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else {
            continue;
        };
        if data.remaining() > max_bytes - bytes.len() {
            return Err(BodyError::TooLong);
        }
        bytes.put(data);
    }
    Ok(bytes.freeze())
}
