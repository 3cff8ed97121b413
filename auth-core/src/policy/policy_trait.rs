//! [`Policy`]: the trait.

use std::fmt::Debug;
use std::sync::Arc;

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use crate::token::Scopes;

/// Decides whether a verified caller may make a request.
///
/// # Example
///
/// ```
/// use auth_core::policy::{Denied, Policy, RequireScopes, all_of, policy_fn};
///
/// let own_tenant = policy_fn(|request| match request.token().organization() {
///     Some("org_1") => Ok(()),
///     _ => Err(Denied::Forbidden("another organization".into())),
/// });
/// let policy = all_of([
///     Box::new(RequireScopes::new(["notes:read"])?) as Box<dyn Policy>,
///     Box::new(own_tenant),
/// ]);
/// # let _ = policy;
/// # Ok::<(), auth_core::token::InvalidScope>(())
/// ```
pub trait Policy: Debug + Send + Sync + 'static {
    /// Allows the request, or denies it.
    ///
    /// # Errors
    ///
    /// [`Denied`], whose variant determines the response.
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied>;

    /// The scopes that this policy requires. Every challenge names them, so that a client can request
    /// all that it needs at once. Default: none.
    fn scopes(&self) -> Scopes {
        Scopes::default()
    }

    /// Whether it needs the [arguments](PolicyRequest::arguments) of operations. If so, the layer
    /// reads the body of every request that a rule with this policy applies to. Only rules about
    /// operations have arguments, so the layer does not build with such a policy elsewhere. Called
    /// once, when the layer is built. Default: `false`.
    fn needs_arguments(&self) -> bool {
        false
    }

    /// Whether the session of the token must exist at the issuer for what this policy allows; see
    /// [`session_is_live`](super::session_is_live()). If so, the layer asks its
    /// [`LiveSessions`](crate::revocation::LiveSessions) about every request that this policy applies to, and does not
    /// build without them. Always the same. Default: `false`.
    fn needs_live_session(&self) -> bool {
        false
    }

    /// Whether it needs the [member](PolicyRequest::member) that the caller is. If so, the layer looks it up in its
    /// [`Directory`](crate::directory::Directory) for every request that this policy applies to, and does not build
    /// without one. Always the same. Default: `false`.
    fn needs_member(&self) -> bool {
        false
    }
}

/// Implements the trait for a pointer, by that of its target.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // Without this, a method that is missing here would silently use the trait's default.
        #[deny(clippy::missing_trait_methods)]
        impl<P: Policy + ?Sized> Policy for $pointer<P> {
            fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
                (**self).check(request)
            }

            fn scopes(&self) -> Scopes {
                (**self).scopes()
            }

            fn needs_arguments(&self) -> bool {
                (**self).needs_arguments()
            }

            fn needs_live_session(&self) -> bool {
                (**self).needs_live_session()
            }

            fn needs_member(&self) -> bool {
                (**self).needs_member()
            }
        }
    )*};
}

forwarded!(Arc, Box);
