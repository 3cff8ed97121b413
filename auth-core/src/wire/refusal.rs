//! [`Refusal`]: every reason for which a request is refused, with its label for logs.

use std::time::Duration;

use thiserror::Error;

use crate::error::Excerpt;
use crate::operation::AmbiguousHeader;
use crate::operation::OperationError;
use crate::policy::{AuthenticationRequirement, Denied, NotAuthorized};
use crate::token::MalformedCredentials;
use crate::token::Scopes;
use crate::verifier::{InvalidReason, InvalidToken, Unavailable, UnavailableReason, VerifyError};

/// Why a request was refused: usually before it was forwarded, else by an extractor or a tool, or
/// while its stream was open.
///
/// A response of the layer has it in its extensions, so that outer layers can log and count what
/// the client does not see.
#[derive(Debug, Clone, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The `Host` is not a name of the server.
    #[error("the host is not allowed: {0}")]
    HostNotAllowed(Excerpt),
    /// The `Origin` is not one of the allowed ones.
    #[error("the origin is not allowed: {0}")]
    OriginNotAllowed(Excerpt),
    /// There is no bearer token.
    #[error("no bearer token")]
    NoCredentials,
    /// The `Authorization` header is malformed.
    #[error("the authorization header is malformed")]
    MalformedCredentials(#[source] MalformedCredentials),
    /// The token is invalid.
    #[error("the access token is not valid")]
    InvalidToken(#[source] InvalidToken),
    /// The token is longer than the verifier's limit. A new token would be as long, so the client
    /// is not asked to obtain one.
    #[error("the access token is refused unread")]
    TokenTooLong(#[source] InvalidToken),
    /// The token is valid but lacks scopes; these are all that the request requires.
    #[error("the access token lacks a scope of: {0}")]
    InsufficientScope(Scopes),
    /// The token is valid, but a policy denies the caller and no scope can help.
    #[error("a policy denies the caller: {0}")]
    PolicyDenied(String),
    /// The token is valid, but the login is too old or too weak.
    #[error("the login is too old or too weak")]
    InsufficientUserAuthentication(AuthenticationRequirement),
    /// The caller has used up a quota, and can try again after this time.
    #[error("the caller has used up a quota, and can try again after {0:?}")]
    RateLimited(Duration),
    /// A header that must not be repeated is duplicated or ambiguous.
    #[error("a header is ambiguous")]
    AmbiguousHeader(#[source] AmbiguousHeader),
    /// The MCP operation cannot be determined.
    #[error("cannot determine the MCP operation")]
    UnclearOperation(#[source] OperationError),
    /// The session does not exist, or belongs to another caller; the two look the same.
    #[error("the caller has no such session")]
    NoSuchSession,
    /// The bodies of requests without a token exceed their memory budget.
    #[error("the memory budget for requests without a token is used up")]
    AnonymousBudgetExhausted,
    /// The inner service returned a list that cannot be read, so it was not sent. The request
    /// itself had been admitted.
    #[error("the inner service's list cannot be read and was not sent")]
    UnreadableList,
    /// A verifier or an authorizer cannot decide now.
    #[error("the request cannot be decided now")]
    Unavailable(#[source] Unavailable),
}

impl Refusal {
    /// A short, stable label for logs and metrics.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::HostNotAllowed(_) => "host_not_allowed",
            Self::OriginNotAllowed(_) => "origin_not_allowed",
            Self::NoCredentials => "no_credentials",
            Self::MalformedCredentials(_) => "malformed_credentials",
            Self::InvalidToken(_) => "invalid_token",
            Self::TokenTooLong(_) => "token_too_long",
            Self::InsufficientScope(_) => "insufficient_scope",
            Self::PolicyDenied(_) => "policy_denied",
            Self::InsufficientUserAuthentication(_) => "insufficient_user_authentication",
            Self::RateLimited(_) => "rate_limited",
            Self::AmbiguousHeader(_) => "ambiguous_header",
            Self::UnclearOperation(_) => "unclear_operation",
            Self::AnonymousBudgetExhausted => "anonymous_budget_exhausted",
            Self::UnreadableList => "unreadable_list",
            Self::NoSuchSession => "no_such_session",
            Self::Unavailable(_) => "unavailable",
        }
    }

    /// A label for the cause, where [`as_str`](Self::as_str) is not specific: `expired`,
    /// `unknown_key`.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::InvalidToken(invalid) | Self::TokenTooLong(invalid) => {
                Some(invalid.reason().as_str())
            }
            Self::Unavailable(unavailable) => match unavailable.reason() {
                UnavailableReason::Outage => None,
                reason @ (UnavailableReason::UnknownKey | UnavailableReason::Revocations) => {
                    Some(reason.as_str())
                }
            },
            _ => None,
        }
    }

    /// The refused `Host` or `Origin`, if the request was refused for it.
    #[must_use]
    pub fn rejected(&self) -> Option<&Excerpt> {
        match self {
            Self::HostNotAllowed(rejected) | Self::OriginNotAllowed(rejected) => Some(rejected),
            _ => None,
        }
    }
}

impl From<MalformedCredentials> for Refusal {
    fn from(malformed: MalformedCredentials) -> Self {
        Self::MalformedCredentials(malformed)
    }
}

impl From<AmbiguousHeader> for Refusal {
    fn from(header: AmbiguousHeader) -> Self {
        Self::AmbiguousHeader(header)
    }
}

impl From<OperationError> for Refusal {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::OverBudget => Self::AnonymousBudgetExhausted,
            error => Self::UnclearOperation(error),
        }
    }
}

impl From<InvalidReason> for Refusal {
    fn from(reason: InvalidReason) -> Self {
        InvalidToken::new(reason).into()
    }
}

impl From<InvalidToken> for Refusal {
    fn from(invalid: InvalidToken) -> Self {
        match invalid.reason() {
            InvalidReason::TooLong => Self::TokenTooLong(invalid),
            _ => Self::InvalidToken(invalid),
        }
    }
}

impl From<VerifyError> for Refusal {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Invalid(invalid) => invalid.into(),
            VerifyError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

impl From<Unavailable> for Refusal {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Scope(scopes) if scopes.is_empty() => {
                Self::PolicyDenied("a scope that has no name is required".into())
            }
            Denied::Scope(scopes) => Self::InsufficientScope(scopes),
            Denied::Forbidden(why) => Self::PolicyDenied(why.into_owned()),
            Denied::Authentication(requirement) => {
                Self::InsufficientUserAuthentication(requirement)
            }
        }
    }
}

impl From<NotAuthorized> for Refusal {
    fn from(error: NotAuthorized) -> Self {
        match error {
            NotAuthorized::Denied(denied) => denied.into(),
            NotAuthorized::RateLimited(wait) => Self::RateLimited(wait),
            NotAuthorized::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verifier::InvalidReason;
    use std::time::Duration;

    #[test]
    fn refusals_with_a_cause_have_a_reason() {
        let unavailable = Unavailable::new(Duration::ZERO);
        for (refusal, reason) in [
            (InvalidReason::Expired.into(), Some("expired")),
            (InvalidReason::TooLong.into(), Some("too_long")),
            (Refusal::Unavailable(unavailable), None),
            (
                Refusal::Unavailable(Unavailable::unknown_key(Duration::ZERO)),
                Some("unknown_key"),
            ),
            (Refusal::NoCredentials, None),
        ] {
            assert_eq!(refusal.reason(), reason, "{refusal:?}");
        }
    }

    #[test]
    fn labels_are_stable() {
        let scopes = Scopes::parse("a").unwrap();
        let requirement = AuthenticationRequirement::max_age(Duration::from_secs(5));
        for (refusal, label) in [
            (
                Refusal::OriginNotAllowed(Excerpt::new(b"x", 8)),
                "origin_not_allowed",
            ),
            (Refusal::NoCredentials, "no_credentials"),
            (
                MalformedCredentials::NoToken.into(),
                "malformed_credentials",
            ),
            (
                VerifyError::from(InvalidReason::Expired).into(),
                "invalid_token",
            ),
            (
                VerifyError::from(InvalidToken::too_long(8192)).into(),
                "token_too_long",
            ),
            (InvalidReason::TooLong.into(), "token_too_long"),
            (
                VerifyError::from(Unavailable::new(Duration::ZERO)).into(),
                "unavailable",
            ),
            (Denied::Scope(scopes).into(), "insufficient_scope"),
            (Denied::Forbidden("x".into()).into(), "policy_denied"),
            (Refusal::RateLimited(Duration::ZERO), "rate_limited"),
            (
                Denied::Authentication(requirement).into(),
                "insufficient_user_authentication",
            ),
            // A challenge without scopes would make clients loop.
            (Denied::Scope(Scopes::default()).into(), "policy_denied"),
        ] {
            assert_eq!(refusal.as_str(), label, "{refusal:?}");
        }
    }
}
