//! A processor for the tokens of a provider.

use std::sync::Arc;
use std::time::Duration;

use auth_core::provider::AuthProvider;
use auth_core::revocation::{MemoryRevocations, RevocationTarget as Target};
use auth_core::support::Clock;
use auth_core::token::VerifiedToken;
use auth_scalekit::ScalekitProvider;
use auth_scalekit::webhooks::{EventProcessor, Processed, WebhookEvent};
use auth_testkit::TestClock;

use crate::samples;
use crate::stage::sample_time;

fn provider(clock: &TestClock) -> ScalekitProvider {
    let url = "https://acme.scalekit.com";
    ScalekitProvider::builder(url, "res_1", "http://localhost:8000/mcp")
        .clock(clock.clone())
        .build()
        .unwrap()
}

#[tokio::test]
async fn what_its_events_revoke_the_provider_refuses() {
    let clock = TestClock::at(sample_time() + Duration::from_secs(60));
    let (concerned, other) = (provider(&clock), provider(&clock));
    let token = VerifiedToken::assertion(
        concerned.environment_url(),
        "usr_1",
        clock.now() + Duration::from_secs(600),
    )
    .with_issued_at(clock.now())
    .with_session_id("ses_1");
    let is_refused =
        |provider: &ScalekitProvider| provider.revocations().unwrap().check(&token).is_err();
    assert!(!is_refused(&concerned), "the control");
    let event = samples::event("user.logout", "evt_1").to_string();
    let event = WebhookEvent::parse(event.as_bytes()).unwrap();
    let processor = EventProcessor::of(&concerned).build().unwrap();
    assert_eq!(processor.process(&event).await.unwrap(), Processed::Now);
    assert!(is_refused(&concerned));
    assert!(!is_refused(&other), "the control: of another store");
}

/// An event with a later time takes effect now, by the clock of the provider.
#[tokio::test]
async fn the_clock_is_that_of_the_provider() {
    let clock = TestClock::at(sample_time() - Duration::from_secs(3600));
    let store = Arc::new(MemoryRevocations::with_clock(clock.clone()));
    let url = "https://acme.scalekit.com";
    let provider = ScalekitProvider::builder(url, "res_1", "http://localhost:8000/mcp")
        .clock(clock.clone())
        .revocations(Arc::clone(&store))
        .build()
        .unwrap();
    let event = samples::event("user.organization_membership_deleted", "evt_1").to_string();
    let event = WebhookEvent::parse(event.as_bytes()).unwrap();
    let processor = EventProcessor::of(&provider).build().unwrap();
    processor.process(&event).await.unwrap();
    let revoked = store.to_vec();
    assert_eq!(revoked.len(), 1);
    assert_eq!(*revoked[0].target(), Target::member("usr_1", "org_1"));
    // The clock has whole seconds.
    let at = clock.now() + Duration::from_nanos(999_999_999);
    assert_eq!(revoked[0].at(), at);
}
