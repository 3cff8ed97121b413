//! Lists from time to time, and reads what other processes have stored.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::error::ErrorChain;

use super::error::DirectoryError;
use super::listing::LEASE;
use super::mirror::Origin;
use super::record::{from_nanos, to_nanos};
use super::scalekit_directory::{ScalekitDirectory, Shared};
use super::store::{DirectoryStoreError, Store, Turn};
use crate::remote::Backoff;

/// How many records are read from the store at once.
const READ_LIMIT: u32 = 1_000;
/// The shortest and the longest pause between looks for the turn.
const MIN_PAUSE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The attempts at a listing that have failed so far.
#[derive(Default)]
struct Attempts {
    failures: u32,
    /// When the first of them began.
    first: Option<SystemTime>,
    not_before: Option<SystemTime>,
}

impl ScalekitDirectory {
    /// Lists everything now, unless another process has, and then again from time to time; reads what others store.
    /// Until the last handle is dropped. After a failure there is another listing after 1 s, doubling to 30 s. Needs a
    /// tokio runtime.
    #[must_use = "spawn it"]
    pub fn run(&self) -> impl Future<Output = ()> + Send + 'static {
        let (lists, reads) = (Arc::downgrade(&self.0), Arc::downgrade(&self.0));
        async move {
            let list = async {
                let mut attempts = Attempts::default();
                while let Some(shared) = lists.upgrade() {
                    shared.list_wanted().await;
                    let wait = shared.list_if_due(&mut attempts).await;
                    let pause = shared.settings.clock.sleep(wait);
                    let wake = Arc::clone(&shared.wake);
                    drop(shared);
                    tokio::select! {
                        () = pause => {}
                        () = wake.notified() => {}
                    }
                }
            };
            let read = async {
                while let Some(shared) = reads.upgrade() {
                    let Some(store) = &shared.settings.store else {
                        return;
                    };
                    shared.read_store(&**store).await;
                    let pause = shared
                        .settings
                        .clock
                        .sleep(shared.settings.read_store_every);
                    drop(shared);
                    pause.await;
                }
            };
            tokio::join!(list, read);
        }
    }

    /// Reads what other processes have stored. [`run`](Self::run) does it all the time.
    ///
    /// # Errors
    ///
    /// [`DirectoryStoreError`] if the store cannot be read.
    pub async fn read_store_once(&self) -> Result<(), DirectoryStoreError> {
        match &self.0.settings.store {
            Some(store) => self.0.read_changes(&**store).await,
            None => Ok(()),
        }
    }
}

impl Shared {
    /// Lists, if it is time to; returns when to look again.
    async fn list_if_due(&self, attempts: &mut Attempts) -> Duration {
        let error = match self.try_list(attempts).await {
            Ok(wait) => return wait,
            Err(error) => error,
        };
        let text = ErrorChain(&error).to_string();
        tracing::warn!(error = %text, "the directory was not listed in full, and is listed again soon");
        self.keep(Err(text));
        let now = self.settings.clock.now();
        attempts.failures = attempts.failures.saturating_add(1);
        let asked = match &error {
            DirectoryError::Management(error) => error.retry_after(),
            DirectoryError::Store(_) => None,
        };
        let wait = Backoff::default().wait_at_least(attempts.failures, asked);
        attempts.not_before = now.checked_add(wait);
        wait
    }

    async fn try_list(&self, attempts: &mut Attempts) -> Result<Duration, DirectoryError> {
        let (now, interval) = (self.settings.clock.now(), self.settings.list_every);
        let left = |then: SystemTime| then.duration_since(now).unwrap_or_default();
        // It may have been woken for something else.
        let wait = attempts.not_before.map(left).unwrap_or_default();
        if !wait.is_zero() {
            return Ok(wait);
        }
        match &self.settings.store {
            Some(store) => {
                let turn = store.begin_listing(now, interval, LEASE).await?;
                if let Turn::NotBefore(then) = turn {
                    attempts.first = None;
                    // A process that dies gives up its turn only after the lease.
                    return Ok(left(then).clamp(MIN_PAUSE, MAX_PAUSE));
                }
            }
            None => {
                let last = self.settings.freshness.last_listing().map(from_nanos);
                let wait = last.map(|last| left(last + interval)).unwrap_or_default();
                if !wait.is_zero() {
                    return Ok(wait);
                }
            }
        }
        let resumed = attempts.first;
        attempts.first = Some(resumed.unwrap_or(now));
        self.list(resumed).await?;
        *attempts = Attempts::default();
        Ok(match self.settings.store {
            Some(_) => MAX_PAUSE.min(interval),
            None => interval,
        })
    }

    async fn read_store(&self, store: &dyn Store) {
        if let Err(error) = self.read_changes(store).await {
            let error = ErrorChain(&error);
            tracing::warn!(%error, "what others have changed in the directory is not known now");
        }
    }

    /// Reads all that was stored since the last time.
    pub(super) async fn read_changes(&self, store: &dyn Store) -> Result<(), DirectoryStoreError> {
        let mut last_read = self.last_read.lock().await;
        // Before the records, so that all records of that listing are among those that are read next.
        let listed = store.last_listing().await?;
        loop {
            let stored = store.changes(*last_read, READ_LIMIT).await?;
            let is_empty = stored.records.is_empty();
            self.mirror.apply(stored.records, Origin::Store);
            // The numbers begin again where an older copy of the database was restored. What it has counts for all
            // replicas, and a listing corrects it for all of them.
            let was_replaced = stored.last < *last_read;
            if was_replaced {
                self.mirror.clear();
            }
            *last_read = if was_replaced { 0 } else { stored.last };
            if is_empty && !was_replaced {
                break;
            }
        }
        if let Some(listed) = listed {
            self.settings.freshness.listed(to_nanos(listed));
        }
        self.settings.freshness.read_store(&*self.settings.clock);
        Ok(())
    }
}
