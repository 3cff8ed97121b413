//! One event for each decision.

use super::evaluation::Facts;
use super::guard::Guard;
use crate::audit::{AuthEvent, Outcome, RequestRecord};
use crate::operation::Operation;
use crate::support::Clock;
use crate::token::AccessToken;
use crate::wire::Refusal;

/// How many operations of a batch are told.
const MAX_OPERATIONS_TOLD: usize = 8;

impl Guard {
    /// One event for each decision.
    pub(super) fn tell(&self, outcome: Outcome, facts: Facts, request: &RequestRecord) {
        if !self.recorder.wants(&outcome) {
            return;
        }
        let event = AuthEvent {
            at: facts.now,
            resource: self.recorder.resource(),
            method: request.method(),
            path: request.path(),
            outcome,
            token: facts.token,
            operations: facts
                .operations
                .into_iter()
                .take(MAX_OPERATIONS_TOLD)
                .map(Operation::shortened)
                .collect(),
            request_id: request.request_id(),
            latency: self.clock.monotonic().saturating_sub(facts.begun),
            late: facts.late,
        };
        self.recorder.record(&event);
    }

    /// The event of a refusal that comes after the request went on.
    pub(super) fn tell_late(
        &self,
        refusal: Refusal,
        caller: Option<&AccessToken>,
        request: &RequestRecord,
    ) {
        let facts = Facts {
            token: caller.cloned(),
            late: true,
            ..self.facts()
        };
        self.tell(Outcome::Refused(refusal), facts, request);
    }
}
