//! [`EndSessionError`]: which part of the end of a session failed.

use std::error::Error;
use std::fmt;

use auth_core::verifier::Unavailable;

use crate::management::ManagementError;

/// A session did not end everywhere. Its tokens are refused by this process in any case; try again for the rest.
#[derive(Debug, Clone)]
pub struct EndSessionError {
    store: Option<Unavailable>,
    api: Option<ManagementError>,
}

impl EndSessionError {
    /// `Ok` if nothing failed. A session or user that the API does not know has no session there.
    pub(super) fn unless_ended(
        store: Result<(), Unavailable>,
        api: Result<(), ManagementError>,
    ) -> Result<(), Self> {
        let (store, api) = (store.err(), api.err());
        let api = api.filter(|error| !error.is_not_found());
        match (&store, &api) {
            (None, None) => Ok(()),
            _ => Err(Self { store, api }),
        }
    }

    /// Why the revocation may not be in effect in other processes, or after a restart.
    #[must_use]
    pub fn store(&self) -> Option<&Unavailable> {
        self.store.as_ref()
    }

    /// Why the session was not ended at Scalekit: its client can still refresh its tokens. The new ones are refused
    /// where the session was revoked, and accepted where a user was.
    #[must_use]
    pub fn api(&self) -> Option<&ManagementError> {
        self.api.as_ref()
    }
}

impl fmt::Display for EndSessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (&self.store, &self.api) {
            (Some(_), None) => "ended at Scalekit, but perhaps not revoked in other processes",
            (None, _) => "revoked here, but not ended at Scalekit",
            (Some(_), Some(_)) => {
                "not ended at Scalekit, and perhaps not revoked in other processes"
            }
        })
    }
}

/// The error of the API, else that of the store.
impl Error for EndSessionError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match (&self.api, &self.store) {
            (Some(api), _) => Some(api),
            (None, Some(store)) => Some(store),
            (None, None) => None,
        }
    }
}
