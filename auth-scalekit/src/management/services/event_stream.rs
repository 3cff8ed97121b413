//! Events as a stream.

use auth_core::support::json::RawObject;

use crate::management::client::Management;
use crate::management::events::{EventFilter, events_of};
use crate::management::page_stream::Pages;

impl Management {
    /// Lists events: `POST /api/v1/events/paginated`, which changes nothing. Each is an object in the format of a
    /// webhook's body. Their order is that of the API. Scalekit documents no permission for it.
    ///
    /// ```
    /// use auth_scalekit::management::EventFilter;
    ///
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// let mut events = management.events(&EventFilter::new().event_types(["user.logout"]));
    /// while let Some(event) = events.try_next().await? {
    ///     println!("{} bytes", event.as_str().len());
    /// }
    /// # Ok(())
    /// # });
    /// ```
    pub fn events(&self, filter: &EventFilter) -> Pages<RawObject> {
        Pages::new(self, filter.call(), events_of)
    }
}
