//! One pass over all pages of events.

use std::time::Duration;

use auth_core::error::ErrorChain;
use auth_core::verifier::Unavailable;
use thiserror::Error;

use super::source::{EventQuery, EventSource};
use crate::webhooks::event::WebhookEvent;
use crate::webhooks::processor::{EventProcessor, ProcessError, Processed};

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

/// Why a pass did not process all events. The next pass begins at the same time as this one did.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CatchUpError {
    /// A page cannot be read now.
    #[error("the events cannot be read now")]
    Source(#[source] Unavailable),
    /// There are more pages than allowed.
    #[error("the events have more than {0} pages: raise max_pages, or lower lookback")]
    TooManyPages(usize),
    /// An event was not processed.
    #[error("event {id} was not processed")]
    Event {
        /// The event.
        id: String,
        /// Why.
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
            Self::Event { error, .. } => error.retry_after(),
            Self::TooManyPages(_) => None,
        }
    }
}

/// Processes all events of the query. Goes through to the end if single events fail, so that one of them cannot hold
/// up the others, unless a store is unavailable.
pub(super) async fn pass(
    source: &dyn EventSource,
    processor: &EventProcessor,
    query: &EventQuery,
    max_pages: usize,
) -> Result<CatchUpReport, CatchUpError> {
    let mut report = CatchUpReport::default();
    let mut failed = None;
    let mut page_token: Option<String> = None;
    for _ in 0..max_pages {
        let page = source.page(query, page_token.as_deref()).await;
        let page = page.map_err(CatchUpError::Source)?;
        for event in page.events() {
            let Some(event) = read(event) else {
                report.malformed += 1;
                continue;
            };
            let error = match processor.process(&event).await {
                Ok(Processed::Now) => {
                    report.processed += 1;
                    continue;
                }
                Ok(Processed::Before) => {
                    report.before += 1;
                    continue;
                }
                Ok(Processed::WithoutEffect) => {
                    report.without_effect += 1;
                    continue;
                }
                Err(error) => error,
            };
            if let ProcessError::Malformed(_) = error {
                log_malformed(event.id(), event.event_type(), &error);
                report.malformed += 1;
                continue;
            }
            let is_outage = matches!(error, ProcessError::Unavailable(_) | ProcessError::TimedOut);
            let id = event.id().to_owned();
            let error = CatchUpError::Event { id, error };
            if is_outage {
                return Err(error);
            }
            failed.get_or_insert(error);
        }
        page_token = page.next_page_token().map(str::to_owned);
        if page_token.is_none() {
            return failed.map_or(Ok(report), Err);
        }
    }
    Err(CatchUpError::TooManyPages(max_pages))
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
