//! [`RequestBody`]: a request's body, untouched or read and kept.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::OperationError;
use super::budget::Share;
use crate::wire::FullBody;

pin_project! {
    /// The body of a request that went through [`AuthLayer`](crate::layer::AuthLayer): what the client
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
        Kept { bytes: FullBody, share: Option<Share> },
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
            bytes: FullBody::new(bytes.clone()),
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
    // Nearly every body comes in one piece, which need not be copied. An anonymous one is: a piece may be of a
    // larger buffer, which is no part of its share.
    let (mut only, mut kept) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| OperationError::Incomplete)?.into_data() else {
            continue;
        };
        let so_far = only.len().max(kept.len());
        if so_far.saturating_add(data.len()) > limit {
            return Err(OperationError::TooLarge(limit));
        }
        if share.as_mut().is_some_and(|share| !share.grow(data.len())) {
            return Err(OperationError::OverBudget);
        }
        if so_far == 0 && share.is_none() {
            only = data;
            continue;
        }
        kept.extend_from_slice(&std::mem::take(&mut only));
        kept.extend_from_slice(&data);
    }
    Ok(if only.is_empty() { kept.freeze() } else { only })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Full};

    #[tokio::test]
    async fn pieces_are_put_together_in_their_order() {
        use http_body_util::StreamBody;
        let limited = async |pieces: &[&'static str], limit, share| {
            let pieces = pieces.iter().map(|piece| {
                Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(piece.as_bytes())))
            });
            let pieces: Vec<_> = pieces.collect();
            let mut body =
                RequestBody::untouched(StreamBody::new(futures_util::stream::iter(pieces)));
            body.keep(limit, share).await
        };
        let budget = crate::operation::BodyBudget::new(100);
        for pieces in [
            &["abcdef"][..],
            &["", "abcdef"],
            &["abcdef", ""],
            &["abc", "def"],
            &["a", "b", "", "cd", "ef"],
        ] {
            for share in [false, true] {
                let share = || share.then(|| budget.share());
                let kept = limited(pieces, 6, share()).await;
                assert_eq!(kept.unwrap(), "abcdef", "{pieces:?}");
                let kept = limited(pieces, 5, share()).await;
                assert_eq!(kept, Err(OperationError::TooLarge(5)), "{pieces:?}");
            }
        }
    }

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
