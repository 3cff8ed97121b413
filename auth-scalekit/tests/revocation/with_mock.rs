//! The management API as the mock of it answers: both sides of what Scalekit documents.

use std::collections::BTreeSet;
use std::time::Duration;

use auth_core::provider::AuthProvider;
use auth_core::revocation::{LiveSessions, Revocations};
use auth_core::support::Clock;
use auth_scalekit::ScalekitProvider;
use auth_scalekit::management::{ErrorCode, EventFilter, ManagementErrorKind, SessionStatus};
use auth_testkit::{Client, MockScalekit, TestClock};
use serde_json::Value;

use crate::support::{Pair, builder, issuer};

const USER: &str = "usr_1000000001";
const CLIENT: &str = "skc_1";
const SECRET: &str = "not a secret";
const ORGANIZATION: &str = "org_1000000001";

async fn pair() -> Pair {
    let (scalekit, clock) = issuer().await;
    scalekit.register_client(Client::confidential(CLIENT, SECRET));
    let provider = provider(&scalekit, &clock, SECRET);
    Pair {
        scalekit,
        provider,
        clock,
    }
}

fn provider(scalekit: &MockScalekit, clock: &TestClock, secret: &str) -> ScalekitProvider {
    let builder = builder(scalekit).management(CLIENT, secret);
    builder.clock(clock.clone()).build().unwrap()
}

#[tokio::test]
async fn a_session_is_live_until_it_is_ended() {
    let pair = pair().await;
    let (management, live) = (
        pair.provider.management().unwrap(),
        pair.provider.live_sessions(),
    );
    let (live, admin) = (live.unwrap(), pair.scalekit.admin());
    let [one, other] = [0; 2].map(|_| admin.open_session(USER, ORGANIZATION));
    let session = management.session(&one).await.unwrap();
    assert_eq!(
        (&*session.user_id, session.status.clone()),
        (USER, SessionStatus::Active)
    );
    assert_eq!(session.organization_id.as_deref(), Some(ORGANIZATION));
    assert!(session.is_active_at(pair.clock.now()));

    let minted = pair.scalekit.token().session(one.as_str()).sign();
    let token = pair.verify(&minted).await.unwrap();
    let now = || pair.clock.now();
    live.check(&token, now()).await.unwrap();
    let revocations = pair.provider.revocations().unwrap();
    assert!(revocations.check(&token).is_ok(), "the control");
    pair.provider.end_session(&one).await.unwrap();
    assert!(revocations.check(&token).is_err());
    assert_eq!(admin.active_sessions(), [other.as_str()]);
    assert_eq!(
        management.session(&one).await.unwrap().status,
        SessionStatus::Revoked
    );
    pair.clock.advance(Duration::from_secs(5));
    assert!(live.check(&token, now()).await.is_err());

    pair.provider.end_sessions_of(USER).await.unwrap();
    assert!(admin.active_sessions().is_empty());
    // Both are unknown there, so they have no session.
    pair.provider.end_session("ses_1").await.unwrap();
    let unknown = management.session("ses_1").await.unwrap_err();
    assert_eq!(unknown.kind(), ManagementErrorKind::NotFound);
}

#[tokio::test]
async fn all_sessions_of_a_user_are_listed() {
    let pair = pair().await;
    let opened: BTreeSet<_> = (0..25)
        .map(|_| pair.scalekit.admin().open_session(USER, ORGANIZATION))
        .collect();
    let listed = pair
        .provider
        .management()
        .unwrap()
        .user_sessions(USER)
        .await
        .unwrap();
    assert_eq!(listed.len(), 25, "in three pages");
    let listed: BTreeSet<_> = listed
        .into_iter()
        .map(|session| session.session_id)
        .collect();
    assert_eq!(listed, opened);
}

#[tokio::test]
async fn events_are_listed_and_users_found() {
    let pair = pair().await;
    let (management, admin) = (pair.provider.management().unwrap(), pair.scalekit.admin());
    for _ in 0..35 {
        let session = admin.open_session(USER, ORGANIZATION);
        assert!(admin.end_session(&session));
    }
    let filter = EventFilter::new()
        .event_types(["user.logout"])
        .organization(ORGANIZATION);
    let (mut events, mut token) = (Vec::new(), None);
    loop {
        let page = management
            .events_page(&filter, token.as_deref())
            .await
            .unwrap();
        events.extend(page.events);
        token = page.next_page_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(events.len(), 35);
    for event in events {
        let event: Value = serde_json::from_str(event.as_str()).unwrap();
        assert_eq!(event["type"], "user.logout");
    }
    let after = EventFilter::new().start_time(pair.clock.now() + Duration::from_secs(1));
    assert!(
        management
            .events_page(&after, None)
            .await
            .unwrap()
            .events
            .is_empty()
    );

    let found = management
        .find_users(ORGANIZATION, "Ada@Example.com")
        .await
        .unwrap();
    assert_eq!(found, [USER]);
    let stranger = management
        .find_users(ORGANIZATION, "nobody@example.com")
        .await
        .unwrap();
    assert!(stranger.is_empty());
}

#[tokio::test]
async fn a_wrong_secret_is_our_fault_and_not_the_tokens() {
    let pair = pair().await;
    let session = pair.scalekit.admin().open_session(USER, ORGANIZATION);
    let wrong = provider(&pair.scalekit, &pair.clock, "another");
    let error = wrong
        .management()
        .unwrap()
        .session(&session)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ManagementErrorKind::Refused);
    let code = error.error_code().map(ErrorCode::as_str);
    assert_eq!(code, Some("invalid_client"));
    let error = wrong.end_session(&session).await.unwrap_err();
    assert_eq!(error.api().unwrap().kind(), ManagementErrorKind::Refused);
}
