//! The process dies between the receipt of a webhook and its answer, at each place where it waits.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use auth_core::revocation::RevocationTarget as Target;
use auth_core::support::async_trait;
use auth_core::verifier::Unavailable;
use auth_scalekit::webhooks::UserLookup;
use tower::ServiceExt;

use crate::processing::Handler;
use crate::samples;
use crate::stage::Stage;

/// Waits for a network.
#[derive(Debug)]
struct Lookup;

#[async_trait]
impl UserLookup for Lookup {
    async fn subjects(&self, _: &str, _: &str) -> Result<Vec<String>, Unavailable> {
        tokio::task::yield_now().await;
        Ok(vec!["usr_1".into()])
    }
}

#[tokio::test]
async fn the_next_delivery_heals_an_interruption_anywhere() {
    let event = samples::event("organization.directory.user_deleted", "evt_1");
    let expected = [Target::member("usr_1", "org_1")];
    let (mut interrupted, mut answered) = (0, 0);
    for polls in 0..100 {
        let handler = Arc::new(Handler::default());
        let stage = Stage::with(|builder| builder.lookup(Lookup).handler(Arc::clone(&handler)));
        let is_answered = {
            let request = stage.webhook(&event).request();
            let mut call = pin!(stage.service.clone().oneshot(request));
            let mut context = Context::from_waker(Waker::noop());
            (0..polls).any(|_| match call.as_mut().poll(&mut context) {
                Poll::Ready(response) => {
                    assert_eq!(response.unwrap().status(), 201, "{polls}");
                    true
                }
                Poll::Pending => false,
            })
            // Dropped here.
        };
        if is_answered {
            answered += 1;
            assert_eq!(stage.revoked.targets(), expected, "201 means stored");
            assert_eq!(handler.handled.load(Ordering::SeqCst), 1);
        } else {
            interrupted += 1;
            let again = stage.send(&event).await;
            assert!([201, 503].contains(&again), "{polls}: {again}");
        }
        // The lease ends, and the sender tries again.
        stage.clock.advance(Duration::from_secs(30));
        assert_eq!(stage.send(&event).await, 201, "{polls}");
        assert_eq!(stage.revoked.targets(), expected, "{polls}");
        let handled = handler.handled.load(Ordering::SeqCst);
        assert!((1..=2).contains(&handled), "{polls}: {handled}");
        // From now on it is done.
        assert_eq!(stage.send(&event).await, 201, "{polls}");
        assert_eq!(handler.handled.load(Ordering::SeqCst), handled, "{polls}");
    }
    assert!(interrupted >= 8, "{interrupted} places");
    assert!(answered > 0);
}
