//! One pass over all pages of events, in one part or several.

use std::time::{Duration, SystemTime};

use auth_core::error::ErrorChain;
use auth_core::verifier::Unavailable;
use thiserror::Error;

use super::source::{EventQuery, EventSource};
use crate::webhooks::event::WebhookEvent;
use crate::webhooks::process_error::ProcessError;
use crate::webhooks::processor::{EventProcessor, Processed};

/// What a pass has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CatchUpReport {
    /// Events that had not been processed before, and are now.
    pub processed: u64,
    /// Events that had been processed before.
    pub before: u64,
    /// Events without an effect.
    pub without_effect: u64,
    /// Events that cannot be read, or lack what their revocation needs. They were logged; the next pass would find
    /// the same.
    pub malformed: u64,
}

/// Why a pass did not process all events. The next pass begins at the same time as this one did, unless there were too
/// many pages: then it continues after them.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatchUpError {
    /// A page cannot be read now.
    #[error("the events cannot be read now")]
    Source(#[source] Unavailable),
    /// There are more pages than allowed.
    #[error(
        "the events have more than {0} pages, the next pass continues after them: raise max_pages, or lower lookback"
    )]
    TooManyPages(usize),
    /// The pass ended at an event, because a store is unavailable.
    #[error("event {id} cannot be stored now")]
    Store {
        /// The event.
        id: String,
        /// Why.
        #[source]
        error: Unavailable,
    },
    /// All pages were read, but events were not processed: their lookup or the handler has failed or was too slow, or
    /// another delivery of them is being processed.
    #[error("{failed} events were not processed, such as {id}")]
    Events {
        /// How many.
        failed: u64,
        /// The first of them.
        id: String,
        /// Why it was not.
        #[source]
        error: ProcessError,
    },
}

impl CatchUpError {
    /// When to try again, at the earliest.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Source(unavailable) => Some(unavailable.retry_after()),
            Self::Store { error, .. } => Some(error.retry_after()),
            Self::Events { error, .. } => error.retry_after(),
            Self::TooManyPages(_) => None,
        }
    }
}

/// How far a pass has come.
#[derive(Debug)]
pub(super) struct Pass {
    query: EventQuery,
    started: SystemTime,
    /// The next page; `None` for the first one.
    page_token: Option<String>,
    report: CatchUpReport,
    failed: u64,
    /// The first of the failed events.
    first: Option<(String, ProcessError)>,
}

impl Pass {
    pub(super) fn new(query: EventQuery, started: SystemTime) -> Self {
        Self {
            query,
            started,
            page_token: None,
            report: CatchUpReport::default(),
            failed: 0,
            first: None,
        }
    }

    /// When its first part has begun.
    pub(super) fn started(&self) -> SystemTime {
        self.started
    }

    /// Whether a part of the pages was read before.
    pub(super) fn is_continued(&self) -> bool {
        self.page_token.is_some()
    }

    /// Processes the events of all pages, or of the next `max_pages`. An event that fails does not hold up the others,
    /// unless a store is unavailable, which all of them need.
    pub(super) async fn advance(
        &mut self,
        source: &dyn EventSource,
        processor: &EventProcessor,
        max_pages: usize,
    ) -> Result<CatchUpReport, CatchUpError> {
        for _ in 0..max_pages {
            let page = source.page(&self.query, self.page_token.as_deref()).await;
            let page = page.map_err(CatchUpError::Source)?;
            for event in page.events() {
                self.process(processor, event).await?;
            }
            self.page_token = page.next_page_token().map(str::to_owned);
            if self.page_token.is_none() {
                let failed = self.failed;
                return match self.first.take() {
                    None => Ok(self.report),
                    Some((id, error)) => Err(CatchUpError::Events { failed, id, error }),
                };
            }
        }
        Err(CatchUpError::TooManyPages(max_pages))
    }

    async fn process(
        &mut self,
        processor: &EventProcessor,
        json: &str,
    ) -> Result<(), CatchUpError> {
        let Some(event) = read(json) else {
            self.report.malformed += 1;
            return Ok(());
        };
        match processor.process(&event).await {
            Ok(Processed::Now) => self.report.processed += 1,
            Ok(Processed::Before) => self.report.before += 1,
            Ok(Processed::WithoutEffect) => self.report.without_effect += 1,
            Err(error @ ProcessError::Malformed(_)) => {
                log_malformed(event.id(), event.event_type(), &error);
                self.report.malformed += 1;
            }
            Err(ProcessError::Unavailable(error)) => {
                let id = event.id().to_owned();
                return Err(CatchUpError::Store { id, error });
            }
            Err(error) => {
                let (event_id, event_type) = (event.id(), event.event_type());
                let text = ErrorChain(&error);
                tracing::warn!(event_id, event_type, error = %text, "an event is processed again later");
                self.failed += 1;
                self.first.get_or_insert_with(|| (event_id.into(), error));
            }
        }
        Ok(())
    }
}

fn read(json: &str) -> Option<WebhookEvent> {
    WebhookEvent::parse(json.as_bytes())
        .inspect_err(|error| {
            let error = ErrorChain(error);
            tracing::error!(%error, "an event of the events API cannot be read");
        })
        .ok()
}

fn log_malformed(event_id: &str, event_type: &str, error: &ProcessError) {
    let error = ErrorChain(error);
    tracing::error!(event_id, event_type, %error, "an event of the events API cannot be read");
}
