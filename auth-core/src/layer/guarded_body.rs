//! [`GuardedBody`]: a response body that ends with its token, and whose lists lose the items that
//! the caller may not use.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};

use crate::operation::ListFilter;
use crate::support::Sleep;

/// What is enforced on one response body.
pub(crate) struct GuardedBody {
    end: Option<Sleep>,
    filter: Option<ListFilter>,
    over: bool,
}

impl GuardedBody {
    /// `None` if nothing has to be enforced.
    pub(crate) fn over(end: Option<Sleep>, filter: Option<ListFilter>) -> Option<Self> {
        if end.is_none() && filter.is_none() {
            return None;
        }
        Some(Self {
            end,
            filter,
            over: false,
        })
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether the length of the body may change.
    pub(crate) fn changes_length(&self) -> bool {
        self.filter.is_some()
    }

    /// The next frame to send.
    pub(crate) fn poll<B: Body<Data = Bytes>>(
        &mut self,
        mut body: Pin<&mut B>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.over {
            return Poll::Ready(None);
        }
        if let Some(end) = &mut self.end
            && end.as_mut().poll(context).is_ready()
        {
            self.over = true;
            return Poll::Ready(None);
        }
        let Some(filter) = &mut self.filter else {
            return body.poll_frame(context);
        };
        loop {
            let frame = match body.as_mut().poll_frame(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(frame) => frame,
            };
            let out = match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => filter.next(&data),
                // Trailers hold no list and follow all data; MCP has none.
                Some(Ok(Err(_))) => continue,
                Some(Err(error)) => {
                    self.over = true;
                    return Poll::Ready(Some(Err(error)));
                }
                None => {
                    self.over = true;
                    let rest = filter.finish();
                    let rest = Some(rest).filter(|rest| !rest.is_empty());
                    return Poll::Ready(rest.map(|rest| Ok(Frame::data(rest))));
                }
            };
            self.over = filter.is_finished();
            if !out.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(out))));
            }
            if self.over {
                return Poll::Ready(None);
            }
        }
    }
}
