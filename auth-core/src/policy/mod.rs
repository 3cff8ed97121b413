//! Policies: may this verified caller do this?
//!
//! A [`Policy`] is a function from a verified token to a yes or a [`Denied`], which decides the answer.
//! [`policy_fn`] makes one of a closure. What has to be asked elsewhere is an
//! [`Authorizer`](crate::policy::Authorizer).

mod authentication;
mod authorizer;
mod combine;
mod operations;

pub use authentication::{AuthenticationRequirement, InvalidAcr};
pub use authorizer::{AuthorizationRequest, Authorizer, NotAuthorized};
pub(crate) use combine::join;
pub use combine::{AllOf, AnyOf, Not, all_of, any_of, not};
pub(crate) use operations::Found;
pub use operations::{OperationPolicy, OperationPolicyBuilder};

use std::borrow::Cow;
use std::fmt::{self, Debug};
use std::sync::Arc;
use std::time::SystemTime;

use crate::operation::Operation;
use crate::token::ScopeHierarchy;
use crate::token::VerifiedToken;
use crate::token::{InvalidScope, Scopes};
use crate::verifier::{RequestHead, WatchedHead};

/// What a policy judges by.
#[derive(Debug, Clone, Copy)]
pub struct PolicyRequest<'a> {
    token: &'a VerifiedToken,
    now: SystemTime,
    operation: Option<&'a Operation>,
    head: WatchedHead<'a>,
    hierarchy: &'a ScopeHierarchy,
}

impl<'a> PolicyRequest<'a> {
    /// Asks about the caller behind `token` at `now`, outside of any request and without a scope hierarchy.
    #[must_use]
    pub fn new(token: &'a VerifiedToken, now: SystemTime) -> Self {
        Self {
            token,
            now,
            operation: None,
            head: WatchedHead::unwatched(RequestHead::empty()),
            hierarchy: ScopeHierarchy::FLAT,
        }
    }

    /// The same about one operation.
    #[must_use]
    pub fn about(mut self, operation: &'a Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Sets the head of the request. Default: [`RequestHead::empty`].
    #[must_use]
    pub fn with_head(mut self, head: RequestHead<'a>) -> Self {
        self.head = WatchedHead::unwatched(head);
        self
    }

    /// Sets which scopes imply which others. Default: none do.
    #[must_use]
    pub fn with_hierarchy(mut self, hierarchy: &'a ScopeHierarchy) -> Self {
        self.hierarchy = hierarchy;
        self
    }

    pub(crate) fn with_watched_head(mut self, head: WatchedHead<'a>) -> Self {
        self.head = head;
        self
    }

    /// The verified token.
    #[must_use]
    pub fn token(&self) -> &'a VerifiedToken {
        self.token
    }

    /// The time of the request.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now
    }

    /// The operation that a rule of an [`OperationPolicy`](crate::policy::OperationPolicy) is asked about; `None` for what
    /// every request needs.
    #[must_use]
    pub fn operation(&self) -> Option<&'a Operation> {
        self.operation
    }

    /// The head of the request.
    #[must_use]
    pub fn head(&self) -> RequestHead<'a> {
        self.head.look()
    }

    /// Whether the token's scopes suffice for `scope`, itself or through a broader one of the layer's
    /// [hierarchy](crate::layer::AuthLayerBuilder::scope_hierarchy).
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.hierarchy.satisfies(self.token.scopes(), scope)
    }

    /// Whether the token's scopes suffice for each of `scopes`.
    #[must_use]
    pub fn has_scopes(&self, scopes: &Scopes) -> bool {
        self.hierarchy.satisfies_all(self.token.scopes(), scopes)
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
/// use auth_core::policy::{Denied, Policy, RequireScopes, all_of, policy_fn};
///
/// let own_tenant = policy_fn(|request| match request.token().organization() {
///     Some("org_1") => Ok(()),
///     _ => Err(Denied::Claims("another organization".into())),
/// });
/// let policy = all_of([
///     Box::new(RequireScopes::new(["notes:read"])?) as Box<dyn Policy>,
///     Box::new(own_tenant),
/// ]);
/// # let _ = policy;
/// # Ok::<(), auth_core::token::InvalidScope>(())
/// ```
pub trait Policy: Debug + Send + Sync + 'static {
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

/// For pointers: what they point to answers.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // A method that is forgotten here would silently be its default instead of the policy's.
        #[deny(clippy::missing_trait_methods)]
        impl<P: Policy + ?Sized> Policy for $pointer<P> {
            fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
                (**self).check(request)
            }

            fn scopes(&self) -> Scopes {
                (**self).scopes()
            }
        }
    )*};
}

forwarded!(Arc, Box);

/// A policy made of a closure.
///
/// ```
/// use auth_core::policy::{Denied, policy_fn};
///
/// let only_machines = policy_fn(|request| match request.token().is_machine() {
///     true => Ok(()),
///     false => Err(Denied::Claims("a user".into())),
/// });
/// # let _ = only_machines;
/// ```
pub fn policy_fn<F>(check: F) -> PolicyFn<F>
where
    F: Fn(&PolicyRequest<'_>) -> Result<(), Denied> + Send + Sync + 'static,
{
    PolicyFn { check }
}

/// Made by [`policy_fn`].
#[derive(Clone, Copy)]
pub struct PolicyFn<F> {
    check: F,
}

impl<F> Policy for PolicyFn<F>
where
    F: Fn(&PolicyRequest<'_>) -> Result<(), Denied> + Send + Sync + 'static,
{
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        (self.check)(request)
    }
}

impl<F> fmt::Debug for PolicyFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PolicyFn")
            .field(&std::any::type_name::<F>())
            .finish()
    }
}

/// Asks for all of some scopes, by the layer's [hierarchy](crate::token::ScopeHierarchy).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireScopes(Scopes);

impl RequireScopes {
    /// Asks for each of `scopes`.
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] for a string that is not a scope, and for no scopes at all: that would authenticate_and_authorize
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
        if request.has_scopes(&self.0) {
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
