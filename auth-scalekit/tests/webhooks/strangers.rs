//! Strangers leave nothing behind.

use auth_core::support::Clock;
use http::Request;

use crate::logged;
use crate::samples;
use crate::stage::{OTHER_KEY, Stage, Webhook};

#[tokio::test]
async fn ten_thousand_requests_of_strangers_leave_nothing() {
    logged::begin();
    let stage = Stage::new();
    for number in 0..10_000_u32 {
        let event = samples::event("user.logout", &format!("evt_{number}"));
        let now = stage.clock.now();
        let webhook = Webhook {
            id: format!("msg_of_{number}"),
            ..Webhook::new(&event, now)
        };
        let unsigned = webhook.clone();
        let request = match number % 5 {
            0 => Request::post("/").body(event.to_string()).unwrap(),
            1 => unsigned.request(),
            2 => webhook.signed(OTHER_KEY).request(),
            3 => Webhook {
                signatures: "v1,".to_owned() + &"A".repeat(43) + "=",
                ..webhook
            }
            .request(),
            _ => webhook.builder().method("GET").body(String::new()).unwrap(),
        };
        let status = stage.status(request).await;
        assert!([400, 401, 405].contains(&status), "{number}: {status}");
    }
    assert!(stage.revoked.state().is_empty());
    assert_eq!(
        format!("{:?}", stage.processed.keys),
        "MemoryIdempotency { keys: 0 }"
    );
    let counts = stage.service.counts();
    assert_eq!(counts.refused, 10_000);
    assert_eq!((counts.stored, counts.malformed, counts.failed), (0, 0, 0));
    assert_eq!(logged::text(), "", "at level info");
    let known = samples::event("user.logout", "evt_1");
    assert_eq!(stage.send(&known).await, 201, "their ids are not used up");
    assert_eq!(stage.revoked.targets().len(), 1);
}
