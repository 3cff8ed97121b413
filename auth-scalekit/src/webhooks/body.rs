//! Reads the body of a webhook, up to a length, and within a bound that all unsigned bodies share.

use std::future::poll_fn;
use std::pin::pin;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http_body::Body;
use tokio::sync::{Semaphore, SemaphorePermit};

/// This part of each body does not count: a usual webhook (3 KB) needs nothing that strangers can use up.
const FREE: usize = 16 * 1024;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BodyError {
    TooLong,
    /// Other bodies use what all may use together.
    OverBudget,
    /// The connection has failed.
    Broken,
}

/// How much of the bodies may be in memory whose signatures are not verified yet: a permit is a byte.
#[derive(Debug)]
pub(super) struct Budget(Semaphore);

/// The part of the budget that one body uses, until it is dropped.
#[derive(Debug)]
pub(super) struct Share<'a> {
    budget: &'a Budget,
    counted: Option<SemaphorePermit<'a>>,
}

impl Budget {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Semaphore::new(bytes))
    }
}

impl<'a> Share<'a> {
    fn of(budget: &'a Budget) -> Self {
        Self {
            budget,
            counted: None,
        }
    }

    /// For a body that has this length now.
    fn grow_to(&mut self, length: usize) -> Result<(), BodyError> {
        let counted = self
            .counted
            .as_ref()
            .map_or(0, SemaphorePermit::num_permits);
        let more = length.saturating_sub(FREE).saturating_sub(counted);
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more).map_err(|_| BodyError::TooLong)?;
        let more = self.budget.0.try_acquire_many(more);
        let more = more.map_err(|_| BodyError::OverBudget)?;
        match &mut self.counted {
            Some(counted) => counted.merge(more),
            None => self.counted = Some(more),
        }
        Ok(())
    }
}

/// All bytes of the body, and their share of the budget. One that declares to be longer than `max_bytes` is not read.
pub(super) async fn read<B: Body>(
    body: B,
    max_bytes: usize,
    budget: &Budget,
) -> Result<(Bytes, Share<'_>), BodyError> {
    let declared = usize::try_from(body.size_hint().lower());
    if declared.map_or(true, |declared| declared > max_bytes) {
        return Err(BodyError::TooLong);
    }
    let mut body = pin!(body);
    let mut bytes = BytesMut::new();
    // What was declared and has not arrived costs nothing.
    let mut share = Share::of(budget);
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else {
            continue;
        };
        if data.remaining() > max_bytes - bytes.len() {
            return Err(BodyError::TooLong);
        }
        share.grow_to(bytes.len() + data.remaining())?;
        bytes.put(data);
    }
    Ok((bytes.freeze(), share))
}
