//! [`DirectoryError`]: why the directory was not listed.

use auth_core::verifier::Unavailable;
use thiserror::Error;

use super::SOON;
use super::store::DirectoryStoreError;
use crate::management::ManagementError;

/// Why the directory was not listed or changed. What was stored before the failure stays: it is newer than what was
/// known.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// The management API cannot be read, or lacks a permission.
    #[error("the directory cannot be read from the management API")]
    Management(#[source] ManagementError),
    /// The database cannot be used.
    #[error("the directory cannot be stored")]
    Store(#[source] DirectoryStoreError),
}

impl From<ManagementError> for DirectoryError {
    fn from(error: ManagementError) -> Self {
        Self::Management(error)
    }
}

impl From<DirectoryStoreError> for DirectoryError {
    fn from(error: DirectoryStoreError) -> Self {
        Self::Store(error)
    }
}

impl From<DirectoryError> for Unavailable {
    fn from(error: DirectoryError) -> Self {
        Self::new(SOON).because(error)
    }
}
