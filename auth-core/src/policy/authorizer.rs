//! [`Authorizer`]: asynchronous decisions, and decisions that depend on an operation's arguments.

use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Denied, PolicyRequest};
use crate::operation::Operation;
use crate::support::json::RawObject;
use crate::verifier::Unavailable;

/// What an authorizer decides by: a [`PolicyRequest`], and the operation's arguments. Later versions can add to it
/// without breaking implementers.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    request: PolicyRequest<'a>,
    arguments: Option<&'a RawObject>,
}

impl<'a> AuthorizationRequest<'a> {
    /// A request without arguments.
    #[must_use]
    pub fn new(request: PolicyRequest<'a>) -> Self {
        Self {
            request,
            arguments: None,
        }
    }

    /// One request for each operation; a single one if there is no operation.
    pub(crate) fn each(
        request: PolicyRequest<'a>,
        operations: &'a [Operation],
        arguments: &'a [Option<RawObject>],
    ) -> impl Iterator<Item = Self> {
        let without = operations.is_empty().then(|| Self::new(request));
        let each = operations
            .iter()
            .enumerate()
            .map(move |(index, operation)| {
                let arguments = arguments.get(index).and_then(Option::as_ref);
                Self::new(request.with_operation(operation)).with_arguments(arguments)
            });
        without.into_iter().chain(each)
    }

    /// Sets the arguments of the operation. Default: none.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Option<&'a RawObject>) -> Self {
        self.arguments = arguments;
        self
    }

    /// The `arguments` of `tools/call` or `prompts/get`: an object that was parsed strictly. `None` when there are
    /// none, for other methods, and when no authorizer of the layer [needs](Authorizer::needs_arguments) them.
    #[must_use]
    pub fn arguments(&self) -> Option<&'a RawObject> {
        self.arguments
    }
}

impl<'a> Deref for AuthorizationRequest<'a> {
    type Target = PolicyRequest<'a>;

    fn deref(&self) -> &PolicyRequest<'a> {
        &self.request
    }
}

/// Why an authorizer does not allow a request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NotAuthorized {
    /// The request is denied, as by a policy.
    Denied(Denied),
    /// No decision is available now: 503, never 403.
    Unavailable(Unavailable),
}

impl From<Denied> for NotAuthorized {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Unavailable> for NotAuthorized {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

/// Decides whether a verified caller may perform an operation, where that takes a request to a database or a
/// policy engine, or depends on the operation's arguments. A decision that needs only the token and the head of
/// the request is a [`Policy`](crate::policy::Policy), which is synchronous and cheap.
///
/// Authorizers run last, after every policy has allowed the request: once for each operation of the request, and
/// once without an operation if the request has none (a stream; a path without operations). They do not run for
/// requests whose operations are all public, for anonymous requests, or for the items of a list that is
/// [filtered](crate::policy::OperationPolicyBuilder::filter_lists). For an open stream they run again from time to time
/// ([`recheck_streams_every`](crate::layer::AuthLayerBuilder::recheck_streams_every)), with the request that opened it. A
/// stream that was opened with more than 64 KiB of arguments that an authorizer needs ends at that time, since
/// the arguments are not kept.
///
/// # Example
///
/// ```
/// use auth_core::policy::{AuthorizationRequest, Authorizer, Denied, NotAuthorized};
/// use auth_core::support::async_trait;
/// use auth_core::verifier::Unavailable;
/// use std::time::Duration;
///
/// /// Allows callers with credit left, by a table.
/// #[derive(Debug)]
/// struct Credit;
///
/// #[async_trait]
/// impl Authorizer for Credit {
///     async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
///         let credit = credit_of(request.token().subject()).await;
///         match credit.map_err(|error| Unavailable::new(Duration::from_secs(1)).because(error))? {
///             0 => Err(Denied::Forbidden("no credit".into()).into()),
///             _ => Ok(()),
///         }
///     }
/// }
/// # async fn credit_of(_: &str) -> Result<u64, std::io::Error> { Ok(1) }
/// ```
#[async_trait]
pub trait Authorizer: Debug + Send + Sync + 'static {
    /// Whether it needs the arguments of operations. If so, the layer reads every body, whatever the headers name.
    /// Called once, when the layer is built. Default: `false`.
    fn needs_arguments(&self) -> bool {
        false
    }

    /// Allows the request, or denies it.
    ///
    /// # Errors
    ///
    /// [`NotAuthorized::Denied`], or [`NotAuthorized::Unavailable`] when no decision is available now.
    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized>;
}

/// Implements the trait for a pointer, by that of its target.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // Without this, a method that is missing here would silently use the trait's default.
        #[deny(clippy::missing_trait_methods)]
        #[async_trait]
        impl<A: Authorizer + ?Sized> Authorizer for $pointer<A> {
            fn needs_arguments(&self) -> bool {
                (**self).needs_arguments()
            }

            async fn authorize(
                &self,
                request: AuthorizationRequest<'_>,
            ) -> Result<(), NotAuthorized> {
                (**self).authorize(request).await
            }
        }
    )*};
}

forwarded!(Arc, Box);
