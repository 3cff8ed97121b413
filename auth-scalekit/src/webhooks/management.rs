//! [`Management`] as the source of events and as the lookup of users.

use auth_core::support::async_trait;
use auth_core::verifier::Unavailable;

use super::catch_up::{EventPage, EventQuery, EventSource};
use super::lookup::UserLookup;
use crate::management::{EventFilter, Management, ManagementErrorKind};

#[async_trait]
impl EventSource for Management {
    async fn page(
        &self,
        query: &EventQuery,
        page_token: Option<&str>,
    ) -> Result<EventPage, Unavailable> {
        let types = query.event_types.as_deref().unwrap_or_default();
        let filter = EventFilter::new()
            .start_time(query.start)
            .event_types(types.iter().copied());
        let page = self.events_page(&filter, page_token).await?;
        let events = page.events.iter().map(|event| event.as_str().to_owned());
        Ok(EventPage::new(events.collect(), page.next_page_token))
    }
}

/// No user is found where the search fails for good: without the permission `users:read`, for example.
#[async_trait]
impl UserLookup for Management {
    async fn subjects(&self, organization: &str, email: &str) -> Result<Vec<String>, Unavailable> {
        use ManagementErrorKind as Kind;
        let error = match self.find_users(organization, email).await {
            Ok(found) => return Ok(found),
            Err(error) => error,
        };
        match error.kind() {
            // Such as of an organization that was deleted.
            Kind::NotFound => {}
            // The next delivery of the event would find the same, and no later event of the events API be processed.
            Kind::Refused | Kind::BadRequest | Kind::Unreadable | Kind::NotSetUp => {
                tracing::error!(organization, %error, "users of directories cannot be looked up");
            }
            Kind::RateLimited | Kind::Unavailable => return Err(error.into()),
        }
        Ok(Vec::new())
    }
}
