//! The ways to deliver an event, each beside the usual one.

use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use auth_testkit::webhooks::{DeliveryMode, DeliveryState};
use auth_testkit::{EventDraft, EventType};

use crate::receiver::{Received, Setup};

/// What makes an attempt good, as a receiver has to check it.
fn faults(received: &Received, setup: &Setup) -> Vec<&'static str> {
    let timestamp: u64 = received.header("webhook-timestamp").parse().unwrap();
    let now = setup
        .clock
        .now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut faults = Vec::new();
    if !received.is_signed_with(&setup.secret) {
        faults.push("signature");
    }
    if now.abs_diff(timestamp) > 300 {
        faults.push(if timestamp < now { "stale" } else { "future" });
    }
    if received.event().get("altered").is_some() {
        faults.push("body");
    }
    faults
}

#[tokio::test]
async fn what_is_not_genuine_has_its_fault_and_comes_once() {
    for mode in DeliveryMode::all() {
        let expected: &[&str] = match mode {
            DeliveryMode::ForgedSignature | DeliveryMode::WrongSecret => &["signature"],
            DeliveryMode::StaleTimestamp => &["stale"],
            DeliveryMode::FutureTimestamp => &["future"],
            DeliveryMode::AlteredBody => &["signature", "body"],
            _ => continue,
        };
        assert!(!mode.is_genuine(), "{mode}");
        let setup = Setup::start().await;
        let webhooks = setup.scalekit.webhooks();
        let draft = || EventDraft::new(EventType::RoleUpdated);
        let control = setup.scalekit.admin().make_event(draft());
        webhooks.deliver(mode);
        setup.receiver.answer([201, 401]);
        let bad = setup.scalekit.admin().make_event(draft());
        webhooks.idle().await;
        setup.clock.advance(Duration::from_secs(86_400));
        webhooks.idle().await;
        setup
            .clock
            .set(setup.clock.now() - Duration::from_secs(86_400));
        let received = setup.receiver.received();
        assert_eq!(setup.receiver.events(), [control.as_str(), &bad], "{mode}");
        assert_eq!(faults(&received[0], &setup), [""; 0], "{mode}");
        assert_eq!(faults(&received[1], &setup), expected, "{mode}");
        let deliveries = webhooks.deliveries();
        assert_eq!(deliveries[1].mode, mode);
        assert_eq!(deliveries[1].state, DeliveryState::Failed, "{mode}");
        assert_eq!(deliveries[1].attempts[0].status, Some(401));
    }
}

#[tokio::test]
async fn late_is_after_its_time_and_freshly_signed() {
    let setup = Setup::start().await;
    let webhooks = setup.scalekit.webhooks();
    webhooks.deliver(DeliveryMode::Late(Duration::from_secs(3600)));
    let occurred = setup.clock.now();
    setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    for (advanced, count) in [(0, 0), (3599, 0), (1, 1)] {
        setup.clock.advance(Duration::from_secs(advanced));
        webhooks.idle().await;
        assert_eq!(setup.receiver.received().len(), count, "{advanced}");
    }
    let received = setup.receiver.only();
    assert_eq!(faults(&received, &setup), [""; 0]);
    let said = received.event()["occurred_at"].as_str().unwrap().to_owned();
    assert_eq!(humantime::parse_rfc3339(&said).unwrap(), occurred);
}

#[tokio::test]
async fn twice_is_the_same_twice() {
    let setup = Setup::start().await;
    setup.scalekit.webhooks().deliver(DeliveryMode::Twice);
    setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    setup.scalekit.webhooks().idle().await;
    let [first, second] = <[Received; 2]>::try_from(setup.receiver.received()).unwrap();
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
    let [delivery] = <[_; 1]>::try_from(setup.scalekit.webhooks().deliveries()).unwrap();
    let statuses: Vec<_> = delivery
        .attempts
        .iter()
        .map(|attempt| attempt.status)
        .collect();
    assert_eq!(
        (delivery.state, statuses),
        (DeliveryState::Success, vec![Some(201); 2])
    );
}

#[tokio::test]
async fn shuffled_is_held_back_and_then_in_the_order_of_the_seed() {
    let mut orders = Vec::new();
    for seed in [7, 7, 8] {
        let setup = Setup::start().await;
        let webhooks = setup.scalekit.webhooks();
        webhooks.deliver(DeliveryMode::Shuffled(seed));
        let mut made = Vec::new();
        for _ in 0..20 {
            made.push(
                setup
                    .scalekit
                    .admin()
                    .make_event(EventDraft::new(EventType::RoleUpdated)),
            );
        }
        webhooks.idle().await;
        assert_eq!(setup.receiver.received().len(), 0);
        assert_eq!(webhooks.deliveries()[0].state, DeliveryState::Held);
        assert_eq!(webhooks.release(), 20);
        webhooks.idle().await;
        let events = setup.receiver.events();
        let places = events
            .iter()
            .map(|id| made.iter().position(|made| made == id).unwrap());
        orders.push(places.collect::<Vec<_>>());
        assert_eq!(webhooks.release(), 0);
    }
    let mut sorted = orders[0].clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    assert_ne!(orders[0], sorted);
    assert_eq!(orders[0], orders[1]);
    assert_ne!(orders[0], orders[2]);
}

#[tokio::test]
async fn never_is_not_sent_until_it_is_delivered_again() {
    let setup = Setup::start().await;
    let webhooks = setup.scalekit.webhooks();
    webhooks.deliver(DeliveryMode::Never);
    let id = setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    webhooks.idle().await;
    setup.clock.advance(Duration::from_secs(86_400));
    webhooks.idle().await;
    assert_eq!(setup.receiver.received().len(), 0);
    assert_eq!(webhooks.deliveries()[0].state, DeliveryState::Withheld);
    webhooks.redeliver(&id, DeliveryMode::InOrder);
    webhooks.idle().await;
    assert_eq!(setup.receiver.events(), [id]);
}
