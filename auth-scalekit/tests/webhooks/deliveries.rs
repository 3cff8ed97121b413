//! Many deliveries: shuffled, repeated, forged and stale ones among them.

use std::time::Duration;

use auth_core::support::Clock;
use serde_json::Value;

use crate::samples;
use crate::stage::{OTHER_KEY, Stage, Webhook};

/// Numbers that are the same in every run (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }
}

/// An event with an effect, about one of a few parties.
fn event(number: usize, numbers: &mut Numbers, party: &str) -> Value {
    let types = [
        "user.logout",
        "user.organization_membership_deleted",
        "user.organization_membership_updated",
        "organization.deleted",
        "organization.directory.user_deleted",
        "organization.sso_disabled",
        "role.updated",
        "permission.deleted",
        "user.login",
    ];
    let mut event = samples::event(types[numbers.below(types.len())], &format!("evt_{number}"));
    let name = format!("{party}_{}", numbers.below(50));
    for pointer in [
        "/data/user_session/session_id",
        "/data/user/id",
        "/data/name",
        "/data/organization/id",
        "/data/organization_id",
        "/data/id",
    ] {
        if let Some(id) = event.pointer_mut(pointer) {
            *id = name.clone().into();
        }
    }
    let (hour, rest) = (number / 3600, number % 3600);
    let time = format!("2026-10-31T2{hour}:{:02}:{:02}Z", rest / 60, rest % 60);
    event["occurred_at"] = time.into();
    event
}

#[tokio::test]
async fn shuffled_repeated_and_forged_deliveries_have_the_effect_of_clean_ones() {
    const DELIVERIES: usize = 10_000;
    let mut numbers = Numbers(25);
    let (forged, repeated) = (DELIVERIES / 20, DELIVERIES / 10);
    let events = DELIVERIES - forged - repeated;
    let events: Vec<_> = (0..events)
        .map(|number| event(number, &mut numbers, "good"))
        .collect();

    let clean = Stage::new();
    for event in &events {
        assert_eq!(clean.send(event).await, 201);
    }

    let stage = Stage::new();
    let now = stage.clock.now();
    let mut deliveries: Vec<_> = events
        .iter()
        .map(|event| (Webhook::new(event, now), 201))
        .collect();
    for _ in 0..repeated {
        let again = deliveries[numbers.below(events.len())].clone();
        deliveries.push(again);
    }
    for number in 0..forged {
        let event = event(events.len() + number, &mut numbers, "evil");
        let webhook = Webhook::new(&event, now);
        deliveries.push(match number % 4 {
            0 => (webhook.signed(OTHER_KEY), 401),
            1 => (Webhook::new(&event, now - Duration::from_secs(301)), 400),
            2 => (Webhook::new(&event, now + Duration::from_secs(301)), 400),
            _ => {
                let body = webhook.body.replace("evil", "vile");
                (Webhook { body, ..webhook }, 401)
            }
        });
    }
    assert_eq!(deliveries.len(), DELIVERIES);
    for last in (1..deliveries.len()).rev() {
        deliveries.swap(last, numbers.below(last + 1));
    }
    for (webhook, status) in &deliveries {
        assert_eq!(stage.status(webhook.request()).await, *status);
    }
    let state = stage.revoked.state();
    assert_eq!(state, clean.revoked.state());
    let memory = stage.revoked.memory();
    assert_eq!(memory, clean.revoked.memory());
    assert_eq!(memory.len(), state.len());
    // Sessions, members, organizations, roles and permissions, of 50 names each.
    assert_eq!(state.len(), 250);
    assert!(!format!("{state:?}").contains("evil"));
    let counts = stage.service.counts();
    assert_eq!(counts.refused, forged as u64);
    let accepted = counts.stored + counts.repeated;
    assert_eq!(accepted, (DELIVERIES - forged) as u64);
}
