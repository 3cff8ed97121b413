//! What an administrator of the environment does, or its users do outside the client under test.
//!
//! | file | what changes |
//! |---|---|
//! | `sessions` | sessions are opened and end |
//! | `members` | memberships |
//! | `directories` | directories of organizations, their users and groups |
//! | `roles` | roles and permissions |
//! | `organizations` | organizations and their connections |
//! | `api_keys` | API keys |
//! | `auth_log` | rows of the authentication log |
//! | `events` | nothing: an event is made |

mod api_keys;
mod auth_log;
mod directories;
mod events;
mod members;
mod organizations;
mod roles;
mod sessions;

use std::fmt;
use std::time::SystemTime;

use auth_core::support::Clock;

use crate::change::{About, Change};
use crate::event::EventType;
use crate::issuer::Issuer;

/// Changes of the environment while it is served: sessions end, memberships and roles change, organizations are
/// deleted. Each makes the event that Scalekit makes of it, which goes to [webhooks](crate::MockScalekit::webhooks) and is
/// listed by the events API. What was issued before stays as it is: an access token is valid until it expires.
///
/// Returned by [`MockScalekit::admin`](crate::MockScalekit::admin).
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

    /// Changes the environment.
    fn change<T>(&self, make: impl FnOnce(&mut Change<'_>) -> T) -> T {
        make(&mut Change {
            settings: &self.issuer.settings,
            state: &mut self.issuer.state(),
            now: self.now(),
        })
    }

    /// Records an event, and returns its id.
    fn note(&self, kind: EventType, about: &About<'_>) -> String {
        self.change(|change| change.note(kind, about))
    }
}

impl fmt::Debug for Admin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}
