//! [`Caching`]: how long a response of the introspection endpoint is reused.

use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors};

const DEFAULT_TTL: Duration = Duration::from_secs(30);
/// A revoked token may be accepted for this long.
const MAX_TTL: Duration = Duration::from_secs(60 * 60);
const DEFAULT_ENTRIES: u64 = 10_000;
const MAX_ENTRIES: u64 = 10_000_000;
/// A token that becomes active may be refused for this long.
const MAX_REFUSED_TTL: Duration = Duration::from_secs(10);

/// How long a response is reused for the same token: 30 s by default. Accepted tokens are cached by the layer
/// ([`auth_core::verifier::TokenCache`]), or by [`auth_core::verifier::CachedVerifier`].
///
/// A longer time means fewer requests, and that a revoked token is accepted for longer
/// ([RFC 7662 section 4](https://www.rfc-editor.org/rfc/rfc7662#section-4)). No response is used
/// past its `exp`.
///
/// ```
/// use auth_scalekit::introspection::Caching;
/// use std::time::Duration;
///
/// let caching = Caching::new().ttl(Duration::from_secs(5)).max_entries(500);
/// # let _ = caching;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Caching {
    pub(crate) accepted_ttl: Duration,
    pub(crate) refused_ttl: Duration,
    pub(crate) max_entries: u64,
}

impl Caching {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            accepted_ttl: DEFAULT_TTL,
            refused_ttl: Duration::ZERO,
            max_entries: DEFAULT_ENTRIES,
        }
    }

    /// Responses are not reused: each request calls the endpoint, except concurrent ones with the same
    /// token.
    pub fn off() -> Self {
        Self::new().ttl(Duration::ZERO)
    }

    /// How long an accepted token is accepted again without a call: up to 1 h; zero disables it.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.accepted_ttl = ttl;
        self
    }

    /// How long a refused token is refused again without a call: up to 10 s, default zero, which
    /// disables it.
    pub fn refused_ttl(mut self, ttl: Duration) -> Self {
        self.refused_ttl = ttl;
        self
    }

    /// The maximum number of tokens that are remembered as accepted within the last hour, at least
    /// one. Refused tokens have a separate limit, so that they cannot evict accepted ones.
    pub fn max_entries(mut self, entries: u64) -> Self {
        self.max_entries = entries;
        self
    }

    /// How long a response without `exp` is valid.
    pub(crate) fn lifetime(&self) -> Duration {
        if self.accepted_ttl.is_zero() {
            DEFAULT_TTL
        } else {
            self.accepted_ttl
        }
    }

    pub(crate) fn vet(&self, errors: &mut ConfigErrors) {
        let mut check = |good: bool, setting: &'static str, problem: &str| {
            if !good {
                errors.push(ConfigError::new(setting, problem));
            }
        };
        check(
            self.accepted_ttl <= MAX_TTL,
            "caching.ttl",
            "must be 1 h at most: a revoked token works for that long",
        );
        check(
            self.refused_ttl <= MAX_REFUSED_TTL,
            "caching.refused_ttl",
            "must be 10 s at most: a token that becomes active is refused for that long",
        );
        check(
            (1..=MAX_ENTRIES).contains(&self.max_entries),
            "caching.max_entries",
            "must be 1 to 10,000,000: use Caching::off() to remember none",
        );
    }
}

impl Default for Caching {
    fn default() -> Self {
        Self::new()
    }
}
