//! Ends the program with its parent: a mock that outlives its test suite would answer the next run.

use std::time::Duration;

/// How often the parent is checked.
const EVERY: Duration = Duration::from_millis(200);

/// The process that started this one. Read it before readiness is reported: from then on the parent may end at
/// any moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parent(#[cfg(unix)] u32);

impl Parent {
    pub(super) fn note() -> Self {
        Self(
            #[cfg(unix)]
            std::os::unix::process::parent_id(),
        )
    }

    /// Returns when the parent has ended. On Unix an orphan gets another parent; elsewhere this never
    /// returns.
    pub(super) async fn has_ended(self) {
        #[cfg(unix)]
        while std::os::unix::process::parent_id() == self.0 {
            tokio::time::sleep(EVERY).await;
        }
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
    }
}
