//! [`ScalekitDirectoryBuilder`]: the settings of a [`ScalekitDirectory`].

use std::sync::Arc;
use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::support::{Clock, SystemClock};

use super::freshness::Freshness;
use super::scalekit_directory::{ScalekitDirectory, Settings};
use super::store::DirectoryStore;
use crate::management::{Management, Retries};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Settings of a [`ScalekitDirectory`].
#[derive(Debug)]
#[must_use = "call build() to get it"]
pub struct ScalekitDirectoryBuilder {
    management: Management,
    store: Option<DirectoryStore>,
    list_every: Duration,
    max_age: Duration,
    read_store_every: Duration,
    max_lag: Duration,
    clock_skew: Duration,
    list_retries: Retries,
    clock: Arc<dyn Clock>,
}

impl ScalekitDirectoryBuilder {
    pub(super) fn new(management: Management) -> Self {
        Self {
            management,
            store: None,
            list_every: Duration::from_secs(60 * 60),
            max_age: DAY,
            read_store_every: SECOND,
            max_lag: Duration::from_secs(10),
            clock_skew: Duration::from_secs(5),
            list_retries: Retries::default()
                .max_attempts(20)
                .time_limit(Duration::from_secs(10 * 60)),
            clock: Arc::new(SystemClock::new()),
        }
    }

    /// Keeps the directory over restarts, and shares it with other processes. Default: in the memory of this process,
    /// for one that receives all webhooks.
    pub fn store(mut self, store: DirectoryStore) -> Self {
        self.store = Some(store);
        self
    }

    /// How often everything is listed: 1 min to 7 days, default 1 h. A listing takes one call for 30 users, of members
    /// and of directories each, one for 30 groups, and at least two for each organization; where something is absent,
    /// twice that. Replicas that share a store take turns.
    pub fn list_every(mut self, interval: Duration) -> Self {
        self.list_every = interval;
        self
    }

    /// How old the last full listing of an organization may be before its requests are refused with 503, since events may have been lost:
    /// longer than [`list_every`](Self::list_every), up to 30 days, default 24 h.
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = age;
        self
    }

    /// How often what others have stored is read: 10 ms to 1 min, default 1 s.
    pub fn read_store_every(mut self, interval: Duration) -> Self {
        self.read_store_every = interval;
        self
    }

    /// For how long the store may be unreadable before requests are refused with 503, since others may have stored
    /// changes: longer than [`read_store_every`](Self::read_store_every), up to 1 h, default 10 s.
    pub fn max_lag(mut self, lag: Duration) -> Self {
        self.max_lag = lag;
        self
    }

    /// By how much the clock of this server may be ahead of Scalekit's: up to 5 min, default 5 s. Events of that time
    /// before a listing count as later than it.
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// How the calls of listings are repeated: a limit of calls is for a minute, and a listing may need more. Default: up
    /// to 20 attempts within 10 min. Other calls are repeated as the [`Management`] is set to.
    pub fn list_retries(mut self, retries: Retries) -> Self {
        self.list_retries = retries;
        self
    }

    /// Sets the clock. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Validates the settings. Sends nothing: see [`ScalekitDirectory::run`].
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every setting that is out of range.
    pub fn build(self) -> Result<ScalekitDirectory, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let mut vet = |setting, is_valid: bool, range| {
            if !is_valid {
                let problem = format!("is out of range: choose {range}");
                errors.push(ConfigError::new(setting, problem));
            }
        };
        let within = |value, least, most| (least..=most).contains(&value);
        vet(
            "list_every",
            within(self.list_every, MINUTE, 7 * DAY),
            "1 min to 7 days",
        );
        vet(
            "max_age",
            self.max_age > self.list_every && self.max_age <= 30 * DAY,
            "more than list_every, up to 30 days",
        );
        let least = Duration::from_millis(10);
        vet(
            "read_store_every",
            within(self.read_store_every, least, MINUTE),
            "10 ms to 1 min",
        );
        vet(
            "max_lag",
            self.max_lag > self.read_store_every && self.max_lag <= 60 * MINUTE,
            "more than read_store_every, up to 1 h",
        );
        vet("clock_skew", self.clock_skew <= 5 * MINUTE, "up to 5 min");
        errors.into_result()?;
        let max_lag = self.store.is_some().then_some(self.max_lag);
        Ok(ScalekitDirectory::from_settings(Settings {
            lists: self.management.clone().with_retries(self.list_retries),
            management: self.management,
            freshness: Freshness::new(self.max_age, self.clock_skew, max_lag),
            store: self.store.map(|DirectoryStore(store)| store),
            list_every: self.list_every,
            read_store_every: self.read_store_every,
            clock_skew: self.clock_skew,
            clock: self.clock,
        }))
    }
}
