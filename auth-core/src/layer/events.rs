//! One event for each decision.

use super::evaluation::Evaluation;
use super::guard::Guard;
use crate::audit::{AuthDecision, AuthEvent, RequestRecord};
use crate::operation::Operation;
use crate::policy::Reported;
use crate::support::Clock;
use crate::token::VerifiedToken;
use crate::wire::Refusal;

/// How many operations of a batch an event names.
const MAX_OPERATIONS_TOLD: usize = 8;

impl Guard {
    /// One event for each decision.
    pub(super) fn record_decision(
        &self,
        decision: AuthDecision,
        evaluation: Evaluation,
        request: &RequestRecord,
    ) {
        let is_dry_run_refusal = evaluation.record.is_dry_run_refusal();
        if !self.recorder.wants(&decision, is_dry_run_refusal) {
            return;
        }
        let Reported { policies, dry_run } = evaluation.record.into_reported();
        let event = AuthEvent {
            at: evaluation.now,
            resource: self.recorder.resource(),
            method: request.method(),
            path: request.path(),
            decision,
            token: evaluation.token,
            operations: evaluation
                .operations
                .into_iter()
                .take(MAX_OPERATIONS_TOLD)
                .map(Operation::shortened)
                .collect(),
            policies,
            dry_run: dry_run.map(Refusal::from),
            request_id: request.request_id(),
            latency: self.clock.monotonic().saturating_sub(evaluation.begun),
            late: evaluation.late,
        };
        self.recorder.record(&event);
    }

    /// The event of a refusal after the request was forwarded.
    pub(super) fn record_late_refusal(
        &self,
        refusal: Refusal,
        caller: Option<&VerifiedToken>,
        request: &RequestRecord,
    ) {
        let evaluation = Evaluation {
            token: caller.cloned(),
            late: true,
            ..self.evaluation()
        };
        self.record_decision(AuthDecision::Refused(refusal), evaluation, request);
    }
}
