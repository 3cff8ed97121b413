//! [`RequestBody`]: a request's body, untouched or read and kept.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::OperationError;
use super::budget::Share;
use crate::whole::Whole;

pin_project! {
    /// The body of a request that went through [`AuthLayer`](crate::AuthLayer): what the client
    /// sent, byte for byte. Trailers of a body that was read are left out.
    #[derive(Debug)]
    pub struct RequestBody<B> {
        #[pin]
        kind: Kind<B>,
    }
}

pin_project! {
    #[project = KindProjection]
    #[derive(Debug)]
    enum Kind<B> {
        Untouched { #[pin] body: B },
        // The share of the budget is given back with the body.
        Kept { bytes: Whole, share: Option<Share> },
        // What was read of it is gone; only a request that has its answer has such a body.
        Lost,
    }
}

impl<B> RequestBody<B> {
    /// A body as it came.
    pub(crate) fn untouched(body: B) -> Self {
        Self {
            kind: Kind::Untouched { body },
        }
    }

    /// The body as it came, when nothing was read of it.
    #[cfg(feature = "axum")]
    pub(crate) fn into_untouched(self) -> Result<B, Self> {
        match self.kind {
            Kind::Untouched { body } => Ok(body),
            kind => Err(Self { kind }),
        }
    }

    /// Whether nobody can read it to its end any more.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.kind, Kind::Lost)
    }
}

impl<B: Body<Data = Bytes>> RequestBody<B> {
    /// Reads a body of no more than `limit` bytes, and keeps it. A body with a share in a budget
    /// takes no more than is left there.
    pub(crate) async fn keep(
        &mut self,
        limit: usize,
        mut share: Option<Share>,
    ) -> Result<Bytes, OperationError> {
        let bytes = match std::mem::replace(&mut self.kind, Kind::Lost) {
            Kind::Untouched { body } => read(body, limit, share.as_mut()).await?,
            Kind::Kept { bytes, share: kept } => {
                share = kept;
                bytes.bytes()
            }
            Kind::Lost => return Err(OperationError::Incomplete),
        };
        self.kind = Kind::Kept {
            bytes: Whole::new(bytes.clone()),
            share,
        };
        Ok(bytes)
    }
}

impl<B: Default> Default for RequestBody<B> {
    fn default() -> Self {
        Self::untouched(B::default())
    }
}

impl<B: Body<Data = Bytes>> Body for RequestBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().kind.project() {
            KindProjection::Untouched { body } => body.poll_frame(context),
            KindProjection::Kept { bytes, .. } => Poll::Ready(bytes.next()),
            KindProjection::Lost => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Untouched { body } => body.is_end_stream(),
            Kind::Kept { bytes, .. } => bytes.is_end_stream(),
            Kind::Lost => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Untouched { body } => body.size_hint(),
            Kind::Kept { bytes, .. } => bytes.size_hint(),
            Kind::Lost => SizeHint::with_exact(0),
        }
    }
}

async fn read<B: Body<Data = Bytes>>(
    body: B,
    limit: usize,
    mut share: Option<&mut Share>,
) -> Result<Bytes, OperationError> {
    if body.size_hint().lower() > limit as u64 {
        return Err(OperationError::TooLarge(limit));
    }
    let mut body = pin!(body);
    let mut kept = BytesMut::new();
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| OperationError::Incomplete)?.into_data() else {
            continue;
        };
        if kept.len().saturating_add(data.len()) > limit {
            return Err(OperationError::TooLarge(limit));
        }
        if share.as_mut().is_some_and(|share| !share.grow(data.len())) {
            return Err(OperationError::OverBudget);
        }
        kept.extend_from_slice(&data);
    }
    Ok(kept.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Full};

    #[tokio::test]
    async fn a_body_that_is_kept_can_be_kept_again_and_is_still_sent_on() {
        for text in ["text", ""] {
            let mut body = RequestBody::untouched(Full::new(Bytes::from(text)));
            for _ in 0..2 {
                assert_eq!(body.keep(4, None).await.unwrap(), text);
            }
            assert_eq!(body.collect().await.unwrap().to_bytes(), text);
        }
    }
}
