//! [`RedisRevocations`]: revocations that every replica knows.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinHandle;

use super::log::Log;
use super::outage::{OnOutage, Outage};
use super::replica::Replica;
use super::settings::RedisSettings;
use super::state::RedisState;
use crate::error::{ConfigError, ConfigErrors, ErrorChain};
use crate::revocation::{MemoryRevocations, Revocation, RevocationStore, Revocations};
use crate::support::{Clock, Sleep, SystemClock, random};
use crate::token::VerifiedToken;
use crate::verifier::{Unavailable, VerifyError};

/// Revocations that every replica of a server knows: each reads them from a Redis stream and keeps them in memory,
/// where [`check`](Revocations::check) looks.
///
/// A revocation is in effect in the process that adds it at once, and in the others as soon as they have read it,
/// usually within milliseconds. A replica whose connection was cut reads on where it was. After Redis has lost data,
/// the replicas add what they know, so nothing is lost as long as one of them was running; with `appendfsync always`
/// Redis itself loses nothing.
///
/// ```no_run
/// # async fn demo(provider: impl auth_core::provider::AuthProvider) -> Result<(), auth_core::error::ConfigErrors> {
/// use std::sync::Arc;
/// use auth_core::layer::AuthLayer;
/// use auth_core::redis::{RedisRevocations, RedisSettings};
///
/// let settings = RedisSettings::new("rediss://redis.internal:6379").password("secret");
/// let revocations = Arc::new(RedisRevocations::connect(&settings).await?);
/// let layer = AuthLayer::builder(provider).revocations(revocations).build()?;
/// # let _ = layer; Ok(()) }
/// ```
pub struct RedisRevocations {
    replica: Arc<Replica>,
    reader: JoinHandle<()>,
}

/// Settings of [`RedisRevocations`].
#[derive(Debug)]
#[must_use = "call connect()"]
pub struct RedisRevocationsBuilder {
    settings: RedisSettings,
    on_outage: OnOutage,
    max_token_lifetime: Duration,
    clock: Arc<dyn Clock>,
}

impl RedisRevocations {
    /// Connects, and reads what is in force.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] for a setting that is wrong, and if Redis cannot be reached: a replica that starts knows
    /// nothing yet.
    pub async fn connect(settings: &RedisSettings) -> Result<Self, ConfigErrors> {
        Self::builder(settings).connect().await
    }

    /// For the settings of revocations, beside those of Redis.
    pub fn builder(settings: &RedisSettings) -> RedisRevocationsBuilder {
        RedisRevocationsBuilder {
            settings: settings.clone(),
            on_outage: OnOutage::DEFAULT,
            max_token_lifetime: MemoryRevocations::DEFAULT_MAX_TOKEN_LIFETIME,
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// The state of this replica.
    #[must_use]
    pub fn state(&self) -> RedisState {
        self.replica.state()
    }

    /// All revocations that are kept, in no order.
    #[must_use]
    pub fn to_vec(&self) -> Vec<Revocation> {
        self.replica.memory().to_vec()
    }
}

impl RedisRevocationsBuilder {
    /// Sets what happens when Redis is lost. Default: [`OnOutage::DEFAULT`].
    pub fn on_outage(mut self, on_outage: OnOutage) -> Self {
        self.on_outage = on_outage;
        self
    }

    /// As [`MemoryRevocations::with_max_token_lifetime`]. The same in all replicas.
    pub fn max_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.max_token_lifetime = lifetime;
        self
    }

    /// Sets the clock. Default: that of the system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Connects, and reads what is in force.
    ///
    /// # Errors
    ///
    /// As [`RedisRevocations::connect`].
    pub async fn connect(self) -> Result<RedisRevocations, ConfigErrors> {
        if let OnOutage::RefuseAfter(bound) = self.on_outage
            && bound < OnOutage::MIN
        {
            return Err(ConfigError::new("on_outage", "is less than 2 s: use at least 2 s").into());
        }
        let settings = Arc::new(self.settings.check()?);
        let name: [u8; 16] = random::bytes().map_err(|error| {
            ConfigError::new(
                "redis",
                format!("cannot draw a name: {}", ErrorChain(&error)),
            )
        })?;
        let memory = MemoryRevocations::with_clock(Arc::clone(&self.clock))
            .with_max_token_lifetime(self.max_token_lifetime);
        let log = Log::new(settings, memory.keep());
        let outage = Outage::new(self.on_outage, self.clock);
        let replica = Arc::new(Replica::new(memory, log, outage, u128::from_le_bytes(name)));
        let follower = replica
            .begin()
            .await
            .map_err(|error| ConfigError::new("redis_url", ErrorChain(&error)))?;
        let reader = tokio::spawn(Arc::clone(&replica).follow(follower));
        Ok(RedisRevocations { replica, reader })
    }
}

impl Drop for RedisRevocations {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

impl Revocations for RedisRevocations {
    fn check(&self, token: &VerifiedToken) -> Result<(), VerifyError> {
        // A known revocation is one, whatever has happened to Redis.
        self.replica.memory().check(token)?;
        Ok(self.replica.outage().check()?)
    }

    fn ready(&self) -> Result<(), Unavailable> {
        self.replica.outage().check()
    }

    fn changed(&self, token: &VerifiedToken) -> Sleep {
        self.replica.memory().changed(token)
    }
}

#[async_trait]
impl RevocationStore for RedisRevocations {
    async fn revoke(&self, revocations: &[Revocation]) -> Result<(), Unavailable> {
        self.replica.revoke(revocations).await
    }
}

impl fmt::Debug for RedisRevocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisRevocations")
            .field("place", &self.replica.place())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
