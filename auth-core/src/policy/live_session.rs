//! [`session_is_live`]: the session of the token must still exist at the issuer.

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;

/// Requires that the session in which the token was issued exists at the issuer when the request arrives: for
/// operations so sensitive that a revocation that is still on its way is too late. The layer asks its
/// [`LiveSessions`](crate::revocation::LiveSessions), after all policies have allowed the request; a token whose
/// session has ended, or that has none, receives 401, and 503 if that is not known now.
///
/// ```
/// use auth_core::layer::AuthLayer;
/// use auth_core::policy::{OperationPolicy, RequireScopes, all_of, session_is_live};
/// use auth_core::policy::Policy;
/// use auth_core::provider::AuthProvider;
/// use auth_core::revocation::LiveSessions;
///
/// # fn demo(provider: impl AuthProvider, sessions: impl LiveSessions) -> Result<(), Box<dyn std::error::Error>> {
/// let pay: [Box<dyn Policy>; 2] =
///     [Box::new(RequireScopes::new(["payments:write"])?), Box::new(session_is_live())];
/// let operations = OperationPolicy::builder().tool("pay", all_of(pay)).build()?;
/// let layer = AuthLayer::builder(provider).operations(operations).live_sessions(sessions).build()?;
/// # let _ = layer; Ok(()) }
/// ```
///
/// As part of [`any_of`](super::any_of()) or [`not`](super::not()) the session is required all the same, since the
/// layer asks whenever a policy [needs](Policy::needs_live_session) it. A [list](PolicyRequest::is_listing) does not
/// ask: it shows what the caller may use with a live session.
#[must_use]
pub fn session_is_live() -> SessionIsLive {
    SessionIsLive
}

/// The policy made by [`session_is_live`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionIsLive;

impl Policy for SessionIsLive {
    /// The layer has asked, or will.
    fn check(&self, _: &PolicyRequest<'_>) -> Result<(), Denied> {
        Ok(())
    }

    fn needs_live_session(&self) -> bool {
        true
    }
}
