//! What is not answered with 2xx comes again, as the schedule and the clock have it.

use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use auth_testkit::webhooks::DeliveryState;
use auth_testkit::{EventDraft, EventType};
use tokio::net::TcpListener;

use crate::receiver::Setup;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn it_comes_again_at_the_times_of_the_schedule() {
    let setup = Setup::start().await;
    let webhooks = setup.scalekit.webhooks();
    setup.receiver.answer([500; 8]);
    let id = setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    webhooks.idle().await;
    let waits = [5, 300, 1800, 7200, 18_000, 36_000, 36_000];
    for (before, wait) in waits.into_iter().enumerate() {
        assert_eq!(setup.receiver.received().len(), before + 1);
        assert_eq!(webhooks.deliveries()[0].state, DeliveryState::Retrying);
        setup.clock.advance(Duration::from_secs(wait) - SECOND);
        webhooks.idle().await;
        assert_eq!(
            setup.receiver.received().len(),
            before + 1,
            "not before {wait} s"
        );
        setup.clock.advance(SECOND);
        webhooks.idle().await;
    }
    setup.clock.advance(Duration::from_secs(1_000_000));
    webhooks.idle().await;
    let received = setup.receiver.received();
    assert_eq!(received.len(), 8, "and then no more");
    assert_eq!(webhooks.deliveries()[0].state, DeliveryState::Failed);
    for attempt in &received {
        assert_eq!(attempt.event()["id"], id.as_str());
        assert_eq!(
            attempt.header("webhook-id"),
            received[0].header("webhook-id")
        );
        assert!(attempt.is_signed_with(&setup.secret));
    }
    // Each attempt is signed with its own time.
    let timestamps: Vec<u64> = received
        .iter()
        .map(|one| one.header("webhook-timestamp").parse().unwrap())
        .collect();
    let between: Vec<u64> = timestamps
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .collect();
    assert_eq!(between, waits);
}

#[tokio::test]
async fn statuses_other_than_2xx_are_failures_and_a_later_2xx_heals_them() {
    for (status, is_success) in [
        (200, true),
        (204, true),
        (302, false),
        (400, false),
        (429, false),
        (503, false),
    ] {
        let setup = Setup::start().await;
        let webhooks = setup.scalekit.webhooks();
        setup.receiver.answer([status]);
        setup
            .scalekit
            .admin()
            .make_event(EventDraft::new(EventType::RoleUpdated));
        webhooks.idle().await;
        setup.clock.advance(5 * SECOND);
        webhooks.idle().await;
        let delivery = &webhooks.deliveries()[0];
        let statuses: Vec<_> = delivery
            .attempts
            .iter()
            .map(|attempt| attempt.status)
            .collect();
        let expected = match is_success {
            true => vec![Some(status)],
            false => vec![Some(status), Some(201)],
        };
        assert_eq!(
            (delivery.state, statuses),
            (DeliveryState::Success, expected)
        );
    }
}

#[tokio::test]
async fn a_failure_does_not_hold_up_what_follows() {
    let setup = Setup::start().await;
    setup.receiver.answer([500]);
    setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleDeleted));
    setup.scalekit.webhooks().idle().await;
    setup.clock.advance(5 * SECOND);
    setup.scalekit.webhooks().idle().await;
    assert_eq!(
        setup.receiver.types(),
        ["role.updated", "role.deleted", "role.updated"]
    );
}

#[tokio::test]
async fn a_receiver_that_is_not_there_or_does_not_answer_is_a_failure() {
    let setup = Setup::start().await;
    let webhooks = setup.scalekit.webhooks();
    webhooks.remove(&setup.receiver.url);
    webhooks.schedule([Duration::ZERO]);
    // It accepts, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    for address in [gone, silent.local_addr().unwrap()] {
        let url = format!("http://{address}/hook");
        webhooks.add(&url, [setup.secret.clone()]);
        setup
            .scalekit
            .admin()
            .make_event(EventDraft::new(EventType::RoleUpdated));
        if address == silent.local_addr().unwrap() {
            let (_stream, _) = silent.accept().await.unwrap();
            setup.clock.advance(10 * SECOND);
            webhooks.idle().await;
        }
        webhooks.idle().await;
        let delivery = webhooks.deliveries().pop().unwrap();
        assert_eq!(delivery.state, DeliveryState::Failed, "{address}");
        assert_eq!(delivery.attempts[0].status, None);
        webhooks.remove(&url);
    }
}

#[tokio::test]
async fn a_wall_clock_that_is_set_makes_due_what_it_passes() {
    let setup = Setup::start().await;
    let webhooks = setup.scalekit.webhooks();
    setup.receiver.answer([500]);
    setup
        .scalekit
        .admin()
        .make_event(EventDraft::new(EventType::RoleUpdated));
    webhooks.idle().await;
    let later: SystemTime = setup.clock.now() + 5 * SECOND;
    setup.clock.set_wall_clock(later);
    webhooks.idle().await;
    assert_eq!(setup.receiver.received().len(), 2);
}
