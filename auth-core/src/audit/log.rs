//! Events as `tracing` tells them.
//!
//! Target `auth`; fields `outcome`, `reason`, `error`, `subject`, `client_id`, `organization`,
//! `operation`, `request_id`, `latency_us`, and `late` where the request had been admitted before. Admitted requests at `DEBUG`, refusals at `INFO`, what
//! the server's owner should know of (an outage, a refusal of a well-meant request) at `WARN`.

use tracing::field::Empty;

use super::{AuthEvent, Outcome};
use crate::error::UnavailableReason;
use crate::error_chain::ErrorChain;
use crate::refusal::Refusal;

/// The target that filters go by.
const TARGET: &str = "auth";

pub(crate) fn log(event: &AuthEvent) {
    /// One set of fields for all levels, which must be constants.
    macro_rules! event {
        ($level:ident, $message:literal, $error:expr) => {{
            let token = event.token.as_ref();
            tracing::$level!(
                target: TARGET,
                outcome = event.outcome.as_str(),
                reason = match &event.outcome {
                    Outcome::Refused(refusal) => refusal.reason(),
                    Outcome::Admitted | Outcome::Public => None,
                },
                error = $error,
                subject = token.map(|token| token.subject()),
                client_id = token.and_then(|token| token.client_id()),
                organization = token.and_then(|token| token.organization()),
                operation = operations(event),
                request_id = event.request_id.as_deref(),
                latency_us = u64::try_from(event.latency.as_micros()).unwrap_or(u64::MAX),
                late = event.late.then_some(true),
                $message
            );
        }};
    }
    match &event.outcome {
        Outcome::Admitted | Outcome::Public => event!(debug, "request admitted", Empty),
        Outcome::Refused(Refusal::InvalidToken(invalid)) => {
            event!(info, "request refused", display(ErrorChain(invalid)));
        }
        // Anybody can name a key that does not exist, so that one is no warning.
        Outcome::Refused(Refusal::Unavailable(unavailable)) => match unavailable.reason() {
            UnavailableReason::UnknownKey => {
                event!(info, "request refused", display(ErrorChain(unavailable)));
            }
            UnavailableReason::Outage => {
                event!(warn, "request refused", display(ErrorChain(unavailable)));
            }
        },
        Outcome::Refused(refusal) => {
            event!(info, "request refused", display(ErrorChain(refusal)));
        }
    }
}

/// All of them in one text; `None` when there are none.
fn operations(event: &AuthEvent) -> Option<String> {
    let texts: Vec<_> = event.operations.iter().map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}
