//! [`DecisionRecord`]: what authorizers report about one decision, for its audit event.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::not_authorized::NotAuthorized;

/// Most policies that an event names.
const MAX_POLICIES: usize = 32;

/// What authorizers report while one request is evaluated.
#[derive(Debug, Default)]
pub(crate) struct DecisionRecord(Mutex<Reported>);

#[derive(Debug, Default)]
pub(crate) struct Reported {
    /// The policies that decided, each once, in the order of the reports.
    pub(crate) policies: Vec<Box<str>>,
    /// What an authorizer in a dry run would have answered.
    pub(crate) dry_run: Option<NotAuthorized>,
}

impl DecisionRecord {
    pub(super) fn add_policy(&self, name: &str) {
        let mut reported = self.lock();
        let is_new = !reported.policies.iter().any(|known| **known == *name);
        if is_new && reported.policies.len() < MAX_POLICIES {
            reported.policies.push(name.into());
        }
    }

    /// Keeps the first refusal.
    pub(super) fn would_refuse(&self, refused: NotAuthorized) {
        self.lock().dry_run.get_or_insert(refused);
    }

    pub(crate) fn into_reported(self) -> Reported {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_dry_run_refusal(&self) -> bool {
        self.lock().dry_run.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Reported> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Denied;
    use std::time::Duration;

    #[test]
    fn each_policy_is_named_once_and_not_too_many() {
        let record = DecisionRecord::default();
        for name in ["a", "b", "a"] {
            record.add_policy(name);
        }
        assert_eq!(record.lock().policies, [Box::from("a"), "b".into()]);
        for index in 0..2 * MAX_POLICIES {
            record.add_policy(&index.to_string());
        }
        assert_eq!(record.into_reported().policies.len(), MAX_POLICIES);
    }

    #[test]
    fn the_first_refusal_of_a_dry_run_is_kept() {
        let record = DecisionRecord::default();
        assert!(!record.is_dry_run_refusal());
        record.would_refuse(NotAuthorized::RateLimited(Duration::ZERO));
        record.would_refuse(Denied::Forbidden("second".into()).into());
        assert!(record.is_dry_run_refusal());
        let reported = record.into_reported();
        assert!(matches!(
            reported.dry_run,
            Some(NotAuthorized::RateLimited(_))
        ));
    }
}
