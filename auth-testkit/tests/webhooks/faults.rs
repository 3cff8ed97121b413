//! Faults and gates of the sender.

use std::time::Duration;

use auth_testkit::webhooks::DeliveryState;
use auth_testkit::{Endpoint, EventDraft, EventType, Fault};

use crate::receiver::Setup;

const SENDER: Endpoint = Endpoint::WebhookDelivery;

#[tokio::test]
async fn a_status_stands_for_the_answer_and_a_lost_one_for_none() {
    for (fault, is_received, status) in [
        (Fault::Status(500), false, Some(500)),
        (Fault::Status(429), false, Some(429)),
        (Fault::Close, true, None),
        (Fault::Reset, true, None),
    ] {
        let setup = Setup::start().await;
        let webhooks = setup.scalekit.webhooks();
        let outage = setup.scalekit.fail(SENDER, fault.clone()).times(1);
        setup
            .scalekit
            .admin()
            .make_event(EventDraft::new(EventType::RoleUpdated));
        webhooks.idle().await;
        assert_eq!(
            setup.receiver.received().len(),
            usize::from(is_received),
            "{fault:?}"
        );
        let delivery = &webhooks.deliveries()[0];
        assert_eq!(delivery.state, DeliveryState::Retrying);
        assert_eq!(delivery.attempts[0].status, status);
        drop(outage);
        setup.clock.advance(Duration::from_secs(5));
        webhooks.idle().await;
        assert_eq!(
            setup.receiver.received().len(),
            usize::from(is_received) + 1
        );
        assert_eq!(webhooks.deliveries()[0].state, DeliveryState::Success);
    }
}

#[tokio::test]
async fn requests_are_delayed_and_held() {
    let setup = Setup::start().await;
    let webhooks = setup.scalekit.webhooks();
    let gate = setup.scalekit.hold(SENDER);
    setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    gate.reached_by(1).await;
    assert_eq!(setup.receiver.received().len(), 0);
    let slow = setup
        .scalekit
        .fail(SENDER, Fault::Delay(Duration::from_secs(60)));
    gate.release();
    let moved = async {
        while slow.hits() == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(setup.receiver.received().len(), 0);
        setup.clock.advance(Duration::from_secs(60));
    };
    tokio::join!(moved, webhooks.idle());
    assert_eq!(setup.receiver.received().len(), 1);
}
