//! What an administrator of the environment does, or its users do outside the client under test.

mod events;
mod sessions;

use std::fmt;
use std::time::SystemTime;

use auth_core::support::Clock;

use crate::issuer::Issuer;

/// Changes of the environment while it is served: sessions end, and events are made. Returned by
/// [`MockScalekit::admin`](crate::MockScalekit::admin).
///
/// ```
/// # async fn example() {
/// # let scalekit = auth_testkit::MockScalekit::start().await;
/// let session = scalekit.admin().open_session("usr_1000000001", "org_1000000001");
/// let token = scalekit.token().session(&session).sign();
/// // … a request with the token is admitted …
/// scalekit.admin().end_session(&session);
/// // … and the next one is refused …
/// # drop(token);
/// # }
/// ```
pub struct Admin<'a> {
    issuer: &'a Issuer,
    clock: &'a dyn Clock,
}

impl<'a> Admin<'a> {
    pub(crate) fn new(issuer: &'a Issuer, clock: &'a dyn Clock) -> Self {
        Self { issuer, clock }
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

impl fmt::Debug for Admin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}
