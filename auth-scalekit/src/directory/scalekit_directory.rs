//! [`ScalekitDirectory`]: the members and groups of the organizations of Scalekit.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use auth_core::directory::{Directory, Group, Member};
use auth_core::support::Clock;
use auth_core::verifier::Unavailable;
use tokio::sync::Notify;

use super::builder::ScalekitDirectoryBuilder;
use super::freshness::Freshness;
use super::listing_report::ListingReport;
use super::mirror::{Changes, Mirror, Organization, Origin, RecordCounts};
use super::record::{Record, from_nanos};
use super::store::{DirectoryStoreError, Store};
use crate::management::Management;

/// The members and groups of the organizations of Scalekit, for [`active_member`](auth_core::policy::active_member()),
/// [`in_group`](auth_core::policy::in_group()), tools and handlers.
///
/// Filled by full listings of the management API while [`run`](Self::run) is spawned, and kept by webhooks, as a
/// [`WebhookHandler`](crate::webhooks::WebhookHandler) of the
/// [`EventProcessor`](crate::webhooks::EventProcessorBuilder::handler). Requests are decided from memory, and are
/// refused with 503 before the first listing is complete, and when the last one is too old.
///
/// Needs the permissions `organizations:read`, `users:read`, and `directories_read` or `scim:read`. The memory of
/// 100,000 members who are also users of directories is about 160 MiB. Cheap to clone; clones share all state.
#[derive(Clone)]
pub struct ScalekitDirectory(pub(super) Arc<Shared>);

/// How many records are stored at once.
pub(super) const BATCH: usize = 100;

pub(super) struct Settings {
    pub(super) management: Management,
    /// The same for listings, which wait where an event cannot.
    pub(super) lists: Management,
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) freshness: Freshness,
    pub(super) list_every: Duration,
    pub(super) read_store_every: Duration,
    pub(super) clock_skew: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

pub(super) struct Shared {
    pub(super) settings: Settings,
    pub(super) mirror: Mirror,
    /// One listing at a time.
    pub(super) listing: tokio::sync::Mutex<()>,
    /// The number of the last record that was read from the store.
    pub(super) last_read: tokio::sync::Mutex<i64>,
    /// Organizations of which something must be read that no event states.
    pub(super) wanted: Mutex<BTreeSet<Box<str>>>,
    pub(super) wake: Arc<Notify>,
    last: Mutex<LastListing>,
}

#[derive(Default)]
struct LastListing {
    report: Option<ListingReport>,
    error: Option<String>,
}

/// The state of a [`ScalekitDirectory`], for health checks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DirectoryState {
    /// When the last complete listing was started, by this or another process; `None` before the first.
    pub last_listing: Option<SystemTime>,
    /// What the last complete listing of this process has found.
    pub last_report: Option<ListingReport>,
    /// Why the last listing of this process has failed, if it has.
    pub last_error: Option<String>,
    /// How long ago this process knew all that was stored; `None` without a store, and before it was read.
    pub lag: Option<Duration>,
    /// What is known.
    pub records: RecordCounts,
}

impl ScalekitDirectory {
    /// Settings of a directory that is read from this management API, with client credentials.
    pub fn builder(management: Management) -> ScalekitDirectoryBuilder {
        ScalekitDirectoryBuilder::new(management)
    }

    pub(super) fn from_settings(settings: Settings) -> Self {
        Self(Arc::new(Shared {
            settings,
            mirror: Mirror::default(),
            listing: tokio::sync::Mutex::default(),
            last_read: tokio::sync::Mutex::default(),
            wanted: Mutex::default(),
            wake: Arc::default(),
            last: Mutex::default(),
        }))
    }

    /// The state. Sends nothing; counts all records.
    #[must_use]
    pub fn state(&self) -> DirectoryState {
        let Settings {
            freshness, clock, ..
        } = &self.0.settings;
        let last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        DirectoryState {
            last_listing: freshness.last_listing().map(from_nanos),
            last_report: last.report.clone(),
            last_error: last.error.clone(),
            lag: freshness.lag(&**clock),
            records: self.0.mirror.counts(),
        }
    }

    /// The ids of the organizations (`org_…`) that exist, in no particular order.
    #[must_use]
    pub fn organizations(&self) -> Vec<String> {
        let ids = self.0.mirror.organizations();
        ids.into_iter().map(String::from).collect()
    }
}

impl Directory for ScalekitDirectory {
    /// [`Unavailable`] also for an organization that was never listed, such as one that was founded a moment ago.
    fn member(&self, organization: &str, subject: &str) -> Result<Option<Member>, Unavailable> {
        self.0.ask(organization, |it| it.member(subject))
    }

    fn groups(&self, organization: &str) -> Result<Vec<Group>, Unavailable> {
        self.0.ask(organization, Organization::groups)
    }

    fn members_of(&self, organization: &str, group_id: &str) -> Result<Vec<Member>, Unavailable> {
        self.0.ask(organization, |it| it.members_of(group_id))
    }
}

impl Shared {
    /// Asks an organization; an empty answer if it was removed.
    fn ask<T: Default>(
        &self,
        organization: &str,
        ask: impl FnOnce(&Organization) -> T,
    ) -> Result<T, Unavailable> {
        let Settings {
            freshness, clock, ..
        } = &self.settings;
        freshness.check_store(&**clock)?;
        let (listed, answer) = self.mirror.ask(organization, ask);
        freshness.check_listing(listed, &**clock)?;
        Ok(answer.unwrap_or_default())
    }

    /// Takes in what events and listings state: stored first, if there is a store, so that what this process knows
    /// survives it.
    pub(super) async fn write(&self, records: Vec<Record>) -> Result<Changes, DirectoryStoreError> {
        let Some(store) = &self.settings.store else {
            return Ok(self.mirror.apply(records, Origin::News));
        };
        let mut changes = Changes::default();
        for batch in records.chunks(BATCH) {
            let stored = store.merge(batch.to_vec()).await?;
            changes.merge(self.mirror.apply(stored, Origin::Store));
        }
        Ok(changes)
    }

    pub(super) fn keep(&self, result: Result<&ListingReport, String>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Ok(report) => {
                last.report = Some(report.clone());
                last.error = None;
            }
            Err(error) => last.error = Some(error),
        }
    }
}

/// Shows no member.
impl fmt::Debug for ScalekitDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScalekitDirectory")
            .field("management", &self.0.settings.management)
            .field("store", &self.0.settings.store)
            .finish_non_exhaustive()
    }
}
