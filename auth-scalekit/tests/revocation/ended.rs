//! Sessions that are ended here and at Scalekit.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use auth_core::provider::AuthProvider;
use auth_core::revocation::{
    MemoryRevocations, Revocation, RevocationStore, RevocationTarget, Revocations,
};
use auth_core::support::{Clock, Sleep, async_trait};
use auth_core::token::VerifiedToken;
use auth_core::verifier::{Unavailable, VerifyError};
use auth_scalekit::management::ManagementErrorKind::{self, BadRequest, NotSetUp};
use auth_scalekit::revocation::EndSessionError;
use auth_scalekit::{ScalekitBuilder, ScalekitProvider};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use crate::harness::{Api, error, ok};

const ONE: &str = "/api/v1/sessions/ses_1/revoke";
const ALL: &str = "/api/v1/users/usr_1/sessions/revoke";

fn token(provider: &ScalekitProvider, now: std::time::SystemTime) -> VerifiedToken {
    VerifiedToken::assertion(
        provider.environment_url(),
        "usr_1",
        now + Duration::from_secs(600),
    )
    .with_issued_at(now)
    .with_session_id("ses_1")
}

/// In memory, where other processes cannot be reached.
#[derive(Debug, Default)]
struct CutOff(MemoryRevocations);

impl Revocations for CutOff {
    fn check(&self, token: &VerifiedToken) -> Result<(), VerifyError> {
        self.0.check(token)
    }

    fn changed(&self, token: &VerifiedToken) -> Sleep {
        self.0.changed(token)
    }
}

#[async_trait]
impl RevocationStore for CutOff {
    async fn revoke(&self, revocations: &[Revocation]) -> Result<(), Unavailable> {
        self.0.revoke(revocations).await?;
        let cause = io::Error::other("the store is away");
        Err(Unavailable::new(Duration::from_secs(1)).because(cause))
    }
}

/// Ends the session or all sessions of the user; whether the token is refused after it, which it was not before.
async fn end(api: &Api, provider: &ScalekitProvider, all: bool) -> Result<(), EndSessionError> {
    let token = token(provider, api.clock.now());
    let revocations = provider.revocations().unwrap();
    assert!(revocations.check(&token).is_ok(), "the control");
    let ended = match all {
        false => provider.end_session("ses_1").await,
        true => provider.end_sessions_of("usr_1").await,
    };
    assert!(
        revocations.check(&token).is_err(),
        "whatever the result: {ended:?}"
    );
    ended
}

fn with(api: &Api, change: impl FnOnce(ScalekitBuilder) -> ScalekitBuilder) -> ScalekitProvider {
    let url = api.provider.environment_url();
    let builder = ScalekitProvider::builder(url, "res_1", "http://localhost:8000/mcp");
    change(builder.clock(api.clock.clone())).build().unwrap()
}

#[tokio::test]
async fn the_result_says_what_failed() {
    let not_ended = "revoked here, but not ended at Scalekit";
    for (name, answer, failure) in [
        ("ended", ok(&json!({})), None),
        ("unknown", error(404, 5, "NOT_FOUND"), None),
        (
            "of a proxy",
            ResponseTemplate::new(404),
            Some(ManagementErrorKind::Unavailable),
        ),
        (
            "our credential",
            error(403, 7, "X"),
            Some(ManagementErrorKind::Refused),
        ),
        (
            "a rate limit",
            error(429, 8, "X"),
            Some(ManagementErrorKind::RateLimited),
        ),
        (
            "an outage",
            error(503, 14, "X"),
            Some(ManagementErrorKind::Unavailable),
        ),
    ] {
        for all in [false, true] {
            let api = Api::start().await;
            api.at("POST", if all { ALL } else { ONE }, answer.clone())
                .await;
            let ended = end(&api, &with(&api, |it| it.management("skc_1", "x")), all).await;
            let found = ended
                .as_ref()
                .err()
                .and_then(|error| error.api())
                .map(|error| error.kind());
            assert_eq!(found, failure, "{name}");
            if let Err(error) = ended {
                assert!(error.store().is_none());
                assert_eq!(error.to_string(), not_ended, "{name}");
                let source = error.source().unwrap().to_string();
                assert!(source.starts_with("POST /api/v1/"), "{source}");
            }
        }
    }
}

#[tokio::test]
async fn a_store_that_fails_does_not_keep_the_session_at_scalekit() {
    for (answer, text, source) in [
        (
            ok(&json!({})),
            "ended at Scalekit, but perhaps not revoked in other processes",
            "the store is away",
        ),
        (
            error(503, 14, "X"),
            "not ended at Scalekit, and perhaps not revoked in other processes",
            "POST /api/v1/sessions/{session_id}/revoke: status 503 (X)",
        ),
    ] {
        let api = Api::start().await;
        api.at("POST", ONE, answer).await;
        let provider = with(&api, |it| {
            it.management("skc_1", "x").revocations(CutOff::default())
        });
        let error = end(&api, &provider, false).await.unwrap_err();
        assert!(error.store().is_some());
        assert_eq!(error.to_string(), text);
        let found = error.source().unwrap();
        match error.api() {
            Some(_) => assert_eq!(found.to_string(), source),
            None => assert_eq!(found.source().unwrap().to_string(), "the store is away"),
        }
        assert_eq!(api.count(ONE).await, 1);
    }
}

#[tokio::test]
async fn it_is_revoked_here_before_scalekit_is_asked() {
    let api = Api::start().await;
    let provider = with(&api, |it| it.management("skc_1", "x"));
    let (revocations, token) = (
        provider.revocations().unwrap(),
        token(&provider, api.clock.now()),
    );
    let seen = Arc::new(Mutex::new(None));
    let at_scalekit = Arc::clone(&seen);
    let look = move |_: &Request| {
        *at_scalekit.lock().unwrap() = Some(revocations.check(&token).is_err());
        ok(&json!({}))
    };
    api.at("POST", ONE, look).await;
    provider.end_session("ses_1").await.unwrap();
    assert_eq!(*seen.lock().unwrap(), Some(true));
}

#[tokio::test]
async fn without_credentials_or_with_another_id_it_is_revoked_here_alone() {
    let api = Api::start().await;
    let error = end(&api, &with(&api, |it| it), false).await.unwrap_err();
    assert_eq!(error.api().unwrap().kind(), NotSetUp);
    let text = "management API: not set up: set SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET, or call \
                management of the builder";
    assert_eq!(error.api().unwrap().to_string(), text);

    let provider = with(&api, |it| it.management("skc_1", "x"));
    let token = token(&provider, api.clock.now()).with_session_id("../x");
    let error = provider.end_session("../x").await.unwrap_err();
    assert_eq!(error.api().unwrap().kind(), BadRequest);
    assert!(provider.revocations().unwrap().check(&token).is_err());
    assert_eq!(api.count("/oauth/token").await, 0, "nothing was sent");
}

#[tokio::test]
async fn the_event_about_it_changes_nothing_more() {
    let store = Arc::new(MemoryRevocations::new());
    let api = Api::start().await;
    api.at("POST", ONE, ok(&json!({}))).await;
    let provider = with(&api, |it| {
        it.management("skc_1", "x").revocations(Arc::clone(&store))
    });
    let event = || {
        let session = RevocationTarget::session("ses_1");
        Revocation::new(provider.environment_url(), session, api.clock.now())
    };
    store.revoke(&[event()]).await.unwrap();
    provider.end_session("ses_1").await.unwrap();
    store.revoke(&[event()]).await.unwrap();
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn a_token_that_was_refreshed_before_the_sessions_ended_is_refused() {
    for (name, answer) in [
        ("ended", ok(&json!({}))),
        ("perhaps ended", error(503, 14, "X")),
    ] {
        let api = Api::start().await;
        let provider = with(&api, |it| it.management("skc_1", "x"));
        let minute = Duration::from_secs(60);
        let refreshed = token(&provider, api.clock.now() + minute);
        let clock = api.clock.clone();
        let end = move |_: &Request| {
            clock.advance(minute);
            answer.clone()
        };
        api.at("POST", ALL, end).await;
        let _ = provider.end_sessions_of("usr_1").await;
        let revocations = provider.revocations().unwrap();
        assert!(revocations.check(&refreshed).is_err(), "{name}");
        let later = token(&provider, api.clock.now() + Duration::from_secs(6));
        assert!(revocations.check(&later).is_ok(), "{name}: the control");
    }
}

/// The client of the server that ends a session goes away.
#[tokio::test]
async fn a_call_that_is_dropped_is_not_left_half_done() {
    for all in [false, true] {
        let api = Api::start().await;
        let path = if all { ALL } else { ONE };
        api.at("POST", path, ok(&json!({}))).await;
        let provider = with(&api, |it| it.management("skc_1", "x"));
        {
            let mut context = Context::from_waker(Waker::noop());
            let mut call: Pin<Box<dyn Future<Output = _>>> = match all {
                false => Box::pin(provider.end_session("ses_1")),
                true => Box::pin(provider.end_sessions_of("usr_1")),
            };
            assert!(call.as_mut().poll(&mut context).is_pending());
            // Dropped here.
        }
        let ended = async {
            while api.count(path).await == 0 {
                tokio::task::yield_now().await;
            }
        };
        let limit = Duration::from_secs(10);
        tokio::time::timeout(limit, ended).await.expect("it ends");
        let token = token(&provider, api.clock.now());
        assert!(provider.revocations().unwrap().check(&token).is_err());
    }
}
