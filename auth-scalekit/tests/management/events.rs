//! Events in pages.

use std::time::{Duration, SystemTime};

use auth_scalekit::management::EventFilter;
use auth_scalekit::management::ManagementErrorKind::{BadRequest, Unreadable};
use serde_json::{Value, json};

use crate::harness::{Api, ok};

const PATH: &str = "/api/v1/events/paginated";

fn event(id: &str) -> Value {
    json!({
        "spec_version": "1",
        "id": id,
        "type": "user.logout",
        "occurred_at": "2026-11-01T00:00:00Z",
        "environment_id": "env_1",
        "object": "User",
        "data": { "nested": [{ "deeper": 1.50 }] },
    })
}

#[tokio::test]
async fn a_page_of_events_is_read_as_raw_json() {
    let api = Api::start().await;
    let body = json!({"events": [event("evt_1"), event("evt_2")], "next_page_token": "a b&c"});
    api.once("POST", PATH, ok(&body)).await;
    api.at(
        "POST",
        PATH,
        ok(&json!({"events": [], "next_page_token": ""})),
    )
    .await;
    let since = SystemTime::UNIX_EPOCH + Duration::from_secs(1_793_491_200);
    let filter = EventFilter::new()
        .event_types(["user.logout"])
        .start_time(since);
    let management = api.management();
    let page = management.events_page(&filter, None).await.unwrap();
    let events: Vec<Value> = page
        .events
        .iter()
        .map(|event| serde_json::from_str(event.as_str()).unwrap())
        .collect();
    assert_eq!(events, [event("evt_1"), event("evt_2")]);
    let token = page.next_page_token.unwrap();
    let last = management.events_page(&filter, Some(&token)).await.unwrap();
    assert!(last.events.is_empty() && last.next_page_token.is_none());

    let requests = api.requests(PATH).await;
    let sent = json!({"event_types": ["user.logout"], "start_time": "2026-11-01T00:00:00Z"});
    for (request, query) in requests.iter().zip([
        vec![("page_size", "30")],
        vec![("page_size", "30"), ("page_token", "a b&c")],
    ]) {
        assert_eq!(request.headers["content-type"], "application/json");
        assert_eq!(request.body_json::<Value>().unwrap(), sent);
        let found: Vec<_> = request.url.query_pairs().collect();
        let query: Vec<_> = query
            .iter()
            .map(|(a, b)| ((*a).into(), (*b).into()))
            .collect();
        assert_eq!(found, query);
    }
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn events_must_be_objects_within_a_bound() {
    for (name, events, is_readable) in [
        ("the control", json!([event("evt_1")]), true),
        (
            "a large one",
            json!([{"data": "x".repeat(1024 * 1024)}]),
            true,
        ),
        (
            "more than 4 MiB",
            json!([{"data": "x".repeat(4 * 1024 * 1024)}]),
            false,
        ),
        ("a string", json!(["evt_1"]), false),
        ("no list", json!({}), false),
    ] {
        let api = Api::start().await;
        api.at("POST", PATH, ok(&json!({ "events": events }))).await;
        let answer = api
            .management()
            .events_page(&EventFilter::new(), None)
            .await;
        assert_eq!(answer.is_ok(), is_readable, "{name}");
        if let Err(error) = answer {
            assert_eq!(error.kind(), Unreadable, "{name}: {error}");
        }
    }
}

#[tokio::test]
async fn an_organization_that_is_no_id_is_not_sent() {
    let api = Api::start().await;
    let filter = EventFilter::new().organization("acme");
    let error = api
        .management()
        .events_page(&filter, None)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), BadRequest);
    assert_eq!(api.count("/oauth/token").await, 0);
}
