//! [`PolicyRequest`]: the input of a policy.

use std::time::SystemTime;

use serde_json::Value;

use crate::directory::Member;
use crate::operation::Operation;
use crate::support::json::LazyObject;
use crate::token::{ScopeHierarchy, Scopes, VerifiedToken};
use crate::verifier::{RequestHead, WatchedHead};

/// What a policy decides by: the caller's token, the time, the operation with its arguments, and the
/// head of the request.
#[derive(Debug, Clone, Copy)]
pub struct PolicyRequest<'a> {
    token: &'a VerifiedToken,
    now: SystemTime,
    operation: Option<&'a Operation>,
    arguments: Option<&'a LazyObject>,
    member: Option<&'a Member>,
    is_listing: bool,
    is_recheck: bool,
    head: WatchedHead<'a>,
    hierarchy: &'a ScopeHierarchy,
}

impl<'a> PolicyRequest<'a> {
    /// A request of the caller with this token at `now`, without an operation, head or scope hierarchy.
    #[must_use]
    pub fn new(token: &'a VerifiedToken, now: SystemTime) -> Self {
        Self {
            token,
            now,
            operation: None,
            arguments: None,
            member: None,
            is_listing: false,
            is_recheck: false,
            head: WatchedHead::unwatched(RequestHead::empty()),
            hierarchy: ScopeHierarchy::FLAT,
        }
    }

    /// Sets the operation that the policy decides about. Default: none.
    #[must_use]
    pub fn with_operation(mut self, operation: &'a Operation) -> Self {
        self.operation = Some(operation);
        self
    }

    /// Sets the arguments of the operation. Default: none.
    #[must_use]
    pub fn with_arguments(mut self, arguments: Option<&'a LazyObject>) -> Self {
        self.arguments = arguments;
        self
    }

    /// Sets the member that the caller is. Default: none.
    #[must_use]
    pub fn with_member(mut self, member: Option<&'a Member>) -> Self {
        self.member = member;
        self
    }

    /// Makes it a request about an item of a list: see [`is_listing`](Self::is_listing).
    #[must_use]
    pub fn for_listing(mut self) -> Self {
        self.is_listing = true;
        self
    }

    /// Makes it a request that is decided again: see [`is_recheck`](Self::is_recheck).
    #[must_use]
    pub fn for_recheck(mut self) -> Self {
        self.is_recheck = true;
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

    /// One request for each operation, with its arguments.
    pub(crate) fn each(
        self,
        operations: &'a [Operation],
        arguments: &'a [Option<LazyObject>],
    ) -> impl Iterator<Item = Self> {
        operations
            .iter()
            .enumerate()
            .map(move |(index, operation)| {
                let arguments = arguments.get(index).and_then(Option::as_ref);
                self.with_operation(operation).with_arguments(arguments)
            })
    }

    #[cfg(feature = "cedar")]
    pub(super) fn hierarchy(&self) -> &'a ScopeHierarchy {
        self.hierarchy
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

    /// The operation, for a policy in a rule of an [`OperationPolicy`](crate::policy::OperationPolicy). `None` for a
    /// policy that applies to every request.
    #[must_use]
    pub fn operation(&self) -> Option<&'a Operation> {
        self.operation
    }

    /// The `arguments` of `tools/call` or `prompts/get`, which were parsed strictly. `None` when
    /// there are none, for other methods, and when neither the policy nor an authorizer of the layer
    /// [needs](crate::policy::Policy::needs_arguments) them.
    ///
    /// `secureArguments` are not among them: they are for the tool alone.
    #[must_use]
    pub fn arguments(&self) -> Option<&'a LazyObject> {
        self.arguments
    }

    /// One argument by JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)):
    /// `/project`, `/filter/tags/0`. `None` when there is none.
    #[must_use]
    pub fn argument(&self, pointer: &str) -> Option<&'a Value> {
        self.arguments?.pointer(pointer)
    }

    /// The caller in the organization of the token, as the [`Directory`](crate::directory::Directory) of the layer
    /// knows it. `None` for a caller who is no member, such as a machine, and unless the policy
    /// [needs](crate::policy::Policy::needs_member) it: a closure states that by
    /// [`needing_member`](crate::policy::PolicyFn::needing_member). An authorizer asks the directory itself.
    #[must_use]
    pub fn member(&self) -> Option<&'a Member> {
        self.member
    }

    /// Whether the decision is about an item of a list: whether to show it, before anyone has chosen
    /// arguments. A policy about arguments then allows what some arguments would be allowed for.
    #[must_use]
    pub fn is_listing(&self) -> bool {
        self.is_listing
    }

    /// Whether the request was admitted before, and is decided again for the stream that it opened: it
    /// uses up no quota, and is not counted.
    #[must_use]
    pub fn is_recheck(&self) -> bool {
        self.is_recheck
    }

    /// The head of the request.
    #[must_use]
    pub fn head(&self) -> RequestHead<'a> {
        self.head.look()
    }

    /// Whether the token has `scope`, or a scope that implies it by the layer's
    /// [hierarchy](crate::layer::AuthLayerBuilder::scope_hierarchy).
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.hierarchy.satisfies(self.token.scopes(), scope)
    }

    /// Whether the token [has](Self::has_scope) each of `scopes`.
    #[must_use]
    pub fn has_scopes(&self, scopes: &Scopes) -> bool {
        self.hierarchy.satisfies_all(self.token.scopes(), scopes)
    }
}
