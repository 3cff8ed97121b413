//! [`RequestBody`]: the body of a request, untouched or buffered.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::OperationError;
use super::budget::Share;
use crate::support::FullBody;

pin_project! {
    /// The body of a request that [`AuthLayer`](crate::layer::AuthLayer) forwards: what the client sent, byte
    /// for byte. The trailers of a body that the layer has read are dropped.
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
        // The share returns to the budget when the body is dropped.
        Buffered { bytes: FullBody, share: Option<Share> },
        // Reading failed, or was abandoned. Such a request is refused, and never forwarded.
        Consumed,
    }
}

impl<B> RequestBody<B> {
    /// A body that was not read yet.
    pub(crate) fn untouched(body: B) -> Self {
        Self {
            kind: Kind::Untouched { body },
        }
    }

    /// The original body, if nothing of it was read.
    #[cfg(feature = "axum")]
    pub(crate) fn into_untouched(self) -> Result<B, Self> {
        match self.kind {
            Kind::Untouched { body } => Ok(body),
            kind => Err(Self { kind }),
        }
    }

    /// Whether the rest of the body can no longer be read.
    pub(crate) fn is_consumed(&self) -> bool {
        matches!(self.kind, Kind::Consumed)
    }
}

impl<B: Body<Data = Bytes>> RequestBody<B> {
    /// Reads the body into memory, at most `limit` bytes and, with a share, at most what is left in its
    /// budget. It can still be forwarded afterwards.
    pub(crate) async fn buffer(
        &mut self,
        limit: usize,
        mut share: Option<Share>,
    ) -> Result<Bytes, OperationError> {
        let bytes = match std::mem::replace(&mut self.kind, Kind::Consumed) {
            Kind::Untouched { body } => read(body, limit, share.as_mut()).await?,
            Kind::Buffered { bytes, share: kept } => {
                share = kept;
                bytes.bytes()
            }
            Kind::Consumed => return Err(OperationError::Incomplete),
        };
        self.kind = Kind::Buffered {
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
            KindProjection::Buffered { bytes, .. } => Poll::Ready(bytes.next()),
            KindProjection::Consumed => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Untouched { body } => body.is_end_stream(),
            Kind::Buffered { bytes, .. } => bytes.is_end_stream(),
            Kind::Consumed => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Untouched { body } => body.size_hint(),
            Kind::Buffered { bytes, .. } => bytes.size_hint(),
            Kind::Consumed => SizeHint::with_exact(0),
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
    // Nearly every body arrives in one chunk, which is not copied. That of an anonymous request is: the chunk may
    // keep a larger buffer alive, which its share would not count.
    let (mut single, mut joined) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| OperationError::Incomplete)?.into_data() else {
            continue;
        };
        let so_far = single.len().max(joined.len());
        if so_far.saturating_add(data.len()) > limit {
            return Err(OperationError::TooLarge(limit));
        }
        if share.as_mut().is_some_and(|share| !share.grow(data.len())) {
            return Err(OperationError::OverBudget);
        }
        if so_far == 0 && share.is_none() {
            single = data;
            continue;
        }
        joined.extend_from_slice(&std::mem::take(&mut single));
        joined.extend_from_slice(&data);
    }
    Ok(if single.is_empty() {
        joined.freeze()
    } else {
        single
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::{BodyExt, Full};

    #[tokio::test]
    async fn chunks_are_joined_in_order() {
        use http_body_util::StreamBody;
        let limited = async |chunks: &[&'static str], limit, share| {
            let chunks = chunks.iter().map(|chunk| {
                Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(chunk.as_bytes())))
            });
            let chunks: Vec<_> = chunks.collect();
            let mut body =
                RequestBody::untouched(StreamBody::new(futures_util::stream::iter(chunks)));
            body.buffer(limit, share).await
        };
        let budget = crate::operation::BodyBudget::new(100);
        for chunks in [
            &["abcdef"][..],
            &["", "abcdef"],
            &["abcdef", ""],
            &["abc", "def"],
            &["a", "b", "", "cd", "ef"],
        ] {
            for share in [false, true] {
                let share = || share.then(|| budget.share());
                let kept = limited(chunks, 6, share()).await;
                assert_eq!(kept.unwrap(), "abcdef", "{chunks:?}");
                let kept = limited(chunks, 5, share()).await;
                assert_eq!(kept, Err(OperationError::TooLarge(5)), "{chunks:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_buffered_body_can_be_buffered_again_and_forwarded() {
        for text in ["text", ""] {
            let mut body = RequestBody::untouched(Full::new(Bytes::from(text)));
            for _ in 0..2 {
                assert_eq!(body.buffer(4, None).await.unwrap(), text);
            }
            assert_eq!(body.collect().await.unwrap().to_bytes(), text);
        }
    }
}
