//! The lock that processes share while one of them refreshes tokens.

use std::{path::Path, time::Duration};

use rmcp::transport::auth::AuthError;

use super::super::{disk::store_error, lock::Lock};

/// How long a refresh waits for another process that refreshes the same tokens: as long as two requests may take.
const LOCK_TIMEOUT: Duration = Duration::from_secs(75);

/// How often it tries to get the lock meanwhile.
const LOCK_PERIOD: Duration = Duration::from_millis(20);

/// Waits for the lock.
///
/// # Errors
///
/// Those of the system, and when another process has held it for 75 seconds.
pub(super) async fn acquire(path: &Path) -> Result<Lock, AuthError> {
    let wait = async {
        loop {
            match Lock::try_now(path) {
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) => tokio::time::sleep(LOCK_PERIOD).await,
                Err(error) => {
                    let error = store_error(path, &error);
                    return Err(AuthError::CredentialStoreError(error.to_string()));
                }
            }
        }
    };
    tokio::time::timeout(LOCK_TIMEOUT, wait)
        .await
        .map_err(|_| {
            AuthError::CredentialStoreError(format!(
                "another process has held {} for {} s; end it",
                path.display(),
                LOCK_TIMEOUT.as_secs()
            ))
        })?
}
