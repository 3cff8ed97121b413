//! [`PolicyRequest`]: the input of a policy.

use std::time::SystemTime;

use crate::operation::Operation;
use crate::token::{ScopeHierarchy, Scopes, VerifiedToken};
use crate::verifier::{RequestHead, WatchedHead};

/// What a policy decides by: the caller's token, the time, the operation and the head of the request.
#[derive(Debug, Clone, Copy)]
pub struct PolicyRequest<'a> {
    token: &'a VerifiedToken,
    now: SystemTime,
    operation: Option<&'a Operation>,
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

    /// The operation, for a policy in a rule of an [`OperationPolicy`](crate::policy::OperationPolicy). `None` for a
    /// policy that applies to every request.
    #[must_use]
    pub fn operation(&self) -> Option<&'a Operation> {
        self.operation
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
