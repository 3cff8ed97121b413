//! Why a token was not verified: it is invalid, or the verifier is unavailable. There is no third case.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::token::BearerToken;
use thiserror::Error;

/// A cause for the logs. Shared, because a refusal is also kept in the response.
pub type Cause = Arc<dyn Error + Send + Sync>;

/// Why a [`TokenVerifier`](super::TokenVerifier) did not verify a token.
///
/// Exhaustive on purpose: an invalid token is the fault of the caller (401), anything else is not
/// (503).
#[derive(Debug, Clone, Error)]
pub enum VerifyError {
    /// The token is invalid: 401 `invalid_token`. One that is [too long](InvalidToken::too_long)
    /// gets 400 `invalid_request`: a new token would be as long.
    #[error("the access token is not valid")]
    Invalid(#[from] InvalidToken),
    /// The verifier cannot determine whether the token is valid: 503 with `Retry-After`, and no
    /// challenge, since a client would discard a valid token.
    #[error("the access token cannot be verified now")]
    Unavailable(#[from] Unavailable),
}

/// An invalid token. All of them get the same response; the reason is for logs, metrics and tests.
#[derive(Debug, Clone)]
pub struct InvalidToken {
    reason: InvalidReason,
    max_bytes: Option<usize>,
    cause: Option<Cause>,
}

impl InvalidToken {
    /// An invalid token with this reason.
    #[must_use]
    pub fn new(reason: InvalidReason) -> Self {
        Self {
            reason,
            max_bytes: None,
            cause: None,
        }
    }

    /// A token of more than `max_bytes` bytes, refused before anything of it is read or hashed. The
    /// response names the limit.
    #[must_use]
    pub fn too_long(max_bytes: usize) -> Self {
        Self {
            max_bytes: Some(max_bytes),
            ..Self::new(InvalidReason::TooLong)
        }
    }

    /// Sets the underlying cause. It must not contain any part of the token.
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

    /// The limit of the verifier in bytes, for a token that is too long.
    #[must_use]
    pub fn max_bytes(&self) -> Option<usize> {
        self.max_bytes
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
        match self.max_bytes {
            Some(bytes) => write!(f, "the token is longer than {bytes} bytes"),
            None => f.write_str(self.reason.description()),
        }
    }
}

impl Error for InvalidToken {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as _)
    }
}

impl BearerToken<'_> {
    /// The token, if it has at most `max_bytes` bytes. A verifier calls this first: the caller
    /// chooses the length, and the cost of hashing, searching and decoding grows with it.
    ///
    /// # Errors
    ///
    /// [`InvalidToken::too_long`], to which the layer responds with 400 and the limit.
    pub fn at_most(self, max_bytes: usize) -> Result<Self, InvalidToken> {
        if self.secret().len() > max_bytes {
            return Err(InvalidToken::too_long(max_bytes));
        }
        Ok(self)
    }
}

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident = $label:literal, $description:literal;)*) => {
        /// Every reason for which a token is invalid, in the order of the rules.
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

            /// A description of the reason.
            fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }
        }
    };
}

reasons! {
    /// Longer than the limit; [`InvalidToken::too_long`] has it.
    TooLong = "too_long", "the token is longer than allowed";
    /// Not three base64url parts with two dots.
    NotCompact = "not_compact", "the token is not a compact JWS";
    /// The header is not a JSON object with the members of a JOSE header.
    MalformedHeader = "malformed_header", "the token's header cannot be read";
    /// `alg` is missing, unknown or not one of the configured algorithms.
    WrongAlgorithm = "wrong_algorithm", "the token's algorithm is not accepted";
    /// `crit` or `b64` is present, and no extension is supported.
    CriticalHeader = "critical_header", "the token's header demands an extension";
    /// `typ` names another kind of JWT.
    WrongType = "wrong_type", "the token's type is not that of an access token";
    /// No `kid`, and the verifier requires one.
    MissingKeyId = "missing_key_id", "the token names no key";
    /// No key of the issuer has the token's `kid`, or none fits its algorithm.
    UnknownKey = "unknown_key", "the token's key is not one of the issuer's";
    /// No `kid`, and more than one key would fit.
    AmbiguousKey = "ambiguous_key", "the token names no key and several would fit";
    /// The signature does not match.
    BadSignature = "bad_signature", "the token's signature does not match";
    /// The payload is not a JSON object.
    MalformedClaims = "malformed_claims", "the token's claims cannot be read";
    /// A member is duplicated in the header or the claims.
    DuplicateMember = "duplicate_member", "the token has a member twice";
    /// `iss` is missing, not one string, or not a configured issuer.
    WrongIssuer = "wrong_issuer", "the token's issuer is not accepted";
    /// `aud` is missing, of the wrong type, or does not contain a configured audience.
    WrongAudience = "wrong_audience", "the token is not for this resource";
    /// `exp` is missing.
    MissingExpiry = "missing_expiry", "the token has no expiry";
    /// `exp`, `nbf` or `iat` is not a NumericDate.
    MalformedTime = "malformed_time", "a time in the token is not a number of seconds";
    /// `exp` has passed, the leeway included.
    Expired = "expired", "the token has expired";
    /// `nbf` has not come yet, the leeway included.
    NotYetValid = "not_yet_valid", "the token is not valid yet";
    /// `iat` is in the future, the leeway included.
    IssuedInTheFuture = "issued_in_the_future", "the token was issued in the future";
    /// The lifetime of the token exceeds the configured maximum.
    LifetimeTooLong = "lifetime_too_long", "the token's lifetime is longer than allowed";
    /// `sub` is missing, empty or not a string.
    MissingSubject = "missing_subject", "the token has no subject";
    /// Another claim is of the wrong type.
    MalformedClaim = "malformed_claim", "a claim of the token has the wrong type";
    /// `cnf` binds the token to a key, and no proof of possession was checked.
    UncheckedProof = "unchecked_proof", "the token is bound to a key, and its proof of possession was not checked";
    /// The proof that `cnf` requires is missing or does not match.
    BadProof = "bad_proof", "the proof of possession is missing or does not match the key of the token";
    /// Revoked, or reported as not active by the issuer.
    Revoked = "revoked", "the token is revoked";
    /// A rule of another verifier.
    Other = "other", "the token broke another rule";
}

/// The verifier cannot determine whether a token is valid: the keys or the issuer are unavailable,
/// or the token is newer than the cached keys.
#[derive(Debug, Clone)]
pub struct Unavailable {
    reason: UnavailableReason,
    retry_after: Duration,
    cause: Option<Cause>,
}

/// Why it cannot be determined now whether a token is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnavailableReason {
    /// Something that the decision needs is unavailable: the issuer, its keys, an introspection
    /// endpoint. Logged as a warning.
    Outage,
    /// The token names a key that is not in the issuer's key set, which may not be fetched again
    /// yet, and the token may be newer than it. Any caller can send such a token, so this is not an
    /// outage.
    UnknownKey,
    /// What others have revoked is not known: the store that the replicas share is lost. Logged as
    /// a warning.
    Revocations,
}

impl UnavailableReason {
    /// A short, stable label for logs and metrics: `outage`, `unknown_key`, `revocations`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Outage => "outage",
            Self::UnknownKey => "unknown_key",
            Self::Revocations => "revocations",
        }
    }
}

impl Unavailable {
    /// The token cannot be verified now; trying again makes sense after `retry_after`, which is
    /// sent in whole seconds, at least one.
    #[must_use]
    pub fn new(retry_after: Duration) -> Self {
        Self {
            reason: UnavailableReason::Outage,
            retry_after,
            cause: None,
        }
    }

    /// The token names a key that is not in the issuer's key set, which may be fetched again after
    /// `retry_after` only.
    #[must_use]
    pub fn unknown_key(retry_after: Duration) -> Self {
        Self {
            reason: UnavailableReason::UnknownKey,
            ..Self::new(retry_after)
        }
    }

    /// What others have revoked is not known now; it may be after `retry_after`.
    #[must_use]
    pub fn revocations(retry_after: Duration) -> Self {
        Self {
            reason: UnavailableReason::Revocations,
            ..Self::new(retry_after)
        }
    }

    /// Sets the underlying cause, for the logs.
    #[must_use]
    pub fn because(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Arc::new(cause));
        self
    }

    /// Why the token cannot be verified now.
    #[must_use]
    pub fn reason(&self) -> UnavailableReason {
        self.reason
    }

    /// When to try again.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        self.retry_after
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            UnavailableReason::Outage => "the issuer or its keys cannot be reached",
            UnavailableReason::Revocations => "revocations by other replicas may not be known here",
            UnavailableReason::UnknownKey => {
                "unknown key: the issuer's key set does not have the key that the token names, and \
                 was read a moment ago"
            }
        })
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
    use crate::error::ErrorChain;
    use std::io;

    #[test]
    fn an_error_has_its_cause_as_source() {
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
            (
                Unavailable::unknown_key(Duration::from_secs(7)).into(),
                "the access token cannot be verified now: unknown key: the issuer's key set does \
                 not have the key that the token names, and was read a moment ago",
            ),
            (
                InvalidToken::too_long(8192).into(),
                "the access token is not valid: the token is longer than 8192 bytes",
            ),
        ] {
            assert_eq!(ErrorChain(&error).to_string(), shown);
        }
    }

    #[test]
    fn labels_and_descriptions_of_reasons_are_unique() {
        for (at, reason) in InvalidReason::ALL.iter().enumerate() {
            let (_, others) = InvalidReason::ALL.split_at(at + 1);
            for other in others {
                assert_ne!(reason.as_str(), other.as_str());
                assert_ne!(reason.description(), other.description());
            }
        }
    }
}
