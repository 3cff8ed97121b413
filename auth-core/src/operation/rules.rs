//! [`OperationPolicy`]: what each operation asks of its caller.

use std::fmt;

use http::HeaderMap;

use super::pattern::Pattern;
use super::{Operation, OperationError, headers, message};
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
    fn concerns(&self, operation: &Operation) -> bool {
        self.method.matches(&operation.method)
            && match (&self.name, &operation.name) {
                (None, _) => true,
                (Some(pattern), Some(name)) => pattern.matches(name),
                (Some(_), None) => false,
            }
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
            path: None,
        })
    }

    /// Whether requests to this path carry operations.
    pub(crate) fn concerns(&self, path: &str) -> bool {
        self.path.as_deref().is_none_or(|own| own == path)
    }

    pub(crate) fn max_body(&self) -> usize {
        self.max_body
    }

    /// What the headers say, and whether that is enough.
    pub(crate) fn find(&self, headers: &HeaderMap) -> Result<Found, OperationError> {
        match headers::operation(headers)? {
            Some(operation) if self.believes_headers => Ok(Found::InHeaders(operation)),
            named => Ok(Found::InBody(named)),
        }
    }

    /// The operations in a body, which must be the one that the headers name, if they name one.
    pub(crate) fn read(
        &self,
        body: &[u8],
        named: Option<&Operation>,
    ) -> Result<Vec<Operation>, OperationError> {
        let operations = message::operations(body)?;
        match (named, &operations[..]) {
            (None, _) | (Some(_), []) => Ok(operations),
            (Some(named), [only]) if agree(named, only) => Ok(operations),
            (Some(_), _) => Err(OperationError::HeaderMismatch),
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
        let is_listed = |operation| self.rules_of(operation).next().is_some();
        !operations.is_empty() && operations.iter().all(is_listed) && self.ask_nothing(operations)
    }

    /// Whether no rule asks anything of whoever wants these.
    pub(crate) fn ask_nothing(&self, operations: &[Operation]) -> bool {
        operations.iter().all(|operation| {
            let mut rules = self.rules_of(operation).peekable();
            !(self.denies_unlisted && rules.peek().is_none())
                && rules.all(|rule| matches!(rule.asks, Asks::Nothing))
        })
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
        if self.denies_unlisted && self.rules_of(operation).next().is_none() {
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
    named.method == found.method && (found.name.is_none() || named.name == found.name)
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
    /// URIs are compared as they are written.
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

    /// Judges requests to this exact path alone, as the layer sees it. Others are as open as they
    /// would be without any rule.
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
