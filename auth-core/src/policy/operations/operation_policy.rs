//! [`OperationPolicy`]: what each operation requires of its caller.

use std::fmt;

use super::builder::OperationPolicyBuilder;
use super::rule::Rule;
use super::rule_set::RuleSet;
use crate::operation::message::{self, ParsedBody};
use crate::operation::method::{self, Target};
use crate::operation::{McpHeaders, Operation, OperationError, headers, lists};
use crate::policy::{Denied, Policy, PolicyRequest, join};
use crate::support::json::LazyObject;
use crate::token::Scopes;

/// Longest body that is read to determine its operations, in bytes: the default limit of rmcp.
const DEFAULT_MAX_BODY: usize = 4 * 1024 * 1024;

/// The same for requests without a token, in bytes: public operations take few arguments, and an
/// anonymous client can open many connections.
const DEFAULT_MAX_ANONYMOUS_BODY: usize = 64 * 1024;

/// What each operation requires of its caller, beyond what every request requires.
///
/// All rules that match an operation must allow it. An operation without a matching rule requires only
/// what every request requires, unless [`deny_unlisted`](OperationPolicyBuilder::deny_unlisted) is set.
///
/// Rules are about primitives: a rule about a tool, prompt, resource, resource template or skill applies
/// to every method that names it, including completion and subscription. Rules apply to every request
/// that reaches the layer and can carry a message, whatever its path: put the layer around the MCP
/// endpoint alone, or exempt the other paths ([`exempt_path`](OperationPolicyBuilder::exempt_path)).
///
/// An [`Inventory`](crate::policy::Inventory) of the server makes a forgotten rule an error
/// ([`server`](OperationPolicyBuilder::server)), and its primitives can state their rules themselves.
///
/// # Example
///
/// ```
/// use auth_core::layer::AuthLayer;
/// use auth_core::policy::{OperationPolicy, RequireScopes};
/// use auth_core::provider::AuthProvider;
///
/// # fn demo(provider: impl AuthProvider) -> Result<(), Box<dyn std::error::Error>> {
/// let operations = OperationPolicy::builder()
///     .tool("delete_*", RequireScopes::new(["notes:write"])?)
///     .resource("file:///private/*", RequireScopes::new(["files:private"])?)
///     .public_tool("version")
///     .build()?;
/// let layer = AuthLayer::builder(provider).operations(operations).build()?;
/// # let _ = layer; Ok(()) }
/// ```
pub struct OperationPolicy {
    pub(super) rules: RuleSet,
    pub(super) max_body: usize,
    pub(super) max_anonymous_body: usize,
    pub(super) trusts_headers: bool,
    pub(super) denies_unlisted: bool,
    pub(super) filters_lists: bool,
    pub(super) keeps_arguments: bool,
    /// Whether any rule needs a live session.
    pub(super) has_live_rules: bool,
    pub(super) has_member_rules: bool,
    pub(super) exempt_paths: Vec<String>,
}

/// Where the operations of a request are found.
pub(crate) enum OperationSource {
    /// In the headers, which are trusted.
    Headers(Operation),
    /// In the body, which must agree with the operation that the headers name, if they name one.
    Body(Option<Operation>),
}

impl OperationPolicy {
    /// A builder without rules.
    pub fn builder() -> OperationPolicyBuilder {
        OperationPolicyBuilder::new()
    }

    /// A policy without rules, which only refuses bodies that can be read in more than one way.
    pub(crate) fn without_rules() -> Self {
        Self {
            rules: RuleSet::default(),
            max_body: DEFAULT_MAX_BODY,
            max_anonymous_body: DEFAULT_MAX_ANONYMOUS_BODY,
            trusts_headers: false,
            denies_unlisted: false,
            filters_lists: false,
            keeps_arguments: false,
            has_live_rules: false,
            has_member_rules: false,
            exempt_paths: Vec::new(),
        }
    }

    /// The paths to which no rule applies.
    pub(crate) fn exempt_paths(&self) -> impl Iterator<Item = &str> {
        self.exempt_paths.iter().map(String::as_str)
    }

    /// Whether rules apply to this path: to all but the exempt ones. Paths are compared byte by byte, so
    /// that no other spelling of a path is exempt.
    pub(crate) fn applies_to_path(&self, path: &str) -> bool {
        !self.exempt_paths.iter().any(|exempt| exempt == path)
    }

    /// Reads the body of every request, whatever its headers name.
    pub(crate) fn read_every_body(&mut self) {
        self.trusts_headers = false;
    }

    /// Reads the body of every request, and keeps the arguments of its operations.
    pub(crate) fn keep_all_arguments(&mut self) {
        self.read_every_body();
        self.keeps_arguments = true;
    }

    /// Whether a rule that applies to this operation needs its arguments.
    fn needs_arguments_of(&self, operation: &Operation) -> bool {
        self.keeps_arguments && self.policies_of(operation).any(Policy::needs_arguments)
    }

    /// Whether any rule needs a live session.
    pub(crate) fn has_live_rules(&self) -> bool {
        self.has_live_rules
    }

    /// Whether a rule that applies to one of these operations needs a live session.
    pub(crate) fn need_live_session(&self, operations: &[Operation]) -> bool {
        let needs = |operation| self.policies_of(operation).any(Policy::needs_live_session);
        self.has_live_rules && operations.iter().any(needs)
    }

    /// Whether any rule needs the member that the caller is.
    pub(crate) fn has_member_rules(&self) -> bool {
        self.has_member_rules
    }

    /// Whether a rule that applies to one of these operations needs the member that the caller is.
    pub(crate) fn need_member(&self, operations: &[Operation]) -> bool {
        let needs = |operation| self.policies_of(operation).any(Policy::needs_member);
        self.has_member_rules && operations.iter().any(needs)
    }

    pub(crate) fn max_anonymous_body(&self) -> usize {
        self.max_anonymous_body
    }

    pub(crate) fn max_body(&self) -> usize {
        self.max_body
    }

    pub(crate) fn filters_lists(&self) -> bool {
        self.filters_lists
    }

    /// Determines by the headers where the operations are found.
    pub(crate) fn source(
        &self,
        headers: &McpHeaders<'_>,
    ) -> Result<OperationSource, OperationError> {
        let Some(named) = headers::operation(headers)? else {
            return Ok(OperationSource::Body(None));
        };
        // The error that replaces an unreadable list names the id of its request.
        let needs_id = self.filters_lists && lists::has_list(&named.method);
        if !self.trusts_headers || needs_id || self.needs_arguments_of(&named) {
            return Ok(OperationSource::Body(Some(named)));
        }
        match (method::target(&named.method), &named.name) {
            (Target::Nothing, _) => Ok(OperationSource::Headers(Operation::new(named.method))),
            (target, None) if target.is_in_headers() => Err(OperationError::HeaderMismatch),
            // The inner service compares it with the body.
            (target, Some(_)) if target.is_in_headers() => Ok(OperationSource::Headers(named)),
            _ => Ok(OperationSource::Body(Some(named))),
        }
    }

    /// The operations in a body. If the headers name one, it must be the only one.
    pub(crate) fn read(
        &self,
        body: &[u8],
        named: Option<&Operation>,
        has_caller: bool,
    ) -> Result<ParsedBody, OperationError> {
        // No authorizer runs for an anonymous request.
        let read = message::operations(body, self.keeps_arguments && has_caller)?;
        let agrees = match (named, read.operations.first()) {
            (None, _) | (Some(_), None) => true,
            (Some(named), Some(first)) => read.messages == 1 && agree(named, first),
        };
        if agrees {
            Ok(read)
        } else {
            Err(OperationError::HeaderMismatch)
        }
    }

    /// Whether any operation is public.
    pub(crate) fn has_public(&self) -> bool {
        self.rules.has_public()
    }

    /// Whether all of these operations are public, and there is at least one: a public rule matches
    /// each, and no other rule applies.
    pub(crate) fn are_public(&self, operations: &[Operation]) -> bool {
        self.has_public()
            && !operations.is_empty()
            && operations.iter().all(|operation| self.is_listed(operation))
            && self.are_unrestricted(operations)
    }

    /// Whether no rule requires anything of the caller of these operations.
    pub(crate) fn are_unrestricted(&self, operations: &[Operation]) -> bool {
        operations.iter().all(|operation| {
            let mut rules = self.rules.of(operation);
            (!self.denies_unlisted || self.is_listed(operation)) && rules.all(Rule::is_public)
        })
    }

    /// Whether a rule matches this operation.
    fn is_listed(&self, operation: &Operation) -> bool {
        self.rules.matches(operation)
    }

    /// The scopes that these operations require.
    pub(crate) fn scopes(&self, operations: &[Operation]) -> Scopes {
        let policies = operations
            .iter()
            .flat_map(|operation| self.policies_of(operation));
        policies.fold(Scopes::default(), |all, policy| all.union(&policy.scopes()))
    }

    /// Evaluates all rules that apply to these operations.
    pub(crate) fn check(
        &self,
        operations: &[Operation],
        arguments: &[Option<LazyObject>],
        request: &PolicyRequest<'_>,
    ) -> Result<(), Denied> {
        let each = operations.iter().zip(request.each(operations, arguments));
        join(each.map(|(operation, request)| self.check_one(operation, &request)))
    }

    fn check_one(&self, operation: &Operation, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        if self.denies_unlisted && !self.is_listed(operation) {
            return Err(Denied::Forbidden("the operation is not listed".into()));
        }
        join(
            self.policies_of(operation)
                .map(|policy| policy.check(request)),
        )
    }

    fn policies_of<'a>(&'a self, operation: &'a Operation) -> impl Iterator<Item = &'a dyn Policy> {
        self.rules.of(operation).filter_map(Rule::policy)
    }
}

/// Whether headers and body name the same operation. Only some methods have `Mcp-Name`.
fn agree(named: &Operation, found: &Operation) -> bool {
    let named_in_headers = method::target(&found.method).is_in_headers();
    named.method == found.method && (!named_in_headers || named.name == found.name)
}

impl fmt::Debug for OperationPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationPolicy")
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}
