//! Why a token was not verified. Two answers and no third: the token is bad, or we cannot tell.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

/// A cause to keep for the logs. Shared, because a refusal is also kept in the response.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a [`TokenVerifier`](crate::TokenVerifier) did not verify a token.
///
/// Complete by nature: a bad token is the caller's fault and answered with 401, everything else
/// is ours and answered with 503. A verifier that meets something else has not decided yet.
#[derive(Debug, Clone, Error)]
pub enum VerifyError {
    /// The token is bad: 401 `invalid_token`.
    #[error("the access token is not valid")]
    Invalid(#[from] InvalidToken),
    /// We cannot tell whether it is: 503 with `Retry-After`, and no challenge, since a client
    /// would throw a good token away.
    #[error("the access token cannot be verified now")]
    Unavailable(#[from] Unavailable),
}

/// A bad token. On the wire all of them look the same; the reason is for logs, metrics and tests.
#[derive(Debug, Clone)]
pub struct InvalidToken {
    reason: InvalidReason,
    cause: Option<Cause>,
}

impl InvalidToken {
    /// A bad token for this reason.
    #[must_use]
    pub fn new(reason: InvalidReason) -> Self {
        Self {
            reason,
            cause: None,
        }
    }

    /// Keeps what lies behind the reason. It must not hold the token or a part of it.
    #[must_use]
    pub fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }

    /// Which rule the token broke.
    #[must_use]
    pub fn reason(&self) -> InvalidReason {
        self.reason
    }
}

impl From<InvalidReason> for InvalidToken {
    fn from(reason: InvalidReason) -> Self {
        Self::new(reason)
    }
}

impl From<InvalidReason> for VerifyError {
    fn from(reason: InvalidReason) -> Self {
        Self::Invalid(reason.into())
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason.description())
    }
}

impl Error for InvalidToken {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $label:literal, $description:literal;)*) => {
        /// Every way a token can fail, in the order in which the rules are tried.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum InvalidReason {
            $($(#[$doc])* $variant,)*
        }

        impl InvalidReason {
            /// All reasons, for metrics that register their labels and for tests.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// A short, stable label for logs and metrics: `expired`, `wrong_audience`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $label,)* }
            }

            /// The reason in words.
            fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }
        }
    };
}

reasons! {
    /// Longer than the configured cap.
    TooLong = "too_long", "the token is longer than allowed";
    /// Not three base64url parts with two dots.
    NotCompact = "not_compact", "the token is not a compact JWS";
    /// The header is not a JSON object with the members of a JOSE header.
    MalformedHeader = "malformed_header", "the token's header cannot be read";
    /// `alg` is missing, unknown or not one of the configured algorithms.
    WrongAlgorithm = "wrong_algorithm", "the token's algorithm is not accepted";
    /// `crit` or `b64` is present, and we understand no extension.
    CriticalHeader = "critical_header", "the token's header demands an extension";
    /// `typ` says that this is another kind of JWT.
    WrongType = "wrong_type", "the token's type is not that of an access token";
    /// No key of the issuer has the token's `kid`, or none fits its algorithm.
    UnknownKey = "unknown_key", "the token's key is not one of the issuer's";
    /// No `kid`, and more than one key would fit.
    AmbiguousKey = "ambiguous_key", "the token names no key and several would fit";
    /// The signature does not match.
    BadSignature = "bad_signature", "the token's signature does not match";
    /// The payload is not a JSON object.
    MalformedClaims = "malformed_claims", "the token's claims cannot be read";
    /// A member stands twice in the header or the claims.
    DuplicateMember = "duplicate_member", "the token has a member twice";
    /// `iss` is missing, not one string, or not a configured issuer.
    WrongIssuer = "wrong_issuer", "the token's issuer is not accepted";
    /// `aud` is missing, of the wrong type, or does not hold a configured audience.
    WrongAudience = "wrong_audience", "the token is not for this resource";
    /// `exp` is missing.
    MissingExpiry = "missing_expiry", "the token has no expiry";
    /// `exp`, `nbf` or `iat` is not a NumericDate.
    MalformedTime = "malformed_time", "a time in the token is not a number of seconds";
    /// `exp` has passed, the leeway included.
    Expired = "expired", "the token has expired";
    /// `nbf` has not come yet, the leeway included.
    NotYetValid = "not_yet_valid", "the token is not valid yet";
    /// `iat` lies in the future, the leeway included.
    IssuedInTheFuture = "issued_in_the_future", "the token was issued in the future";
    /// The token lives longer than the configured maximum.
    LifetimeTooLong = "lifetime_too_long", "the token's lifetime is longer than allowed";
    /// `sub` is missing, empty or not a string.
    MissingSubject = "missing_subject", "the token has no subject";
    /// Another claim that we read is of the wrong type.
    MalformedClaim = "malformed_claim", "a claim of the token has the wrong type";
    /// `cnf` binds the token to a proof that was not checked.
    UncheckedProof = "unchecked_proof", "the token is bound to a proof that was not given";
    /// Revoked, or not active by the issuer's word.
    Revoked = "revoked", "the token is revoked";
    /// A rule of another verifier.
    Other = "other", "the token broke another rule";
}

/// We cannot tell whether a token is good: the keys or the issuer cannot be had.
#[derive(Debug, Clone)]
pub struct Unavailable {
    retry_after: Duration,
    cause: Option<Cause>,
}

impl Unavailable {
    /// Cannot be decided now; asking again makes sense after `retry_after`, which is sent in
    /// whole seconds, at least one.
    #[must_use]
    pub fn new(retry_after: Duration) -> Self {
        Self {
            retry_after,
            cause: None,
        }
    }

    /// Keeps what lies behind it, for the logs.
    #[must_use]
    pub fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }

    /// When to ask again.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the issuer or its keys cannot be reached")
    }
}

impl Error for Unavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_chain::ErrorChain;
    use std::io;

    #[test]
    fn an_error_and_what_lies_behind_it() {
        let invalid = || InvalidToken::new(InvalidReason::Expired);
        let unavailable = || Unavailable::new(Duration::from_secs(7));
        let cause = || io::Error::other("connection refused");
        for (error, shown) in [
            (
                VerifyError::from(invalid()),
                "the access token is not valid: the token has expired",
            ),
            (
                invalid().because(cause()).into(),
                "the access token is not valid: the token has expired: connection refused",
            ),
            (
                unavailable().into(),
                "the access token cannot be verified now: the issuer or its keys cannot be reached",
            ),
            (
                unavailable().because(cause()).into(),
                "the access token cannot be verified now: the issuer or its keys cannot be reached: \
                 connection refused",
            ),
        ] {
            assert_eq!(ErrorChain(&error).to_string(), shown);
        }
    }

    #[test]
    fn reasons_have_labels_and_words_of_their_own() {
        for (at, reason) in InvalidReason::ALL.iter().enumerate() {
            let (_, others) = InvalidReason::ALL.split_at(at + 1);
            for other in others {
                assert_ne!(reason.as_str(), other.as_str());
                assert_ne!(reason.description(), other.description());
            }
        }
    }
}
