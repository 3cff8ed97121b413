//! [`TokenCache`]: how many verified tokens are cached.

/// How many verified tokens are cached, so that they need not be verified for each request. Their
/// verifier decides for how long
/// ([`VerifiedToken::reusable_until`](crate::token::VerifiedToken::reusable_until)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenCache {
    pub(super) max_tokens: u64,
}

impl TokenCache {
    /// At most 10,000 tokens. A token of 800 bytes takes about 1 KiB, and 4 KiB once a policy or a tool has
    /// asked for one of its other claims.
    pub const DEFAULT: Self = Self::new(10_000);

    /// No cache: the verifier is called for every request.
    pub const OFF: Self = Self::new(0);

    /// At most `max_tokens`.
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
