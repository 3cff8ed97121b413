//! Events that were sent to webhooks, or should have been.

use std::time::SystemTime;

use auth_core::support::json::RawObject;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::call::Call;
use super::client::Management;
use super::error::ManagementError;
use super::{id, pages};
use crate::timestamp;

const EVENTS: &str = "POST /api/v1/events/paginated";
/// The API documents no limit for this list; 30 is accepted by every one whose limits it documents.
const PAGE_SIZE: &str = "30";

/// Which events to list. Default: all of the environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    event_types: Vec<String>,
    start_time: Option<SystemTime>,
    end_time: Option<SystemTime>,
    organization_id: Option<String>,
    source: Option<EventSource>,
}

/// Where events come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventSource {
    /// Scalekit itself.
    Scalekit,
    /// A directory of a customer.
    DirectorySync,
}

/// A page of events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventsPage {
    /// Each as JSON, an object in the format of a webhook's body.
    pub events: Vec<RawObject>,
    /// The token of the next page; `None` at the end.
    pub next_page_token: Option<String>,
}

impl EventFilter {
    /// All events of the environment.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only events of these types, such as `user.logout`.
    #[must_use]
    pub fn event_types<T: Into<String>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.event_types = types.into_iter().map(Into::into).collect();
        self
    }

    /// Only events from this time on.
    #[must_use]
    pub fn start_time(mut self, time: SystemTime) -> Self {
        self.start_time = Some(time);
        self
    }

    /// Only events until this time.
    #[must_use]
    pub fn end_time(mut self, time: SystemTime) -> Self {
        self.end_time = Some(time);
        self
    }

    /// Only events of this organization (`org_…`).
    #[must_use]
    pub fn organization(mut self, organization_id: impl Into<String>) -> Self {
        self.organization_id = Some(organization_id.into());
        self
    }

    /// Only events from there.
    #[must_use]
    pub fn source(mut self, source: EventSource) -> Self {
        self.source = Some(source);
        self
    }

    /// The call of the first page.
    pub(super) fn call(&self) -> Result<Call, ManagementError> {
        let call = Call::post(EVENTS, "/api/v1/events/paginated".into());
        Ok(call.query("page_size", PAGE_SIZE).body(self.to_json()?))
    }

    /// The body of the request; members that are not set are left out.
    fn to_json(&self) -> Result<String, ManagementError> {
        let mut filter = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            filter.extend(value.map(|value| (name.to_owned(), value)));
        };
        let types = (!self.event_types.is_empty()).then(|| self.event_types.clone().into());
        set("event_types", types);
        let time = |time: Option<SystemTime>| time.map(|time| timestamp::format(time).into());
        set("start_time", time(self.start_time));
        set("end_time", time(self.end_time));
        if let Some(organization) = &self.organization_id {
            let organization = id::organization(EVENTS, organization)?;
            set("organization_id", Some(organization.into()));
        }
        let source = self.source.map(|source| match source {
            EventSource::Scalekit => "SCALEKIT".into(),
            EventSource::DirectorySync => "DIR_SYNC".into(),
        });
        set("source", source);
        Ok(Value::Object(filter).to_string())
    }
}

impl Management {
    /// Lists events: the first page without a `page_token`, then with that of the page before. Each page has up to 30
    /// events. Their order is that of the API.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// use auth_scalekit::management::EventFilter;
    ///
    /// let filter = EventFilter::new().event_types(["user.logout"]);
    /// let page = management.events_page(&filter, None).await?;
    /// println!("{} events", page.events.len());
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`].
    pub async fn events_page(
        &self,
        filter: &EventFilter,
        page_token: Option<&str>,
    ) -> Result<EventsPage, ManagementError> {
        let call = filter.call()?;
        let answer = self.send(&pages::page(call, page_token)).await?;
        Ok(EventsPage {
            events: events_of(&answer)?,
            next_page_token: pages::next_page_token(&answer)?,
        })
    }
}

/// The events of a page.
pub(super) fn events_of(answer: &Answer) -> Result<Vec<RawObject>, ManagementError> {
    answer.read_fields(|page| page.raw_list("events"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_filter_is_written_without_what_is_not_set() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
        for (filter, json) in [
            (EventFilter::new(), "{}"),
            (
                EventFilter::new().event_types(["user.logout", "role.deleted"]),
                r#"{"event_types":["user.logout","role.deleted"]}"#,
            ),
            (
                EventFilter::new().start_time(time).end_time(time),
                r#"{"end_time":"1970-01-01T00:00:01Z","start_time":"1970-01-01T00:00:01Z"}"#,
            ),
            (
                EventFilter::new().organization("org_1"),
                r#"{"organization_id":"org_1"}"#,
            ),
            (
                EventFilter::new().source(EventSource::DirectorySync),
                r#"{"source":"DIR_SYNC"}"#,
            ),
            (
                EventFilter::new().source(EventSource::Scalekit),
                r#"{"source":"SCALEKIT"}"#,
            ),
        ] {
            let written: Value = serde_json::from_str(&filter.to_json().unwrap()).unwrap();
            let expected: Value = serde_json::from_str(json).unwrap();
            assert_eq!(written, expected);
        }
        assert!(EventFilter::new().organization("x").to_json().is_err());
    }
}
