//! [`Authorizer`]: asynchronous decisions, and decisions that depend on an operation's arguments.

use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

use async_trait::async_trait;

use super::PolicyRequest;
use super::decision_record::DecisionRecord;
use super::not_authorized::NotAuthorized;
use crate::operation::Operation;
use crate::support::json::LazyObject;

/// What an authorizer decides by: a [`PolicyRequest`], and a place to report to. Later versions can add to it
/// without breaking implementers.
#[derive(Debug, Clone, Copy)]
pub struct AuthorizationRequest<'a> {
    request: PolicyRequest<'a>,
    record: Option<&'a DecisionRecord>,
    /// Whether this is a dry run, whose policies do not decide.
    is_dry_run: bool,
    is_refused: bool,
}

impl<'a> AuthorizationRequest<'a> {
    /// A request whose reports go nowhere.
    #[must_use]
    pub fn new(request: PolicyRequest<'a>) -> Self {
        Self {
            request,
            record: None,
            is_dry_run: false,
            is_refused: false,
        }
    }

    /// One request for each operation; a single one if there is no operation.
    pub(crate) fn each(
        request: PolicyRequest<'a>,
        operations: &'a [Operation],
        arguments: &'a [Option<LazyObject>],
        record: &'a DecisionRecord,
    ) -> impl Iterator<Item = Self> {
        let without = operations.is_empty().then_some(request);
        let each = request.each(operations, arguments);
        without.into_iter().chain(each).map(move |request| Self {
            record: Some(record),
            ..Self::new(request)
        })
    }

    /// Reports the name of a policy that decided this request, for its audit event, in which each name
    /// is once, and at most 32 are. The name comes from configuration, never from a caller.
    pub fn record_policy(&self, name: &str) {
        if let Some(record) = self.record.filter(|_| !self.is_dry_run) {
            record.add_policy(name);
        }
    }

    /// Whether an authorizer before this one has refused the request or is unavailable, so that it is
    /// not forwarded whatever this one decides: it then uses up no quota. The others are still called,
    /// so that one response names all scopes that are missing.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.is_refused
    }

    pub(crate) fn refused_before(mut self, is_refused: bool) -> Self {
        self.is_refused = is_refused;
        self
    }

    /// Reports that an authorizer in a dry run would have refused this request.
    pub(super) fn would_refuse(&self, refused: NotAuthorized) {
        if let Some(record) = self.record {
            record.would_refuse(refused);
        }
    }

    /// The same request, without reports of policies: they do not decide.
    pub(super) fn for_dry_run(mut self) -> Self {
        self.is_dry_run = true;
        self
    }
}

impl<'a> Deref for AuthorizationRequest<'a> {
    type Target = PolicyRequest<'a>;

    fn deref(&self) -> &PolicyRequest<'a> {
        &self.request
    }
}

/// Decides whether a verified caller may perform an operation, where that takes a request to a database or a
/// policy engine, or depends on the operation's arguments. A decision that needs only the token and the head of
/// the request is a [`Policy`](crate::policy::Policy), which is synchronous and cheap.
///
/// Authorizers run last, after every policy has allowed the request, in the order in which they were added: once for
/// each operation of the request, and once without an operation if the request has none (a stream; a path without
/// operations). They do not run for requests whose operations are all public, or for anonymous requests. About the
/// items of a list that is [filtered](crate::policy::OperationPolicyBuilder::filter_lists),
/// [`shows`](Authorizer::shows) is called instead. For an open stream they run again from time to time
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
    /// Whether it needs the [arguments](PolicyRequest::arguments) of operations. If so, the layer reads every body,
    /// whatever the headers name.
    /// Called once, when the layer is built. Default: `false`.
    fn needs_arguments(&self) -> bool {
        false
    }

    /// Allows the request, or denies it.
    ///
    /// # Errors
    ///
    /// [`NotAuthorized::Denied`]; [`NotAuthorized::RateLimited`] when the caller has used up a quota; or
    /// [`NotAuthorized::Unavailable`] when no decision is available now.
    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized>;

    /// The same authorizer with the rules that are in force now, for one whose rules can be replaced.
    /// The layer asks for it once for each request, so that one version of the rules decides the whole
    /// of it: each message of a batch, and each item of a list. Default: `None`, for one whose rules
    /// stay.
    fn snapshot(&self) -> Option<Arc<dyn Authorizer>> {
        None
    }

    /// Whether a [filtered](crate::policy::OperationPolicyBuilder::filter_lists) list shows the item that this
    /// operation is about: whether the caller might use it, with some arguments. Called while the response is sent, so
    /// it must not block, and it must use up no quota. Default: `true`, since the use itself is refused where it is
    /// not allowed.
    fn shows(&self, request: &PolicyRequest<'_>) -> bool {
        let _ = request;
        true
    }
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

            fn snapshot(&self) -> Option<Arc<dyn Authorizer>> {
                (**self).snapshot()
            }

            fn shows(&self, request: &PolicyRequest<'_>) -> bool {
                (**self).shows(request)
            }
        }
    )*};
}

forwarded!(Arc, Box);
