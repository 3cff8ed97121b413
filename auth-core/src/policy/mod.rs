//! Policies: may this verified caller do this?
//!
//! A [`Policy`] is a function from a verified token to a yes or a [`Denied`]. Closures are
//! policies. What the denial is decides the answer, see [`Denied`].

mod authentication;
mod combine;

pub use authentication::{AuthenticationRequirement, InvalidAcr};
pub(crate) use combine::join;
pub use combine::{AllOf, AnyOf, Not, all_of, any_of, not};

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use crate::operation::Operation;
use crate::scope::{InvalidScope, Scopes};
use crate::token::AccessToken;

/// What a policy judges by.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct PolicyRequest<'a> {
    /// The verified token.
    pub token: &'a AccessToken,
    /// The time of the request.
    pub now: SystemTime,
    /// The operation that a rule of an [`OperationPolicy`](crate::OperationPolicy) is asked about.
    pub operation: Option<&'a Operation>,
}

impl<'a> PolicyRequest<'a> {
    /// Asks about the caller behind `token` at `now`.
    #[must_use]
    pub fn new(token: &'a AccessToken, now: SystemTime) -> Self {
        Self {
            token,
            now,
            operation: None,
        }
    }

    /// The same about one operation.
    #[must_use]
    pub fn about(self, operation: &'a Operation) -> Self {
        Self {
            operation: Some(operation),
            ..self
        }
    }
}

/// Why a policy says no, and with it what could help.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denied {
    /// These scopes would help: 403 `insufficient_scope` that names them, together with the others
    /// that the request needs. With no scopes it is as [`Denied::Claims`].
    Scope(Scopes),
    /// No scope can help: 403 without a challenge, since a client would ask for scopes in vain.
    /// The text is for the logs.
    Claims(Cow<'static, str>),
    /// A fresher or stronger login would help: 401 `insufficient_user_authentication`
    /// ([RFC 9470](https://www.rfc-editor.org/rfc/rfc9470)).
    Authentication(AuthenticationRequirement),
}

/// Decides whether a verified caller may go on.
///
/// # Example
///
/// ```
/// use auth_core::{Denied, Policy, PolicyRequest, RequireScopes, all_of};
///
/// let own_tenant = |request: &PolicyRequest<'_>| match request.token.organization() {
///     Some("org_1") => Ok(()),
///     _ => Err(Denied::Claims("another organization".into())),
/// };
/// let policy = all_of([
///     Box::new(RequireScopes::new(["notes:read"])?) as Box<dyn Policy>,
///     Box::new(own_tenant),
/// ]);
/// # let _ = policy;
/// # Ok::<(), auth_core::InvalidScope>(())
/// ```
pub trait Policy: Send + Sync + 'static {
    /// Says yes, or why not.
    ///
    /// # Errors
    ///
    /// [`Denied`], whose variant decides what the caller is told.
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied>;

    /// The scopes that this policy asks for. They stand in every challenge, so that a client asks
    /// for all it needs at once. Default: none.
    fn scopes(&self) -> Scopes {
        Scopes::default()
    }
}

impl<F> Policy for F
where
    F: Fn(&PolicyRequest<'_>) -> Result<(), Denied> + Send + Sync + 'static,
{
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        self(request)
    }
}

impl Policy for Box<dyn Policy> {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        (**self).check(request)
    }

    fn scopes(&self) -> Scopes {
        (**self).scopes()
    }
}

impl Policy for Arc<dyn Policy> {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        (**self).check(request)
    }

    fn scopes(&self) -> Scopes {
        (**self).scopes()
    }
}

/// Asks for all of some scopes, by the token's [hierarchy](crate::ScopeHierarchy).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireScopes(Scopes);

impl RequireScopes {
    /// Asks for each of `scopes`.
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] for a string that is not a scope, and for no scopes at all: that would admit
    /// every caller.
    pub fn new<T: AsRef<str>>(scopes: impl IntoIterator<Item = T>) -> Result<Self, InvalidScope> {
        Scopes::new(scopes)?.try_into()
    }

    /// Asks for each of `scopes`, which can be none where nothing is required.
    pub(crate) fn or_nothing(scopes: Scopes) -> Self {
        Self(scopes)
    }
}

impl TryFrom<Scopes> for RequireScopes {
    type Error = InvalidScope;

    fn try_from(scopes: Scopes) -> Result<Self, InvalidScope> {
        if scopes.is_empty() {
            return Err(InvalidScope::none_at_all());
        }
        Ok(Self(scopes))
    }
}

impl Policy for RequireScopes {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        if request.token.has_scopes(&self.0) {
            Ok(())
        } else {
            // All of them, not the missing ones alone: one challenge, one round trip.
            Err(Denied::Scope(self.0.clone()))
        }
    }

    fn scopes(&self) -> Scopes {
        self.0.clone()
    }
}
