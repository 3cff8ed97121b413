//! [`RedisIdempotency`]: what has an effect once in all replicas.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::{Value, cmd};

use super::connect::RedisError;
use super::link::Link;
use super::settings::{Checked, RedisSettings};
use crate::error::ConfigErrors;
use crate::idempotency::{Begin, IdempotencyStore};
use crate::verifier::Unavailable;

const IN_PROGRESS: &str = "in progress";
const DONE: &str = "done";
/// How long a caller should wait after a failure.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Keys that all replicas share, in Redis. It connects with the first key.
pub struct RedisIdempotency {
    settings: Arc<Checked>,
    link: Link,
}

impl RedisIdempotency {
    /// In this Redis.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] for a setting that is wrong.
    pub fn new(settings: &RedisSettings) -> Result<Self, ConfigErrors> {
        let settings = Arc::new(settings.check()?);
        Ok(Self {
            link: Link::new(Arc::clone(&settings)),
            settings,
        })
    }

    fn key(&self, key: &str) -> String {
        format!("{}{key}", self.settings.key("once:"))
    }
}

fn unavailable(error: RedisError) -> Unavailable {
    Unavailable::new(RETRY_AFTER).because(error)
}

/// At least a millisecond: Redis refuses zero.
fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis())
        .unwrap_or(u64::MAX)
        .clamp(1, i64::MAX.unsigned_abs() / 2)
}

#[async_trait]
impl IdempotencyStore for RedisIdempotency {
    async fn begin(&self, key: &str, lease: Duration) -> Result<Begin, Unavailable> {
        let key = self.key(key);
        let mut set = cmd("SET");
        set.arg(&key)
            .arg(IN_PROGRESS)
            .arg("NX")
            .arg("PX")
            .arg(millis(lease));
        let set: Option<String> = self.link.ask("SET", &set).await.map_err(unavailable)?;
        if set.is_some() {
            return Ok(Begin::First);
        }
        let mut get = cmd("GET");
        let state: Option<String> = self
            .link
            .ask("GET", get.arg(&key))
            .await
            .map_err(unavailable)?;
        Ok(match state.as_deref() {
            Some(DONE) => Begin::Done,
            // Also if it has just ended: the next attempt is the first.
            _ => Begin::InProgress,
        })
    }

    async fn complete(&self, key: &str, keep: Duration) -> Result<(), Unavailable> {
        let mut set = cmd("SET");
        set.arg(self.key(key)).arg(DONE).arg("PX").arg(millis(keep));
        let _: Value = self.link.ask("SET", &set).await.map_err(unavailable)?;
        Ok(())
    }

    async fn abandon(&self, key: &str) -> Result<(), Unavailable> {
        let mut del = cmd("DEL");
        let _: Value = self
            .link
            .ask("DEL", del.arg(self.key(key)))
            .await
            .map_err(unavailable)?;
        Ok(())
    }
}

impl fmt::Debug for RedisIdempotency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisIdempotency")
            .field("place", &self.settings.place())
            .finish_non_exhaustive()
    }
}
