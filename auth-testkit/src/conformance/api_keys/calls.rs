//! Rules about how often the API is called.

use auth_core::provider::AuthProvider;
use tokio::task::JoinHandle;

use crate::conformance::harness::{Harness, first_answer};
use crate::conformance::verdict::Verdict;
use crate::fault::Gate;
use crate::{Defect, Endpoint};

impl<P: AuthProvider> Harness<P> {
    /// How often the API was asked about a key.
    pub(super) fn calls(&self) -> usize {
        self.scalekit.requests(Endpoint::ValidateApiKey).len()
    }

    /// Asks this number of times at once about a new key, and returns when the API is called, whose answer is held
    /// back until the gate is released.
    ///
    /// # Errors
    ///
    /// What was seen when the provider answers without a call.
    async fn calling(&self, callers: usize) -> Result<Calling, String> {
        let key = self.key().expose().to_owned();
        let gate = self.scalekit.hold(Endpoint::ValidateApiKey);
        let asked = (0..callers).map(|_| self.ask(key.clone()));
        let mut asked: Vec<_> = asked.collect();
        match first_answer(&gate, &mut asked).await {
            None => Ok(Calling { key, gate, asked }),
            Some(verdict) => {
                asked.iter().for_each(JoinHandle::abort);
                let described = verdict.described();
                Err(format!(
                    "a valid key {described}, and the provider has not called the API"
                ))
            }
        }
    }
}

/// Callers who wait while the API is called.
struct Calling {
    key: String,
    gate: Gate,
    asked: Vec<JoinHandle<Verdict>>,
}

/// Leaves time for callers that would call again.
async fn wait_for_others() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

pub(super) async fn calls_once_for_many<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let before = harness.calls();
    let Calling { gate, asked, .. } = harness.calling(50).await?;
    wait_for_others().await;
    gate.release();
    for asked in asked {
        match asked.await {
            Ok(Verdict::Accepted(_)) => {}
            Ok(other) => {
                let described = other.described();
                return Err(format!("one of fifty callers with a valid key {described}"));
            }
            Err(_) => return Err("one of fifty callers made the provider panic".to_owned()),
        }
    }
    match harness.calls() - before {
        1 => Ok(()),
        calls => Err(format!(
            "fifty callers with the same key caused {calls} calls of the API"
        )),
    }
}

/// Keys that an attacker has invented.
const INVENTED: usize = 500;

pub(super) async fn bounds_forced_calls<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let known = harness.key();
    harness.accept("a valid key", known.expose().into()).await?;
    let before = harness.calls();
    for number in 0..INVENTED {
        harness
            .refuse("an unknown key", format!("{number:050}"))
            .await?;
    }
    let calls = harness.calls() - before;
    let what = "a key that was accepted before, after 500 unknown ones,";
    harness.accept(what, known.expose().into()).await?;
    match calls <= INVENTED / 2 {
        true => Ok(()),
        false => Err(format!(
            "500 unknown keys in a minute caused {calls} calls of the API"
        )),
    }
}

pub(super) async fn calls_nothing_for_garbage<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    harness.accept_control_key().await?;
    let before = harness.calls();
    let token = harness.good().with(Defect::WrongAudience).sign();
    for (what, garbage) in [
        ("a JWT for another resource", token),
        ("three parts", "a.b.c".to_owned()),
        ("bytes that no key has", "a~b+c".repeat(10)),
        ("60 KB", "x".repeat(60_000)),
        ("a short string", "garbage".to_owned()),
    ] {
        harness.refuse(what, garbage).await?;
    }
    match harness.calls() - before {
        0 => Ok(()),
        calls => Err(format!(
            "strings that cannot be keys caused {calls} calls of the API"
        )),
    }
}

pub(super) async fn survives_cancelled_callers<P: AuthProvider>(
    harness: &Harness<P>,
) -> Result<(), String> {
    let Calling { key, gate, asked } = harness.calling(1).await?;
    asked.iter().for_each(JoinHandle::abort);
    let second = harness.ask(key);
    // The second may have joined the first one's call or not.
    wait_for_others().await;
    gate.release();
    match second.await {
        Ok(Verdict::Accepted(_)) => Ok(()),
        Ok(other) => Err(format!(
            "after a caller had gone in the middle of a call, a valid key {}",
            other.described()
        )),
        Err(_) => Err("a caller that went away made the provider panic".to_owned()),
    }
}
