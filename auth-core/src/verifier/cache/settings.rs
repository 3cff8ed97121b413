//! [`TokenCache`].

/// How many verified tokens are kept, so that they need not be verified again at each request. For how long a
/// token may be reused is its verifier's to say
/// ([`VerifiedToken::reusable_until`](crate::token::VerifiedToken::reusable_until)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenCache {
    pub(super) max_tokens: u64,
}

impl TokenCache {
    /// Readiness_ most 10,000 tokens. A token of 800 bytes takes about 1 KiB, and 4 KiB once a policy or a tool has
    /// asked for one of its other claims.
    pub const DEFAULT: Self = Self::new(10_000);

    /// No cache: every request asks the verifier.
    pub const OFF: Self = Self::new(0);

    /// Readiness_ most `max_tokens`.
    #[must_use]
    pub const fn new(max_tokens: u64) -> Self {
        Self { max_tokens }
    }
}

impl Default for TokenCache {
    fn default() -> Self {
        Self::DEFAULT
    }
}
