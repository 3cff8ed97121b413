//! [`Authorizer`]: a decision that has to be asked for elsewhere, or that depends on an operation's arguments.

use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Denied, PolicyRequest};
use crate::operation::Operation;
use crate::support::json::ObjectText;
use crate::verifier::Unavailable;

/// What an authorizer decides by: what a policy sees, and the operation's arguments. Later versions can add to it
/// without breaking implementers.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    request: PolicyRequest<'a>,
    arguments: Option<&'a ObjectText>,
}

impl<'a> AuthorizationRequest<'a> {
    /// Asks what a policy is asked.
    #[must_use]
    pub fn new(request: PolicyRequest<'a>) -> Self {
        Self {
            request,
            arguments: None,
        }
    }

    /// One for each operation; one without, where there is none.
    pub(crate) fn each(
        request: PolicyRequest<'a>,
        operations: &'a [Operation],
        arguments: &'a [Option<ObjectText>],
    ) -> impl Iterator<Item = Self> {
        let without = operations.is_empty().then(|| Self::new(request));
        let each = operations
            .iter()
            .enumerate()
            .map(move |(index, operation)| {
                let arguments = arguments.get(index).and_then(Option::as_ref);
                Self::new(request.about(operation)).with_arguments(arguments)
            });
        without.into_iter().chain(each)
    }

    /// Sets the arguments of the operation.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Option<&'a ObjectText>) -> Self {
        self.arguments = arguments;
        self
    }

    /// The `arguments` of a call of a tool or of a request for a prompt: an object that was read strictly. `None`
    /// when there are none, when the operation has no such thing, and when no authorizer of the layer
    /// [needs](Authorizer::needs_arguments) them.
    #[must_use]
    pub fn arguments(&self) -> Option<&'a ObjectText> {
        self.arguments
    }
}

impl<'a> Deref for AuthorizationRequest<'a> {
    type Target = PolicyRequest<'a>;

    fn deref(&self) -> &PolicyRequest<'a> {
        &self.request
    }
}

/// Why an authorizer does not say yes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NotAuthorized {
    /// The answer is no, as a policy's would be.
    Denied(Denied),
    /// There is no answer now: 503, never 403.
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

/// Decides whether a verified caller may do something, where that takes a question to a database or a policy
/// engine, or a look at the operation's arguments. What token and head alone decide is a
/// [`Policy`](crate::policy::Policy), which costs nothing.
///
/// It is asked last, once every policy has said yes, once for each operation of the request, and once without an
/// operation where the request has none (a stream; a path without operations). It is not asked about
/// requests whose operations are all public, about anonymous ones, nor about the entries of a list that is
/// [filtered](crate::policy::OperationPolicyBuilder::filter_lists). An open stream is asked about again with what opened it,
/// from time to time ([`recheck_streams_every`](crate::layer::AuthLayerBuilder::recheck_streams_every)); one that was opened
/// with more than 64 KiB of arguments that an authorizer needs ends then, since they are not kept for so long.
///
/// # Example
///
/// ```
/// use auth_core::policy::{AuthorizationRequest, Authorizer, Denied, NotAuthorized};
/// use auth_core::support::async_trait;
/// use auth_core::verifier::Unavailable;
/// use std::time::Duration;
///
/// /// Whether the caller has credit left is in a table.
/// #[derive(Debug)]
/// struct Credit;
///
/// #[async_trait]
/// impl Authorizer for Credit {
///     async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
///         let credit = credit_of(request.token().subject()).await;
///         match credit.map_err(|error| Unavailable::new(Duration::from_secs(1)).because(error))? {
///             0 => Err(Denied::Claims("no credit".into()).into()),
///             _ => Ok(()),
///         }
///     }
/// }
/// # async fn credit_of(_: &str) -> Result<u64, std::io::Error> { Ok(1) }
/// ```
#[async_trait]
pub trait Authorizer: Debug + Send + Sync + 'static {
    /// Whether it wants the arguments of operations. The layer then reads every body, whatever the headers name.
    /// Asked once, when the layer is built. Default: no.
    fn needs_arguments(&self) -> bool {
        false
    }

    /// Says yes, or why not.
    ///
    /// # Errors
    ///
    /// [`NotAuthorized`]: a denial, or that there is no answer now.
    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized>;
}

/// For pointers: what they point to answers.
macro_rules! forwarded {
    ($($pointer:ident),*) => {$(
        // A method that is forgotten here would silently be its default.
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
