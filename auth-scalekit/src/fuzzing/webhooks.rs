//! The targets of webhooks: the event in a body, and the headers.

use std::sync::Arc;
use std::time::SystemTime;

use auth_core::revocation::MemoryRevocations;
use auth_core::support::json::{self, Rules};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::oracle::{is_same, object};
use super::stage::{STAGE, StoppedClock};
use crate::webhooks::{
    EventData, EventProcessor, EventType, ProcessError, SignatureError, WebhookEvent,
    WebhookSecrets,
};

/// The body of a webhook, which is read and then processed.
pub fn webhook_event(data: &[u8]) {
    let members = object(data);
    let Ok(event) = WebhookEvent::parse(data) else {
        let has = |name: &str| {
            let member = members.as_ref().ok().and_then(|it| it.get(name));
            member.and_then(Value::as_str).map(str::to_owned)
        };
        // The time has the most forms; the other members are refused for a reason that is easy to see.
        let id = has("id").is_some_and(|id| {
            let known = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            id.len() <= 64 && id.starts_with("evt_") && id.chars().all(known)
        });
        let kind = has("type").is_some_and(|kind| (1..=255).contains(&kind.len()));
        let time = has("occurred_at").is_some_and(|time| is_plain_time(&time));
        assert!(!(id && kind && time), "a sound envelope was refused");
        return;
    };
    let members = members.expect("what was accepted is strict JSON");
    assert_eq!(members["id"], event.id());
    assert_eq!(members["type"], event.event_type());
    assert!(event.occurred_at() >= SystemTime::UNIX_EPOCH);
    let raw = json::value(event.raw_data().as_bytes(), Rules::STRICT).expect("strict JSON");
    assert!(is_same(members.get("data").unwrap_or(&Value::Null), &raw));
    let is_unknown = matches!(event.data(), EventData::Unknown);
    assert_eq!(is_unknown, event.kind().is_none());
    if let Some(kind) = event.kind() {
        assert_eq!(EventType::from_name(event.event_type()), Some(kind));
    }
    // Of whatever was sent, Debug shows what is listed.
    let shown = format!("{event:?}");
    let secret = raw.get("txt_record_secret").and_then(Value::as_str);
    if let Some(secret) = secret.filter(|secret| secret.len() > 40) {
        assert!(!shown.contains(secret), "a secret is shown");
    }
    processed(&event);
}

fn processed(event: &WebhookEvent) {
    let revocations = Arc::new(MemoryRevocations::with_clock(StoppedClock));
    let processor = EventProcessor::builder("https://acme.scalekit.com", Arc::clone(&revocations))
        .clock(StoppedClock)
        .build()
        .expect("valid settings");
    let result = STAGE.with(|stage| stage.runtime.block_on(processor.process(event)));
    match result {
        Ok(_) => {
            let types = processor.event_types().expect("no handler");
            let may_have_effect = types.contains(&event.event_type());
            assert!(may_have_effect || revocations.is_empty());
        }
        Err(ProcessError::Malformed(_)) => assert!(revocations.is_empty()),
        Err(error) => panic!("{error}"),
    }
}

/// A time that must be accepted: whole seconds, in UTC, after 1970.
fn is_plain_time(text: &str) -> bool {
    let digits = |range: std::ops::Range<usize>| {
        let part = text
            .get(range)
            .filter(|part| part.bytes().all(|b| b.is_ascii_digit()));
        part.and_then(|part| part.parse::<u32>().ok())
    };
    let signs = text.len() == 20 && text.is_ascii() && {
        let bytes = text.as_bytes();
        bytes[4] == b'-'
            && bytes[7] == b'-'
            && bytes[10] == b'T'
            && bytes[13] == b':'
            && bytes[16] == b':'
            && bytes[19] == b'Z'
    };
    signs
        && digits(0..4).is_some_and(|year| year >= 1970)
        && digits(5..7).is_some_and(|month| (1..=12).contains(&month))
        && digits(8..10).is_some_and(|day| (1..=28).contains(&day))
        && digits(11..13).is_some_and(|hour| hour < 24)
        && digits(14..16).is_some_and(|minute| minute < 60)
        && digits(17..19).is_some_and(|second| second < 60)
}

/// Three headers, separated by line ends: none of them is signed.
pub fn webhook_headers(data: &[u8]) {
    let secrets = WebhookSecrets::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD");
    let secrets = secrets.expect("a valid secret");
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let mut headers = HeaderMap::new();
    for (line, name) in data
        .split(|byte| *byte == b'\n')
        .zip(names.into_iter().cycle())
    {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(name, value);
        }
    }
    let now = auth_core::support::Clock::now(&StoppedClock);
    let error = secrets
        .verify(&headers, b"{}", now)
        .expect_err("it is not signed");
    let lines = |name: &'static str| headers.get_all(name).iter().count();
    match error {
        SignatureError::Missing(name) => assert_eq!(lines(name), 0),
        SignatureError::Duplicate(name) => assert!(lines(name) > 1),
        SignatureError::Malformed(name) => assert_eq!(lines(name), 1),
        SignatureError::TooOld | SignatureError::InFuture | SignatureError::Invalid => {
            assert!(names.into_iter().all(|name| lines(name) == 1));
        }
    }
}
