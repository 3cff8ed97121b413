//! Events as a stream.

use auth_core::support::json::RawObject;

use crate::management::client::Management;
use crate::management::events::{EventFilter, events_of};
use crate::management::page_stream::Pages;

impl Management {
    /// Lists events: `POST /api/v1/events/paginated`, which changes nothing. Each is an object in the format of a
    /// webhook's body. Their order is that of the API. Scalekit documents no permission for it.
    pub fn events(&self, filter: &EventFilter) -> Pages<RawObject> {
        Pages::new(self, filter.call(), events_of)
    }
}
