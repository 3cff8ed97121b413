//! What an administrator of the environment does, or its users do outside the client under test.
//!
//! | file | what changes |
//! |---|---|
//! | `sessions` | sessions are opened and end |
//! | `members` | memberships, also by the directory of an organization |
//! | `roles` | roles and permissions |
//! | `organizations` | organizations, their directories and connections |
//! | `events` | nothing: an event is made |

mod events;
mod members;
mod organizations;
mod roles;
mod sessions;

use std::fmt;
use std::time::SystemTime;

use auth_core::support::Clock;

use crate::event::{EventType, Facts};
use crate::issuer::Issuer;
use crate::settings::{Organization, User};

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

/// What an event is about; what is not set is of the user who signs in by default.
#[derive(Debug, Default)]
struct About<'a> {
    organization: Option<&'a str>,
    user: Option<&'a User>,
    /// Of a role or permission.
    name: Option<&'a str>,
    /// Whether the user of a directory was deactivated.
    is_inactive: bool,
}

impl<'a> About<'a> {
    fn named(name: &'a str) -> Self {
        Self {
            name: Some(name),
            ..Self::default()
        }
    }

    fn organization(id: &'a str) -> Self {
        Self {
            organization: Some(id),
            ..Self::default()
        }
    }
}

impl<'a> Admin<'a> {
    pub(crate) fn new(issuer: &'a Issuer, clock: &'a dyn Clock) -> Self {
        Self { issuer, clock }
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    /// Notes an event, and returns its id.
    fn note(&self, kind: EventType, about: &About<'_>) -> String {
        let settings = &self.issuer.settings;
        let state = &mut *self.issuer.state();
        let user = about.user.unwrap_or(&state.user);
        let organization = about.organization.map(Organization::of_id);
        let organization = organization.map(|named| settings.directory.described(&named));
        let organization = organization.or_else(|| settings.home_of(user));
        let facts = Facts {
            now: self.now(),
            environment_id: &settings.environment_id(),
            organization: organization.as_ref(),
            user,
            session: None,
            name: about.name,
            active: !about.is_inactive,
        };
        state.events.add(kind, &facts)
    }
}

impl fmt::Debug for Admin<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Admin").finish_non_exhaustive()
    }
}
