//! [`machine_only`] and [`user_only`]: whether a client acts for itself or for a user.

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;

/// Requires a client that acts for itself, by
/// [`VerifiedToken::is_machine`](crate::token::VerifiedToken::is_machine): a token of the client credentials
/// grant ([RFC 9068 section 2.2](https://www.rfc-editor.org/rfc/rfc9068#section-2.2)).
///
/// Another login cannot change this, so the response is a 403 without a challenge.
#[must_use]
pub fn machine_only() -> CallerKind {
    CallerKind::Machine
}

/// Requires a user, for whom a client acts: the subject is not the client.
///
/// Denies a token that does not name its client, since it may be the token of a machine. Another scope
/// cannot change this, so the response is a 403 without a challenge.
///
/// ```
/// use auth_core::policy::{OperationPolicy, machine_only, user_only};
///
/// let operations = OperationPolicy::builder()
///     .tool("sync_*", machine_only())
///     .tool("approve_*", user_only())
///     .build()?;
/// # let _ = operations;
/// # Ok::<(), auth_core::error::ConfigErrors>(())
/// ```
#[must_use]
pub fn user_only() -> CallerKind {
    CallerKind::User
}

/// A policy made by [`machine_only`] or [`user_only`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallerKind {
    /// A client that acts for itself.
    Machine,
    /// A user.
    User,
}

impl Policy for CallerKind {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let token = request.token();
        let (allowed, reason) = match self {
            Self::Machine => (token.is_machine(), "a machine is required"),
            Self::User => (
                token.client_id().is_some() && !token.is_machine(),
                "a user is required",
            ),
        };
        if allowed {
            Ok(())
        } else {
            Err(Denied::Forbidden(reason.into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::VerifiedToken;
    use std::time::SystemTime;

    #[test]
    fn each_kind_is_admitted_by_its_policy_alone() {
        let now = SystemTime::UNIX_EPOCH;
        let token = |subject: &str| VerifiedToken::assertion("i", subject, now);
        for (name, token, machine, user) in [
            (
                "a machine",
                token("m2m_1").with_client_id("m2m_1"),
                true,
                false,
            ),
            (
                "a user",
                token("usr_1").with_client_id("m2m_1"),
                false,
                true,
            ),
            ("a token without a client", token("usr_1"), false, false),
        ] {
            let request = PolicyRequest::new(&token, now);
            for (policy, allowed) in [(machine_only(), machine), (user_only(), user)] {
                let result = policy.check(&request);
                assert_eq!(result.is_ok(), allowed, "{name}: {policy:?}");
                let forbidden = matches!(result, Ok(()) | Err(Denied::Forbidden(_)));
                assert!(forbidden, "{name}: {policy:?}");
            }
        }
    }
}
