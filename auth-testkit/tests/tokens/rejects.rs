//! What the check of all defects says, and to whom.

use auth_testkit::{Defect, MockScalekit};
use serde_json::Value;

use crate::support::{jwks, look, verifies};

#[tokio::test]
async fn who_refuses_what_differs_from_the_control_passes() {
    let scalekit = MockScalekit::start().await;
    let control = scalekit.token();
    let good = control.sign();
    let mut shown = 0;
    control
        .check_rejects_all_defects(async |jwt| {
            shown += 1;
            jwt == good
        })
        .await;
    assert_eq!(shown, Defect::all().len() + 2);
}

#[tokio::test]
#[should_panic(expected = "the valid token was refused, so refusing invalid ones proves nothing")]
async fn who_refuses_everything_does_not() {
    let scalekit = MockScalekit::start().await;
    scalekit
        .token()
        .check_rejects_all_defects(async |_| false)
        .await;
}

#[tokio::test]
#[should_panic(
    expected = "the valid token was accepted before the invalid ones and refused after them"
)]
async fn who_locks_the_good_one_out_does_not() {
    let scalekit = MockScalekit::start().await;
    let mut calls = 0;
    let once = async |_| {
        calls += 1;
        calls == 1
    };
    scalekit.token().check_rejects_all_defects(once).await;
}

/// The text that people read when their verifier falls short, of one that looks at the signature
/// and nothing else.
#[tokio::test]
async fn the_message_names_each_defect_that_was_accepted_with_its_rule() {
    let message = message_of(&[Defect::WrongKey]).await;
    assert!(message.starts_with(&format!("of {} invalid tokens:\n", Defect::all().len())));
    assert!(message.contains("\n  expired (RFC 7519 section 4.1.4) was accepted\n"));
    assert!(message.contains("\n  wrong-audience (RFC 7519 section 4.1.3) was accepted\n"));
    assert!(
        message.contains(
            "\n  wrong-key (RFC 7515 section 5.2) was refused, so it needs no exception\n"
        )
    );
    assert!(!message.contains("corrupt-signature"));
    assert!(!message.contains("eyJ"), "no token is in the message");
}

async fn message_of(exceptions: &'static [Defect]) -> String {
    let scalekit = MockScalekit::start().await;
    let keys: Value = jwks(&scalekit).await;
    let control = scalekit.token();
    let local = tokio::task::LocalSet::new();
    let failed = local.spawn_local(async move {
        control
            .check_rejects_all_defects_except(exceptions, async |jwt| {
                std::panic::catch_unwind(|| look(&jwt).0["alg"] == "RS256" && verifies(&jwt, &keys))
                    .unwrap_or(false)
            })
            .await;
    });
    local.await;
    let panic = failed.await.unwrap_err().into_panic();
    panic.downcast_ref::<String>().unwrap().clone()
}
