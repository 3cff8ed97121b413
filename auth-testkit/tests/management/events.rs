//! The events API: the filter, and the pages in both orders.

use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use auth_testkit::settings::EventOrder;
use auth_testkit::{EventDraft, EventType, MockScalekit, TestClock};
use serde_json::{Value, json};

use crate::api::{Api, accepted, refused};

/// Makes an event of a type.
fn make(scalekit: &MockScalekit, kind: EventType) -> String {
    scalekit.admin().make_event(EventDraft::new(kind))
}

async fn list(api: &Api, query: &str, filter: &Value) -> Value {
    accepted(
        api.post_json(&format!("/events/paginated{query}"), filter)
            .await,
    )
    .await
}

fn ids(list: &Value) -> Vec<String> {
    let events = list["events"].as_array().unwrap().iter();
    events
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect()
}

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

#[tokio::test]
async fn events_have_the_envelope_of_webhooks() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    let id = make(&scalekit, EventType::UserLogout);
    let listed = list(&api, "", &json!({})).await;
    let event = &listed["events"][0];
    assert_eq!(
        (&event["id"], &event["type"]),
        (&json!(id), &json!("user.logout"))
    );
    assert_eq!(
        (&event["object"], &event["display_name"]),
        (&json!("User"), &json!("User Logout"))
    );
    assert_eq!(
        (&event["spec_version"], &event["organization_id"]),
        (&json!("1"), &json!("org_1000000001"))
    );
    assert!(event["data"]["user_session"]["session_id"].is_string());
    assert_eq!(
        (&listed["next_page_token"], &listed["prev_page_token"]),
        (&json!(""), &json!(""))
    );
    assert!(listed.get("total_size").is_none());
    // A body without a filter is one that admits everything.
    let empty = api.call(reqwest::Method::POST, "/events/paginated").await;
    assert_eq!(accepted(empty).await, listed);
}

#[tokio::test]
async fn the_filter_admits_by_type_time_organization_and_source() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
    let api = Api::of(&scalekit).await;
    let role = make(&scalekit, EventType::RoleDeleted);
    clock.advance(Duration::from_secs(60));
    let at = rfc3339(clock.now());
    let logout = make(&scalekit, EventType::UserLogout);
    clock.advance(Duration::from_secs(60));
    let draft = EventDraft::new(EventType::OrganizationDirectoryUserDeleted).organization("org_2");
    let scim = scalekit.admin().make_event(draft);
    for (filter, expected) in [
        (json!({}), vec![&scim, &logout, &role]),
        (json!({ "event_types": [] }), vec![&scim, &logout, &role]),
        (
            json!({ "event_types": ["role.deleted", "user.logout"] }),
            vec![&logout, &role],
        ),
        (json!({ "eventTypes": ["role.deleted"] }), vec![&role]),
        (json!({ "event_types": ["role.created"] }), vec![]),
        (json!({ "start_time": at }), vec![&scim, &logout]),
        (json!({ "end_time": at }), vec![&logout, &role]),
        (json!({ "start_time": at, "end_time": at }), vec![&logout]),
        (json!({ "organization_id": "org_2" }), vec![&scim]),
        (
            json!({ "organization_id": "org_1000000001" }),
            vec![&logout],
        ),
        (json!({ "source": "DIR_SYNC" }), vec![&scim]),
        (json!({ "source": "SCALEKIT" }), vec![&logout, &role]),
        (
            json!({ "source": "SCALEKIT", "event_types": ["role.deleted"] }),
            vec![&role],
        ),
        (
            json!({ "source": null, "start_time": null }),
            vec![&scim, &logout, &role],
        ),
    ] {
        let found = ids(&list(&api, "", &filter).await);
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{filter}");
    }
}

#[tokio::test]
async fn pages_are_not_moved_by_what_happens_meanwhile() {
    for order in [EventOrder::NewestFirst, EventOrder::OldestFirst] {
        let scalekit = MockScalekit::builder().event_order(order).start().await;
        let api = Api::of(&scalekit).await;
        let mut made: Vec<_> = (0..5)
            .map(|_| make(&scalekit, EventType::RoleUpdated))
            .collect();
        if order == EventOrder::NewestFirst {
            made.reverse();
        }
        // Only those are asked for.
        let filter = json!({ "event_types": ["role.updated"] });
        let page = async |token: &Value| {
            let query = format!("?page_size=2&page_token={}", token.as_str().unwrap());
            list(&api, &query, &filter).await
        };
        let first = page(&json!("")).await;
        make(&scalekit, EventType::RoleDeleted);
        let second = page(&first["next_page_token"]).await;
        assert_eq!(ids(&first), &made[..2], "{order:?}");
        assert_eq!(ids(&second), &made[2..4], "{order:?}");
        let third = page(&second["next_page_token"]).await;
        assert_eq!(ids(&third), &made[4..], "{order:?}");
        assert_eq!(third["next_page_token"], "");
        let back = page(&third["prev_page_token"]).await;
        assert_eq!(ids(&back), ids(&second), "{order:?}");
        let back = page(&back["prev_page_token"]).await;
        assert_eq!(ids(&back), ids(&first), "{order:?}");
        assert_eq!(back["prev_page_token"], "");
        if order == EventOrder::NewestFirst {
            let newer = make(&scalekit, EventType::RoleUpdated);
            assert_eq!(ids(&page(&first["next_page_token"]).await), ids(&second));
            assert_eq!(ids(&page(&json!("")).await)[0], newer);
        }
    }
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    make(&scalekit, EventType::RoleUpdated);
    list(
        &api,
        "?page_size=100",
        &json!({ "start_time": "2026-01-01T00:00:00Z" }),
    )
    .await;
    for (query, filter) in [
        ("?page_size=101", json!({})),
        ("?page_size=many", json!({})),
        ("?page_token=attic", json!({})),
        // That of another list.
        ("?page_token=cGxhY2U6MTA", json!({})),
        ("", json!({ "event_types": ["role.psychic"] })),
        ("", json!({ "event_types": "role.updated" })),
        ("", json!({ "start_time": "yesterday" })),
        (
            "",
            json!({ "start_time": "2026-01-02T00:00:00Z", "end_time": "2026-01-01T00:00:00Z" }),
        ),
        ("", json!({ "source": "ATTIC" })),
        ("", json!({ "attic": true })),
        ("", json!([])),
        ("", json!("x")),
    ] {
        let response = api
            .post_json(&format!("/events/paginated{query}"), &filter)
            .await;
        assert_eq!(refused(response).await, (400, 3), "{query} {filter}");
    }
}
