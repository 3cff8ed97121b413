//! The sessions of a user: listed by status, time and page, and revoked at once.

use std::time::Duration;

use auth_core::support::Clock;
use auth_testkit::{MockScalekit, TestClock, User};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, log_in, log_in_as, refused};

const ADA: &str = "/users/usr_1000000001/sessions";

/// A mock with a second user, `usr_2`.
async fn start(clock: &TestClock) -> MockScalekit {
    let eve = User::new("usr_2").email("eve@example.com");
    let builder = MockScalekit::builder().clock(clock.clone());
    builder.also_user(eve).start().await
}

/// The ids of listed sessions.
fn ids(list: &Value) -> Vec<&str> {
    let sessions = list["sessions"].as_array().unwrap().iter();
    sessions
        .map(|one| one["session_id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn only_those_of_the_user_are_listed_the_newest_first() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let first = log_in(&scalekit).await.session;
    let eves = log_in_as(&scalekit, Some("usr_2")).await.session;
    let second = log_in(&scalekit).await.session;
    let list = api.get(ADA).await;
    assert_eq!(ids(&list), [&second, &first]);
    assert_eq!(list["total_size"], 2);
    assert_eq!(
        (&list["next_page_token"], &list["prev_page_token"]),
        (&"".into(), &"".into())
    );
    assert_eq!(ids(&api.get("/users/usr_2/sessions").await), [&eves]);
}

#[tokio::test]
async fn the_filter_admits_by_status_and_time() {
    let clock = TestClock::new();
    let scalekit = start(&clock).await;
    let api = Api::of(&scalekit).await;
    let first = log_in(&scalekit).await.session;
    clock.advance(Duration::from_secs(60));
    let second = log_in(&scalekit).await.session;
    let at = humantime::format_rfc3339_seconds(clock.now());
    clock.advance(Duration::from_secs(60));
    let third = log_in(&scalekit).await.session;
    api.post(&format!("/sessions/{first}/revoke")).await;
    scalekit.admin().end_session(&second);
    for (query, expected) in [
        (String::new(), vec![&third, &second, &first]),
        ("?filter.status=active".into(), vec![&third]),
        ("?filter.status=revoked".into(), vec![&first]),
        ("?filter.status=logout".into(), vec![&second]),
        ("?filter.status=expired".into(), vec![]),
        (
            "?filter.status=active&filter.status=revoked".into(),
            vec![&third, &first],
        ),
        (format!("?filter.start_time={at}"), vec![&third, &second]),
        (format!("?filter.end_time={at}"), vec![&second, &first]),
        (
            format!("?filter.start_time={at}&filter.end_time={at}"),
            vec![&second],
        ),
    ] {
        let list = api.get(&format!("{ADA}{query}")).await;
        assert_eq!(ids(&list), expected, "{query}");
        assert_eq!(list["total_size"], expected.len());
    }
}

#[tokio::test]
async fn pages_lead_to_one_another() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.insert(0, log_in(&scalekit).await.session);
    }
    let mut found = Vec::new();
    let mut token = String::new();
    for _ in 0..3 {
        let list = api
            .get(&format!("{ADA}?page_size=2&page_token={token}"))
            .await;
        assert_eq!(list["total_size"], 5);
        found.extend(ids(&list).into_iter().map(str::to_owned));
        token = list["next_page_token"].as_str().unwrap().to_owned();
    }
    assert_eq!((found, token.as_str()), (expected, ""));
}

#[tokio::test]
async fn all_active_sessions_of_the_user_are_revoked_and_no_other() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    let (first, second) = (
        log_in(&scalekit).await.session,
        log_in(&scalekit).await.session,
    );
    let ended = log_in(&scalekit).await.session;
    scalekit.admin().end_session(&ended);
    let eves = log_in_as(&scalekit, Some("usr_2")).await.session;
    let revoked = api.post(&format!("{ADA}/revoke")).await;
    assert_eq!(revoked["total_revoked"], 2);
    let sessions = revoked["revoked_sessions"].as_array().unwrap().iter();
    let all: Vec<_> = sessions
        .map(|one| (&one["session_id"], &one["status"]))
        .collect();
    let status = &json!("revoked");
    assert_eq!(all, [(&second.into(), status), (&first.into(), status)]);
    assert_eq!(scalekit.admin().active_sessions(), [eves]);
    let again = api.post(&format!("{ADA}/revoke")).await;
    assert_eq!(again, json!({ "revoked_sessions": [], "total_revoked": 0 }));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let scalekit = start(&TestClock::new()).await;
    let api = Api::of(&scalekit).await;
    api.get(ADA).await;
    for (path, expected) in [
        ("/users/usr_404/sessions", (404, 5)),
        ("/users/ada/sessions", (400, 3)),
        (
            "/users/usr_1000000001/sessions?filter.status=ACTIVE",
            (400, 3),
        ),
        (
            "/users/usr_1000000001/sessions?filter.start_time=yesterday",
            (400, 3),
        ),
        ("/users/usr_1000000001/sessions?filter.end_time=1", (400, 3)),
        ("/users/usr_1000000001/sessions?page_size=101", (400, 3)),
        ("/users/usr_1000000001/sessions?page_token=attic", (400, 3)),
    ] {
        let response = api.call(Method::GET, path).await;
        assert_eq!(refused(response).await, expected, "{path}");
    }
    for (path, expected) in [
        ("/users/usr_404/sessions/revoke", (404, 5)),
        ("/users/ada/sessions/revoke", (400, 3)),
    ] {
        let response = api.call(Method::POST, path).await;
        assert_eq!(refused(response).await, expected, "{path}");
    }
}
