//! Secrets are rotated, and shown nowhere.

use std::time::Duration;

use auth_testkit::webhooks::WebhookSecret;
use auth_testkit::{EventDraft, EventType};

use crate::receiver::Setup;

#[tokio::test]
async fn during_a_rotation_each_secret_has_its_signature() {
    let setup = Setup::start().await;
    let (old, new) = (&setup.secret, WebhookSecret::generate());
    let webhooks = setup.scalekit.webhooks();
    let url = &setup.receiver.url;
    let send = async || {
        setup
            .scalekit
            .admin()
            .make_event(EventDraft::new(EventType::RoleUpdated));
        webhooks.idle().await;
        setup.receiver.received().pop().unwrap()
    };
    let before = send().await;
    assert!(before.is_signed_with(old) && !before.is_signed_with(&new));
    webhooks.rotate(url, [new.clone(), old.clone()]);
    let during = send().await;
    assert!(during.is_signed_with(old) && during.is_signed_with(&new));
    assert_eq!(during.header("webhook-signature").split(' ').count(), 2);
    webhooks.rotate(url, [new.clone()]);
    let after = send().await;
    assert!(!after.is_signed_with(old) && after.is_signed_with(&new));
}

#[tokio::test]
async fn a_retry_is_signed_with_the_secret_of_its_time() {
    let setup = Setup::start().await;
    let webhooks = setup.scalekit.webhooks();
    setup.receiver.answer([500]);
    setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    webhooks.idle().await;
    let new = WebhookSecret::generate();
    webhooks.rotate(&setup.receiver.url, [new.clone()]);
    setup.clock.advance(Duration::from_secs(5));
    webhooks.idle().await;
    assert!(setup.receiver.received()[0].is_signed_with(&setup.secret));
    assert!(setup.receiver.received()[1].is_signed_with(&new));
}

#[tokio::test]
async fn secrets_are_in_no_debug_output_and_no_error() {
    let setup = Setup::start().await;
    setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    setup.scalekit.webhooks().idle().await;
    let webhooks = setup.scalekit.webhooks();
    let shown = format!(
        "{:?} {webhooks:?} {:?} {:?} {}",
        setup.secret,
        webhooks.deliveries(),
        setup.scalekit,
        setup.scalekit.transcript(),
    );
    let secret = setup.secret.expose().strip_prefix("whsec_").unwrap();
    assert!(
        !shown.contains(secret) && !shown.contains("whsec_"),
        "{shown}"
    );
    let bad = "whsec_tooshort".parse::<WebhookSecret>().unwrap_err();
    assert_eq!(
        bad.to_string(),
        "expected whsec_ and 24 to 64 bytes in base64"
    );
}
