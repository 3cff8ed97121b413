//! [`EventSource`]: the events API, or something in its place.

use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::SystemTime;

use auth_core::support::async_trait;
use auth_core::verifier::Unavailable;

/// Which events are read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventQuery {
    /// Only events that have occurred at this time or later.
    pub start: SystemTime,
    /// Only events of these types, by their names on the wire, at least one; all types if it is `None`.
    pub event_types: Option<Vec<&'static str>>,
}

/// One page of events.
#[derive(Clone, PartialEq, Eq)]
pub struct EventPage {
    events: Vec<String>,
    next_page_token: Option<String>,
}

impl EventPage {
    /// The events, each as JSON, and the token of the next page; `None` or empty at the last page.
    #[must_use]
    pub fn new(events: Vec<String>, next_page_token: Option<String>) -> Self {
        Self {
            events,
            next_page_token: next_page_token.filter(|token| !token.is_empty()),
        }
    }

    /// The events, each as JSON.
    #[must_use]
    pub fn events(&self) -> &[String] {
        &self.events
    }

    /// The token of the next page; `None` at the last page.
    #[must_use]
    pub fn next_page_token(&self) -> Option<&str> {
        self.next_page_token.as_deref()
    }
}

/// Shows the number of events alone: they contain personal data.
impl Debug for EventPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventPage")
            .field("events", &self.events.len())
            .finish_non_exhaustive()
    }
}

/// Lists events, page by page, in any order (`POST /api/v1/events/paginated` of Scalekit).
#[async_trait]
pub trait EventSource: Debug + Send + Sync + 'static {
    /// The page with this token, or the first page. Must limit its time and the length of what it reads.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if the page cannot be read now.
    async fn page(
        &self,
        query: &EventQuery,
        page_token: Option<&str>,
    ) -> Result<EventPage, Unavailable>;
}

macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: EventSource + ?Sized> EventSource for $pointer<S> {
            async fn page(
                &self,
                query: &EventQuery,
                page_token: Option<&str>,
            ) -> Result<EventPage, Unavailable> {
                (**self).page(query, page_token).await
            }
        }
    )*};
}

forwarded!(Arc, Box);
