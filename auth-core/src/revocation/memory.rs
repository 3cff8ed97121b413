//! [`MemoryRevocations`]: revocations in the memory of one process.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

use super::index::{Index, Mark, NoRoom};
use super::nanos;
use super::{Revocation, RevocationStore, RevocationTarget, Revocations};
use crate::support::{Clock, Sleep, SystemClock};
use crate::token::VerifiedToken;
use crate::verifier::{InvalidReason, MAX_LEEWAY, Unavailable, VerifyError};

/// Revocations in the memory of one process, for a server that runs once, and for tests.
///
/// Each is kept until every token that it concerns has expired: for the longest lifetime of a token, and the longest
/// leeway of a verifier (300 s), after the change. A million of them take less than 96 MiB.
///
/// ```
/// use std::sync::Arc;
/// use auth_core::layer::AuthLayer;
/// use auth_core::provider::AuthProvider;
/// use auth_core::revocation::{MemoryRevocations, Revocation, RevocationTarget};
///
/// # fn demo(provider: impl AuthProvider, token: &auth_core::token::VerifiedToken) -> Result<(), auth_core::error::ConfigErrors> {
/// let revocations = Arc::new(MemoryRevocations::new());
/// let layer = AuthLayer::builder(provider).revocations(Arc::clone(&revocations)).build()?;
/// // From now on the token is refused, and streams that it opened end.
/// revocations.add_token(token);
/// // So are all earlier tokens of this user in this organization.
/// let member = RevocationTarget::member("usr_1", "org_1");
/// revocations.add(&Revocation::new("https://acme.scalekit.com", member, std::time::SystemTime::now()));
/// # let _ = layer; Ok(()) }
/// ```
pub struct MemoryRevocations {
    index: Index,
    max_token_lifetime: Duration,
    clock: Arc<dyn Clock>,
    /// The quarter of a second of the monotonic clock in which a part of the expired entries was last forgotten.
    forgotten: AtomicU64,
}

/// How long a caller should wait that is refused because there is no room.
const RETRY_AFTER: Duration = Duration::from_secs(60);

impl MemoryRevocations {
    /// The default of [`with_max_token_lifetime`](Self::with_max_token_lifetime): 24 h, the longest that can be set
    /// at Scalekit.
    pub const DEFAULT_MAX_TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

    /// No revocations yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(SystemClock::new())
    }

    /// The same, with this clock.
    #[must_use]
    pub fn with_clock(clock: impl Clock) -> Self {
        Self {
            index: Index::new(),
            max_token_lifetime: Self::DEFAULT_MAX_TOKEN_LIFETIME,
            clock: Arc::new(clock),
            forgotten: AtomicU64::new(0),
        }
    }

    /// Sets the longest time from `iat` to `exp` of a token. Revocations are kept for this time, so a token that
    /// lives longer is refused: a revocation of it might be forgotten already. Default: 24 h.
    ///
    /// The lifetime of a token without `iat` is not known. If the issuer leaves it out, set its longest lifetime
    /// here.
    #[must_use]
    pub fn with_max_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_token_lifetime = lifetime;
        self
    }

    /// Adds a revocation, or the later time of it if it was there. In effect when this returns. One whose tokens have
    /// all expired is left out.
    ///
    /// There is room for the revocations of 65,536 issuers. After that, tokens of all others are refused with 503.
    pub fn add(&self, revocation: &Revocation) {
        // Without room, the tokens that it may concern are refused.
        let _ = self.insert(revocation, 0);
    }

    /// Revokes this token. One without a `jti` is revoked together with all earlier tokens of its subject in its
    /// organization.
    pub fn add_token(&self, token: &VerifiedToken) {
        let now = self.clock.now();
        // This very token is concerned, also if the clock of its issuer is ahead.
        let issued = token
            .issued_at()
            .and_then(|at| at.checked_add(Duration::from_secs(1)));
        let at = issued.map_or(now, |issued| issued.max(now));
        let target = match (token.token_id(), token.organization()) {
            (Some(token_id), _) => RevocationTarget::token(token_id),
            (None, Some(organization)) => RevocationTarget::member(token.subject(), organization),
            (None, None) => RevocationTarget::subject(token.subject()),
        };
        self.add(&Revocation::new(token.canonical_issuer(), target, at));
    }

    /// Forgets the revocations whose tokens have all expired. Not needed while others are added: each addition
    /// forgets a few.
    pub fn forget_expired(&self) {
        self.index.forget_all(self.clock.now());
    }

    /// All revocations that are kept, in no order.
    #[must_use]
    pub fn to_vec(&self) -> Vec<Revocation> {
        self.index.to_vec()
    }

    /// How many revocations are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a revocation that was seen there, unless all its tokens have expired.
    pub(crate) fn insert(&self, revocation: &Revocation, mark: Mark) -> Result<(), NoRoom> {
        self.forget_in_turn();
        let until = self.end_of(revocation);
        if until <= self.clock.now() {
            return Ok(());
        }
        self.index.insert(revocation, until, mark)
    }

    /// Adds those that there is room for.
    ///
    /// # Errors
    ///
    /// [`NoRoom`] if there was none for some.
    pub(crate) fn insert_all(&self, revocations: &[Revocation]) -> Result<(), NoRoom> {
        let mut inserted = Ok(());
        for revocation in revocations {
            inserted = self.insert(revocation, 0).and(inserted);
        }
        inserted
    }

    /// For how long a revocation is kept.
    pub(crate) fn keep(&self) -> Duration {
        self.max_token_lifetime.saturating_add(MAX_LEEWAY)
    }

    /// When the last token that it concerns has expired.
    fn end_of(&self, revocation: &Revocation) -> SystemTime {
        let end = revocation.at.checked_add(self.keep());
        // The largest time that is stored.
        end.unwrap_or_else(|| nanos::to_time(u64::MAX))
    }

    #[cfg(feature = "redis")]
    pub(crate) fn index(&self) -> &Index {
        &self.index
    }

    #[cfg(feature = "redis")]
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// At most four times a second, so that a great many additions do not each search a shard. All shards have their
    /// turn within 20 minutes.
    fn forget_in_turn(&self) {
        let quarter = u64::try_from(self.clock.monotonic().as_millis() / 250).unwrap_or_default();
        if self.forgotten.swap(quarter, Ordering::Relaxed) != quarter {
            self.index.forget_some(self.clock.now());
        }
    }
}

impl Default for MemoryRevocations {
    fn default() -> Self {
        Self::new()
    }
}

impl Revocations for MemoryRevocations {
    fn check(&self, token: &VerifiedToken) -> Result<(), VerifyError> {
        let lifetime = |issued| {
            token
                .expires_at()
                .duration_since(issued)
                .unwrap_or_default()
        };
        if token.issued_at().map(lifetime) > Some(self.max_token_lifetime) {
            return Err(InvalidReason::LifetimeTooLong.into());
        }
        match self.index.is_revoked(token) {
            Ok(false) => Ok(()),
            Ok(true) => Err(InvalidReason::Revoked.into()),
            Err(error) => Err(unknown(error).into()),
        }
    }

    fn changed(&self, token: &VerifiedToken) -> Sleep {
        self.index.changed(token)
    }
}

#[async_trait]
impl RevocationStore for MemoryRevocations {
    async fn revoke(&self, revocations: &[Revocation]) -> Result<(), Unavailable> {
        self.insert_all(revocations).map_err(unknown)
    }
}

fn unknown(error: NoRoom) -> Unavailable {
    Unavailable::revocations(RETRY_AFTER).because(error)
}

/// Shows the number alone, since the rest identifies users.
impl fmt::Debug for MemoryRevocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryRevocations")
            .field("len", &self.len())
            .field("max_token_lifetime", &self.max_token_lifetime)
            .finish_non_exhaustive()
    }
}
