//! [`OperationPolicy`]: what each operation asks of its caller.

use std::fmt;

use http::HeaderMap;

use super::pattern::Pattern;
use super::target::Target;
use super::{Operation, OperationError, Operations, headers, message};
use crate::policy::{Denied, Policy, PolicyRequest, join};
use crate::scope::Scopes;

/// Longest body that is read to find out what it asks for, in bytes. What rmcp takes by default.
const DEFAULT_MAX_BODY: usize = 4 * 1024 * 1024;

/// What each operation asks of its caller, beyond what every request needs.
///
/// All rules that an operation matches must say yes; an operation that matches none needs what
/// every request needs, unless [`deny_unlisted`](OperationPolicyBuilder::deny_unlisted) is set.
///
/// It judges every `POST` that reaches the layer, so put it around an MCP endpoint and nothing
/// else, or name the path ([`only_at`](OperationPolicyBuilder::only_at)).
///
/// # Example
///
/// ```
/// use auth_core::{AuthLayer, AuthProvider, OperationPolicy, RequireScopes};
///
/// # fn demo(provider: impl AuthProvider) -> Result<(), Box<dyn std::error::Error>> {
/// let operations = OperationPolicy::builder()
///     .tool("delete_*", RequireScopes::new(["notes:write"])?)
///     .resource("file:///private/*", RequireScopes::new(["files:private"])?)
///     .public_tool("version")
///     .build();
/// let layer = AuthLayer::builder(provider).operations(operations).build()?;
/// # let _ = layer; Ok(()) }
/// ```
pub struct OperationPolicy {
    rules: Vec<Rule>,
    max_body: usize,
    believes_headers: bool,
    denies_unlisted: bool,
    filters_lists: bool,
    path: Option<String>,
}

struct Rule {
    method: Pattern,
    /// `None` matches every name, and no name.
    name: Option<Pattern>,
    asks: Asks,
}

enum Asks {
    Policy(Box<dyn Policy>),
    /// Nothing, not even a token.
    Nothing,
}

impl Rule {
    /// Whether it is to be asked about this.
    fn concerns(&self, operation: &Operation) -> bool {
        let method = &operation.method;
        match (&self.name, &operation.name) {
            // A list is about nothing in particular. Whatever else a later revision has, and does
            // not name its target where we look, may be about this one too.
            (Some(_), None) => {
                matches!(self.asks, Asks::Policy(_))
                    && !method.ends_with("/list")
                    && self.method.matches(method)
            }
            _ => self.names(operation),
        }
    }

    /// Whether it is about this, and not just possibly.
    fn names(&self, operation: &Operation) -> bool {
        let named = match (&self.name, &operation.name) {
            (None, _) => true,
            (Some(pattern), Some(name)) => pattern.matches(name),
            (Some(_), None) => false,
        };
        named && self.method.matches(&operation.method)
    }
}

/// Where the operations of a request are found.
pub(crate) enum Found {
    /// The headers name it, and that is enough.
    InHeaders(Operation),
    /// The body must be read; these headers must agree with it.
    InBody(Option<Operation>),
}

impl OperationPolicy {
    /// No rules yet.
    pub fn builder() -> OperationPolicyBuilder {
        OperationPolicyBuilder(Self {
            rules: Vec::new(),
            max_body: DEFAULT_MAX_BODY,
            believes_headers: false,
            denies_unlisted: false,
            filters_lists: false,
            path: None,
        })
    }

    /// Whether requests to this path carry operations. Below the path too: a service that is nested
    /// there gets them all.
    pub(crate) fn concerns(&self, path: &str) -> bool {
        self.path.as_deref().is_none_or(|own| {
            let below = path.strip_prefix(own.trim_end_matches('/'));
            below.is_some_and(|below| below.is_empty() || below.starts_with('/'))
        })
    }

    pub(crate) fn max_body(&self) -> usize {
        self.max_body
    }

    pub(crate) fn filters_lists(&self) -> bool {
        self.filters_lists
    }

    /// What the headers say, and whether that is enough.
    pub(crate) fn find(&self, headers: &HeaderMap) -> Result<Found, OperationError> {
        let Some(named) = headers::operation(headers)? else {
            return Ok(Found::InBody(None));
        };
        if !self.believes_headers {
            return Ok(Found::InBody(Some(named)));
        }
        match (Target::of(&named.method), &named.name) {
            // Compared by the inner service, or not there to compare.
            (Target::InHeaders(_), Some(_)) => Ok(Found::InHeaders(named)),
            (Target::InHeaders(_), None) => Err(OperationError::HeaderMismatch),
            (Target::Nothing, _) => Ok(Found::InHeaders(Operation::new(named.method))),
            (Target::InBody(_), _) => Ok(Found::InBody(Some(named))),
        }
    }

    /// The operations in a body, which must be the one that the headers name, if they name one.
    pub(crate) fn read(
        &self,
        body: &[u8],
        named: Option<&Operation>,
    ) -> Result<Operations, OperationError> {
        let message::Read {
            operations,
            messages,
        } = message::operations(body)?;
        let agrees = match (named, operations.first()) {
            (None, _) | (Some(_), None) => true,
            (Some(named), Some(first)) => messages == 1 && agree(named, first),
        };
        if agrees {
            Ok(operations)
        } else {
            Err(OperationError::HeaderMismatch)
        }
    }

    /// Whether any operation can be had without a token.
    pub(crate) fn has_public(&self) -> bool {
        self.rules
            .iter()
            .any(|rule| matches!(rule.asks, Asks::Nothing))
    }

    /// Whether all of these can be had without a token by a rule that says so, and there are any.
    pub(crate) fn are_public(&self, operations: &[Operation]) -> bool {
        self.has_public()
            && !operations.is_empty()
            && operations.iter().all(|operation| self.lists(operation))
            && self.ask_nothing(operations)
    }

    /// Whether no rule asks anything of whoever wants these.
    pub(crate) fn ask_nothing(&self, operations: &[Operation]) -> bool {
        operations.iter().all(|operation| {
            let mut rules = self.rules_of(operation);
            (!self.denies_unlisted || self.lists(operation))
                && rules.all(|rule| matches!(rule.asks, Asks::Nothing))
        })
    }

    /// Whether a rule is about this.
    fn lists(&self, operation: &Operation) -> bool {
        self.rules.iter().any(|rule| rule.names(operation))
    }

    /// The scopes that these operations ask for.
    pub(crate) fn scopes(&self, operations: &[Operation]) -> Scopes {
        let policies = operations
            .iter()
            .flat_map(|operation| self.policies_of(operation));
        policies.fold(Scopes::default(), |all, policy| all.union(&policy.scopes()))
    }

    /// Judges the caller of these operations.
    pub(crate) fn check(
        &self,
        operations: &[Operation],
        request: &PolicyRequest<'_>,
    ) -> Result<(), Denied> {
        join(
            operations
                .iter()
                .map(|operation| self.check_one(operation, request)),
        )
    }

    fn check_one(&self, operation: &Operation, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        if self.denies_unlisted && !self.lists(operation) {
            return Err(Denied::Claims("the operation is not listed".into()));
        }
        let request = request.about(operation);
        join(
            self.policies_of(operation)
                .map(|policy| policy.check(&request)),
        )
    }

    fn rules_of<'a>(&'a self, operation: &'a Operation) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(|rule| rule.concerns(operation))
    }

    fn policies_of<'a>(&'a self, operation: &'a Operation) -> impl Iterator<Item = &'a dyn Policy> {
        self.rules_of(operation)
            .filter_map(|rule| match &rule.asks {
                Asks::Policy(policy) => Some(policy.as_ref()),
                Asks::Nothing => None,
            })
    }
}

/// Whether headers and body name the same. `Mcp-Name` belongs to some methods only.
fn agree(named: &Operation, found: &Operation) -> bool {
    let named_in_headers = matches!(Target::of(&found.method), Target::InHeaders(_));
    named.method == found.method && (!named_in_headers || named.name == found.name)
}

impl fmt::Debug for OperationPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationPolicy")
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

/// Settings of an [`OperationPolicy`]. In names and methods, `*` stands for any characters.
#[derive(Debug)]
#[must_use = "call build() to get the policy"]
pub struct OperationPolicyBuilder(OperationPolicy);

impl OperationPolicyBuilder {
    /// Asks this of whoever calls a tool of this name.
    pub fn tool(self, name: &str, policy: impl Policy) -> Self {
        self.rule("tools/call", Some(name), Asks::Policy(Box::new(policy)))
    }

    /// Asks this of whoever gets a prompt of this name.
    pub fn prompt(self, name: &str, policy: impl Policy) -> Self {
        self.rule("prompts/get", Some(name), Asks::Policy(Box::new(policy)))
    }

    /// Asks this of whoever reads, subscribes to or unsubscribes from a resource of this URI.
    /// URIs are compared as they are written: a server that takes `file:///a/../b` for `file:///b`
    /// needs rules that know it.
    pub fn resource(self, uri: &str, policy: impl Policy) -> Self {
        self.rule("resources/*", Some(uri), Asks::Policy(Box::new(policy)))
    }

    /// Asks this of whoever uses a method of this name, about whatever.
    pub fn method(self, method: &str, policy: impl Policy) -> Self {
        self.rule(method, None, Asks::Policy(Box::new(policy)))
    }

    /// Lets everybody call a tool of this name, without a token too. Another rule that it matches
    /// overrules this one.
    pub fn public_tool(self, name: &str) -> Self {
        self.rule("tools/call", Some(name), Asks::Nothing)
    }

    /// Lets everybody use a method of this name, without a token too: `initialize`, `tools/list`,
    /// `notifications/*`. Another rule that it matches overrules this one.
    pub fn public_method(self, method: &str) -> Self {
        self.rule(method, None, Asks::Nothing)
    }

    /// Refuses every operation that no rule names.
    pub fn deny_unlisted(mut self) -> Self {
        self.0.denies_unlisted = true;
        self
    }

    /// Leaves out of `tools/list`, `prompts/list` and `resources/list` what the caller may not use,
    /// and marks these answers as private to the caller. Clients then cannot ask for the scopes of
    /// what they do not see. Default: everything is listed.
    pub fn filter_lists(mut self) -> Self {
        self.0.filters_lists = true;
        self
    }

    /// Believes `Mcp-Method` and `Mcp-Name` without a look at the body, since the inner service
    /// refuses requests whose headers and body differ: rmcp's does, from 2026-07-28 on. Saves
    /// reading the body. With an inner service that does not, whoever sends other headers gets
    /// around every rule.
    pub fn inner_service_compares_headers(mut self) -> Self {
        self.0.believes_headers = true;
        self
    }

    /// Sets the longest body that is read to find out what it asks for, in bytes. Default: 4 MiB.
    /// A longer one is refused with 413.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.0.max_body = bytes;
        self
    }

    /// Judges requests to this path and to those below it alone, as the layer sees them. Others are
    /// as open as they would be without any rule.
    pub fn only_at(mut self, path: impl Into<String>) -> Self {
        self.0.path = Some(path.into());
        self
    }

    /// The policy.
    pub fn build(self) -> OperationPolicy {
        self.0
    }

    fn rule(mut self, method: &str, name: Option<&str>, asks: Asks) -> Self {
        self.0.rules.push(Rule {
            method: Pattern::new(method),
            name: name.map(Pattern::new),
            asks,
        });
        self
    }
}
