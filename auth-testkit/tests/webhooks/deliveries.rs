//! What is sent, and to whom.

use std::time::SystemTime;

use auth_core::support::Clock;
use auth_testkit::webhooks::{DeliveryMode, DeliveryState};
use auth_testkit::{EventDraft, EventType, MockScalekit};

use crate::receiver::{Receiver, Setup};

#[tokio::test]
async fn an_event_is_posted_and_signed() {
    let setup = Setup::start().await;
    let id = setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    setup.scalekit.webhooks().idle().await;
    let received = setup.receiver.only();
    let event = received.event();
    assert_eq!(event["id"], id.as_str());
    let digits = id.strip_prefix("evt_").unwrap();
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(received.header("content-type"), "application/json");
    assert!(received.header("webhook-id").starts_with("msg_"));
    let now = setup
        .clock
        .now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    assert_eq!(
        received.header("webhook-timestamp"),
        now.as_secs().to_string()
    );
    assert!(received.is_signed_with(&setup.secret));
    let [delivery] = <[_; 1]>::try_from(setup.scalekit.webhooks().deliveries()).unwrap();
    assert_eq!(
        (delivery.event, delivery.event_type),
        (id, EventType::RoleUpdated)
    );
    assert_eq!(
        (delivery.url, delivery.mode),
        (setup.receiver.url.clone(), DeliveryMode::InOrder)
    );
    assert_eq!(delivery.webhook_id, received.header("webhook-id"));
    assert_eq!(delivery.state, DeliveryState::Success);
    assert_eq!(delivery.attempts[0].status, Some(201));
    assert_eq!(delivery.attempts[0].at, setup.clock.now());
}

#[tokio::test]
async fn events_come_in_their_order() {
    let setup = Setup::start().await;
    let mut made = Vec::new();
    for _ in 0..100 {
        made.push(
            setup
                .scalekit
                .admin()
                .make_event(EventDraft::new(EventType::RoleUpdated)),
        );
    }
    setup.scalekit.webhooks().idle().await;
    assert_eq!(setup.receiver.events(), made);
}

#[tokio::test]
async fn each_endpoint_gets_each_event_with_its_secret() {
    let setup = Setup::start().await;
    let other = Receiver::start().await;
    let others = auth_testkit::webhooks::WebhookSecret::generate();
    setup.scalekit.webhooks().add(&other.url, [others.clone()]);
    setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    setup.scalekit.webhooks().idle().await;
    let (first, second) = (setup.receiver.only(), other.only());
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    for (received, own, foreign) in [
        (first, &setup.secret, &others),
        (second, &others, &setup.secret),
    ] {
        assert!(received.is_signed_with(own) && !received.is_signed_with(foreign));
    }
    setup.scalekit.webhooks().remove(&other.url);
    setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    setup.scalekit.webhooks().idle().await;
    assert_eq!(
        (setup.receiver.received().len(), other.received().len()),
        (2, 1)
    );
}

#[tokio::test]
async fn an_event_of_any_time_is_delivered_again_and_keeps_its_ids() {
    let scalekit = MockScalekit::start().await;
    let before = scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleDeleted));
    let setup = Setup::with(scalekit, auth_testkit::TestClock::new()).await;
    let after = setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    let webhooks = setup.scalekit.webhooks();
    webhooks.redeliver(&after, DeliveryMode::InOrder);
    webhooks.redeliver(&before, DeliveryMode::InOrder);
    webhooks.idle().await;
    assert_eq!(setup.receiver.events(), [after.as_str(), &after, &before]);
    let received = setup.receiver.received();
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(
        received[0].header("webhook-id"),
        received[1].header("webhook-id")
    );
    assert_ne!(
        received[1].header("webhook-id"),
        received[2].header("webhook-id")
    );
}

#[tokio::test]
#[should_panic(expected = "no event has the id evt_1")]
async fn an_unknown_event_is_not_delivered() {
    let setup = Setup::start().await;
    setup
        .scalekit
        .webhooks()
        .redeliver("evt_1", DeliveryMode::InOrder);
}
