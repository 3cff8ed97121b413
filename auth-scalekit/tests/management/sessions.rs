//! Sessions: read, listed, revoked.

use std::time::{Duration, SystemTime};

use auth_scalekit::management::ManagementErrorKind::{BadRequest, NotFound, Unreadable};
use auth_scalekit::management::SessionStatus;
use serde_json::json;
use wiremock::Request;

use crate::harness::{Api, error, ok, session_body};

/// 2026-11-01, when the session begins.
fn begin() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_793_491_200)
}

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_session_is_read() {
    let api = Api::start().await;
    api.at("GET", "/api/v1/sessions/ses_1", ok(&session_body()))
        .await;
    let session = api.management().session("ses_1").await.unwrap();
    assert_eq!(
        (&*session.session_id, &*session.user_id),
        ("ses_1", "usr_1")
    );
    assert_eq!(session.organization_id.as_deref(), Some("org_1"));
    assert_eq!(session.status, SessionStatus::Active);
    assert_eq!(session.created_at, Some(begin()));
    assert_eq!(
        session.last_active_at,
        Some(begin() + Duration::from_nanos(123_456_789))
    );
    assert_eq!(session.idle_expires_at, Some(begin() + 7 * DAY));
    assert_eq!(session.absolute_expires_at, Some(begin() + 30 * DAY));
}

#[tokio::test]
async fn of_the_times_of_a_session_only_its_ends_must_be_usable() {
    for (member, is_readable) in [
        ("device", true),
        ("created_at", true),
        ("last_active_at", true),
        ("idle_expires_at", false),
        ("absolute_expires_at", false),
    ] {
        let api = Api::start().await;
        let mut body = session_body();
        body[member] = json!("0001-01-01T00:00:00Z");
        api.at("GET", "/api/v1/sessions/ses_1", ok(&body)).await;
        let kind = api.management().session("ses_1").await;
        let kind = kind.err().map(|error| error.kind());
        assert_eq!(kind, (!is_readable).then_some(Unreadable), "{member}");
    }
}

#[tokio::test]
async fn a_session_is_active_until_its_first_end() {
    let nanosecond = Duration::from_nanos(1);
    for (name, change, at, is_active) in [
        ("the control", json!({}), begin(), true),
        (
            "before it is idle",
            json!({}),
            begin() + 7 * DAY - nanosecond,
            true,
        ),
        ("idle", json!({}), begin() + 7 * DAY, false),
        (
            "without an idle end",
            json!({"idle_expires_at": null}),
            begin() + 7 * DAY,
            true,
        ),
        (
            "at its end",
            json!({"idle_expires_at": null}),
            begin() + 30 * DAY,
            false,
        ),
        ("in upper case", json!({"status": "ACTIVE"}), begin(), true),
        ("expired", json!({"status": "expired"}), begin(), false),
        ("revoked", json!({"status": "revoked"}), begin(), false),
        ("logged out", json!({"status": "LOGOUT"}), begin(), false),
        ("a new state", json!({"status": "paused"}), begin(), false),
    ] {
        let api = Api::start().await;
        let mut body = session_body();
        for (member, value) in change.as_object().unwrap() {
            body[member] = value.clone();
        }
        api.at("GET", "/api/v1/sessions/ses_1", ok(&body)).await;
        let session = api.management().session("ses_1").await.unwrap();
        assert_eq!(session.is_active_at(at), is_active, "{name}");
    }
}

#[tokio::test]
async fn an_id_never_steers_the_request() {
    let api = Api::start().await;
    let management = api.management();
    for id in [
        "",
        "ses_1/revoke",
        "ses_../usr_1",
        "ses_1?x",
        "usr_1",
        "SES_1",
    ] {
        let read = management.session(id).await.unwrap_err();
        let revoked = management.revoke_session(id).await.unwrap_err();
        assert_eq!(
            (read.kind(), revoked.kind()),
            (BadRequest, BadRequest),
            "{id:?}"
        );
        assert_eq!(
            read.to_string(),
            "GET /api/v1/sessions/{session_id}: the session id must be ses_ and digits"
        );
    }
    for id in ["", "ses_1", "usr_1/../x", "usr_x"] {
        let listed = management.user_sessions(id).await.unwrap_err();
        let revoked = management.revoke_sessions_of(id).await.unwrap_err();
        assert_eq!(
            (listed.kind(), revoked.kind()),
            (BadRequest, BadRequest),
            "{id:?}"
        );
    }
    assert_eq!(api.count("/oauth/token").await, 0, "nothing was sent");
}

#[tokio::test]
async fn sessions_are_revoked() {
    let api = Api::start().await;
    let (one, all) = (
        "/api/v1/sessions/ses_1/revoke",
        "/api/v1/users/usr_1/sessions/revoke",
    );
    api.once(
        "POST",
        one,
        ok(&json!({"revoked_session": {"session_id": "ses_1"}})),
    )
    .await;
    api.once(
        "POST",
        all,
        ok(&json!({"revoked_sessions": [], "total_revoked": 0})),
    )
    .await;
    api.management().revoke_session("ses_1").await.unwrap();
    api.management().revoke_sessions_of("usr_1").await.unwrap();
    for path in [one, all] {
        let requests = api.requests(path).await;
        assert_eq!(requests.len(), 1);
        assert!(requests[0].body.is_empty() && requests[0].url.query().is_none());
        api.at("POST", path, error(404, 5, "NOT_FOUND")).await;
    }
    let one = api.management().revoke_session("ses_1").await.unwrap_err();
    let all = api
        .management()
        .revoke_sessions_of("usr_1")
        .await
        .unwrap_err();
    assert_eq!((one.kind(), all.kind()), (NotFound, NotFound));
}

#[tokio::test]
async fn the_sessions_of_a_user_come_in_pages() {
    let api = Api::start().await;
    let path = "/api/v1/users/usr_1/sessions";
    let page = |request: &Request| {
        let number = request
            .url
            .query_pairs()
            .find(|(name, _)| name == "page_token");
        let number: u32 = number.map_or(1, |(_, token)| {
            token.strip_prefix("&=").unwrap().parse().unwrap()
        });
        let mut session = session_body();
        session["session_id"] = json!(format!("ses_{number}"));
        let next = if number < 3 {
            format!("&={}", number + 1)
        } else {
            String::new()
        };
        ok(&json!({"sessions": [session], "next_page_token": next, "total_size": 3}))
    };
    api.at("GET", path, page).await;
    let sessions = api.management().user_sessions("usr_1").await.unwrap();
    let ids: Vec<_> = sessions
        .iter()
        .map(|session| &*session.session_id)
        .collect();
    assert_eq!(ids, ["ses_1", "ses_2", "ses_3"]);
    assert_eq!(api.count(path).await, 3);
}

#[tokio::test]
async fn a_list_that_does_not_end_is_unreadable() {
    let path = "/api/v1/users/usr_1/sessions";
    let endless = |request: &Request| {
        let token = request.url.query().unwrap_or_default().len();
        ok(&json!({"sessions": [], "next_page_token": "x".repeat(token + 1)}))
    };
    let api = Api::start().await;
    api.at("GET", path, endless).await;
    let error = api.management().user_sessions("usr_1").await.unwrap_err();
    assert_eq!(error.kind(), Unreadable);
    assert_eq!(api.count(path).await, 200);
    for (name, body, is_readable, pages) in [
        ("the control", json!({"sessions": []}), true, 1),
        ("absent", json!({}), true, 1),
        (
            "null",
            json!({"sessions": null, "next_page_token": null}),
            true,
            1,
        ),
        (
            "the same page again",
            json!({"sessions": [], "next_page_token": "x"}),
            false,
            2,
        ),
        (
            "a long token",
            json!({"next_page_token": "x".repeat(4097)}),
            false,
            1,
        ),
        (
            "a token of another type",
            json!({"next_page_token": 2}),
            false,
            1,
        ),
        ("no list", json!({"sessions": {}}), false, 1),
        ("no objects", json!({"sessions": [1]}), false, 1),
    ] {
        let api = Api::start().await;
        api.at("GET", path, ok(&body)).await;
        let answer = api.management().user_sessions("usr_1").await;
        assert_eq!(answer.is_ok(), is_readable, "{name}: {answer:?}");
        assert_eq!(api.count(path).await, pages, "{name}");
    }
}
