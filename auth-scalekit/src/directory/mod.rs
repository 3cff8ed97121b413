//! The directory of Scalekit: who is a member of which organization and group now.
//!
//! | file | job |
//! |---|---|
//! | `scalekit_directory` | [`ScalekitDirectory`]: the [`Directory`](auth_core::directory::Directory) |
//! | `builder` | its settings |
//! | `listing`, `listing_report` | reads all organizations, users and groups, and what that has changed |
//! | `events` | takes in webhooks |
//! | `runner` | lists from time to time, and reads what other replicas have stored |
//! | `freshness` | whether what is known may decide requests |
//! | `record` | one thing that is known, and how a newer record replaces it |
//! | `mirror` | all that is known, in memory, by which requests are decided |
//! | `store` | where it is kept, and shared by replicas |
//! | `error` | why it was not listed |
//!
//! ```
//! use auth_core::layer::AuthLayer;
//! use auth_core::policy::active_member;
//! use auth_scalekit::ScalekitProvider;
//! use auth_scalekit::directory::ScalekitDirectory;
//! use auth_scalekit::management::Management;
//! use auth_scalekit::webhooks::EventProcessor;
//!
//! # fn demo(provider: ScalekitProvider, management: Management) -> Result<(), auth_core::error::ConfigErrors> {
//! let directory = ScalekitDirectory::builder(management).build()?;
//! tokio::spawn(directory.run());
//! // For the WebhookService and CatchUp of this server: what changes takes effect with its webhook.
//! let processor = EventProcessor::of(&provider).handler(directory.clone()).build()?;
//! let layer = AuthLayer::builder(provider).directory(directory).policy(active_member()).build()?;
//! # let _ = (processor, layer); Ok(()) }
//! ```
//!
//! # Who is an active member
//!
//! A user (`usr_…`, the `sub` of tokens) whose membership in the organization (`oid`) has the status `ACTIVE`, unless a
//! directory (SCIM) of the organization objects: it has a user with the same e-mail address who is not active there,
//! or who was removed from it after the membership began and is in no other. Directories that are switched off do not count. Groups are
//! those of the directories. Machines are no members.
//!
//! Scalekit connects users of directories to users by e-mail address only, and so does this; the case of ASCII letters
//! does not matter. Whether a user who is removed from a directory loses the membership too is not documented, nor is
//! whether a deleted user causes an event: a full listing finds both.
//!
//! # How it stays right
//!
//! Each webhook changes what it is about, in any order and however often it arrives: the time of the event decides.
//! Events about memberships do not state their status, so that the user is read then. A full listing, every hour by
//! default, finds what was lost, and [reports](ListingReport) and logs what it had to change. What is absent from a
//! list is absent only if it is absent from a second one, which begins at once: pages may shift while they are read.
//!
//! # Replicas
//!
//! A webhook arrives at one of them. So they share a [`DirectoryStore`], or each request is decided by what its replica
//! happens to know. One of them lists at a time; all read each second what the others have stored, and refuse requests
//! with 503 when that fails for [`max_lag`](ScalekitDirectoryBuilder::max_lag).

mod builder;
mod error;
mod events;
mod freshness;
mod listing;
mod listing_report;
mod mirror;
mod record;
mod runner;
mod scalekit_directory;
mod store;

use std::time::Duration;

pub use builder::ScalekitDirectoryBuilder;
pub use error::DirectoryError;
pub use listing_report::ListingReport;
pub use mirror::{RecordChange, RecordCounts};
pub use record::RecordKind;
pub use scalekit_directory::{DirectoryState, ScalekitDirectory};
#[cfg(feature = "postgres")]
pub use store::PostgresSettings;
pub use store::{DirectoryStore, DirectoryStoreError};

/// `Retry-After` for a short-lived condition.
const SOON: Duration = Duration::from_secs(5);
