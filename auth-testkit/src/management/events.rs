//! `POST /api/v1/events/paginated`: the events that a filter admits, a page at a time.

use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::page::{Limits, page_size};
use super::{Call, body};
use crate::event::{Event, EventType};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;
use crate::settings::EventOrder;

/// Scalekit documents neither.
const LIMITS: Limits = Limits::up_to(100).default_of(30);

pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let params = Params::of_query(call.request);
    let size = page_size(&params, LIMITS)?;
    let cursor = params.get("page_token").map(Cursor::read).transpose()?;
    let filter = Filter::read(call.request.body())?;
    let admitted = call.state.events.numbered();
    let mut admitted: Vec<_> = admitted.filter(|(_, event)| filter.admits(event)).collect();
    let order = call.settings.event_order;
    if order == EventOrder::NewestFirst {
        admitted.reverse();
    }
    let start = match cursor {
        None => 0,
        Some(Cursor::After(number)) => {
            let before =
                |(place, _): &(usize, _)| order.is_before(*place, number) || *place == number;
            admitted.partition_point(before)
        }
        Some(Cursor::Before(number)) => {
            let before = |(place, _): &(usize, _)| order.is_before(*place, number);
            admitted.partition_point(before).saturating_sub(size)
        }
    };
    let rest = admitted.get(start..).unwrap_or_default();
    let page = rest.get(..size).unwrap_or(rest);
    let last = page.last().filter(|_| rest.len() > page.len());
    let first = page.first().filter(|_| start > 0);
    let events = page.iter().map(|(_, event)| &event.body);
    Ok(json!({
        "events": events.collect::<Vec<_>>(),
        "next_page_token": last.map_or_else(String::new, |(number, _)| Cursor::After(*number).token()),
        "prev_page_token": first.map_or_else(String::new, |(number, _)| Cursor::Before(*number).token()),
    }))
}

/// Where a page is: events that come meanwhile do not move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    /// Behind the event of this number.
    After(usize),
    /// It ends before the event of this number.
    Before(usize),
}

impl Cursor {
    fn token(self) -> String {
        URL_SAFE_NO_PAD.encode(match self {
            Self::After(number) => format!("after:{number}"),
            Self::Before(number) => format!("before:{number}"),
        })
    }

    /// # Errors
    ///
    /// `INVALID_ARGUMENT` when it is no token that was given out.
    fn read(token: &str) -> Result<Self, ApiError> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        let cursor = text.as_deref().and_then(|text| {
            let (kind, number) = text.split_once(':')?;
            let number = number.parse().ok()?;
            match kind {
                "after" => Some(Self::After(number)),
                "before" => Some(Self::Before(number)),
                _ => None,
            }
        });
        cursor.ok_or_else(|| {
            ApiError::violation("page_token", "page_token", "page_token is not valid")
        })
    }
}

/// The members of Scalekit's `EventFilter` that the mock knows; others are refused, as ignoring them would show
/// events that were not asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Filter {
    #[serde(alias = "eventTypes", deserialize_with = "event_types")]
    event_types: Vec<EventType>,
    #[serde(alias = "startTime", deserialize_with = "body::time")]
    start_time: Option<SystemTime>,
    #[serde(alias = "endTime", deserialize_with = "body::time")]
    end_time: Option<SystemTime>,
    #[serde(alias = "organizationId")]
    organization_id: Option<String>,
    source: Option<Source>,
}

/// Who has caused the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Source {
    Scalekit,
    DirSync,
}

impl Filter {
    /// An empty body filters nothing.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` when it is no filter.
    fn read(body: &[u8]) -> Result<Self, ApiError> {
        let filter: Self = body::read_or_default(body, "a filter of events")?;
        match (filter.start_time, filter.end_time) {
            (Some(start), Some(end)) if start > end => Err(ApiError::violation(
                "filter.start_time",
                "timestamp",
                "start_time must not be after end_time",
            )),
            _ => Ok(filter),
        }
    }

    fn admits(&self, event: &Event) -> bool {
        let source = match event.kind.is_of_directory() {
            true => Source::DirSync,
            false => Source::Scalekit,
        };
        let organization = self.organization_id.as_deref().filter(|id| !id.is_empty());
        (self.event_types.is_empty() || self.event_types.contains(&event.kind))
            && self.start_time.is_none_or(|start| event.occurred >= start)
            && self.end_time.is_none_or(|end| event.occurred <= end)
            && organization.is_none_or(|id| event.organization.as_deref() == Some(id))
            && self.source.is_none_or(|wanted| wanted == source)
    }
}

fn event_types<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<EventType>, D::Error> {
    let names = Option::<Vec<String>>::deserialize(from)?.unwrap_or_default();
    let types = names.iter().map(|name| name.parse());
    types
        .collect::<Result<_, _>>()
        .map_err(serde::de::Error::custom)
}
