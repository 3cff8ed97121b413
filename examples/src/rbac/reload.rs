//! New versions of the files: when they change, and at a signal.

use std::io;

use auth_core::error::ErrorChain;
use auth_core::policy::cedar::Cedar;
use auth_core::support::reload::Reload;

use super::policies::Policies;

/// Watches the files until the server stops. Call this on a tokio runtime.
///
/// # Errors
///
/// When the system does not let us listen for the signal.
pub(super) fn keep_up_to_date(policies: &Policies) -> io::Result<()> {
    let files: Vec<_> = [Some(&policies.in_force), policies.dry_run.as_ref()]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    for file in &files {
        tokio::spawn(file.watch());
    }
    on_hangup(files)
}

/// Reads the files again at each SIGHUP, as services do.
#[cfg(unix)]
fn on_hangup(files: Vec<Cedar>) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            for file in &files {
                reload(file).await;
            }
        }
    });
    Ok(())
}

/// Windows has no such signal: the files are watched.
#[cfg(not(unix))]
fn on_hangup(_: Vec<Cedar>) -> io::Result<()> {
    Ok(())
}

/// Says which version is in force now.
async fn reload(file: &Cedar) {
    let result = file.reload_now().await;
    let version = file.version().unwrap_or_default();
    match result {
        Ok(Reload::Replaced) => tracing::info!(version, "policies: the new version is in force"),
        Ok(_) => tracing::info!(version, "policies: unchanged"),
        Err(error) => {
            let error = ErrorChain(&error).to_string();
            tracing::warn!(version, error, "policies: the old version stays in force");
        }
    }
}
