//! [`ScalekitKeys`]: Scalekit, asked about one key.

use std::time::SystemTime;

use auth_core::support::async_trait;
use auth_core::verifier::InvalidReason;

use super::token::KeyRules;
use crate::lookup::{CallError, FailureKind, Issuer, Verdict};
use crate::management::{Management, ManagementError, ManagementErrorKind, TOKEN_CALL};

/// The management API, and the checks of its answers.
pub(super) struct ScalekitKeys {
    pub(super) management: Management,
    pub(super) rules: KeyRules,
}

#[async_trait]
impl Issuer for ScalekitKeys {
    async fn ask(&self, key: &str, now: SystemTime) -> Result<Verdict, CallError> {
        match self.management.validate_api_key(key).await? {
            Some(key) => Ok(self.rules.check(key, now)),
            None => Ok(Err(InvalidReason::Revoked)),
        }
    }

    fn abandoned(&self) -> CallError {
        ManagementError::interrupted().into()
    }
}

impl From<ManagementError> for CallError {
    fn from(error: ManagementError) -> Self {
        let kind = match error.kind() {
            // By the token endpoint alone. The same answer of the API to a call about a key says less: if it should answer
            // 401 to some strings, such a string must not stop the calls for all keys.
            ManagementErrorKind::Refused if error.call() == TOKEN_CALL => FailureKind::Credentials,
            ManagementErrorKind::Unavailable if error.status().is_none() => FailureKind::NoAnswer,
            _ => FailureKind::BadAnswer,
        };
        Self::new(kind, error.retry_after(), error)
    }
}
