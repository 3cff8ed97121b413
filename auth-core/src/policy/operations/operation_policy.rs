//! [`OperationPolicy`]: what each operation asks of its caller.

use std::fmt;

use super::builder::OperationPolicyBuilder;
use super::pattern::Pattern;
use crate::operation::McpHeaders;
use crate::operation::Primitive;
use crate::operation::message::{self, ParsedBody};
use crate::operation::method::{self, Target};
use crate::operation::{Operation, OperationError, headers, lists};
use crate::policy::{Denied, Policy, PolicyRequest, join};
use crate::token::Scopes;

/// Longest body that is read to find out what it asks for, in bytes. What rmcp takes by default.
const DEFAULT_MAX_BODY: usize = 4 * 1024 * 1024;

/// The same for requests without a token, in bytes: what is public takes few arguments, and anybody
/// can open many connections.
const DEFAULT_MAX_ANONYMOUS_BODY: usize = 64 * 1024;

/// What each operation asks of its caller, beyond what every request needs.
///
/// All rules that an operation matches must say yes; an operation that matches none needs what
/// every request needs, unless [`deny_unlisted`](OperationPolicyBuilder::deny_unlisted) is set.
///
/// Rules are about primitives: one on a tool, prompt, resource, template or skill decides every method
/// that touches it, completion and subscription included. They hold for every request that reaches
/// the layer and can carry a message, whatever its path: put the layer around an MCP endpoint and
/// nothing else, or name the other paths
/// ([`exempt_path`](OperationPolicyBuilder::exempt_path)).
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
    pub(crate) rules: Vec<Rule>,
    pub(crate) max_body: usize,
    pub(crate) max_anonymous_body: usize,
    pub(crate) believes_headers: bool,
    pub(crate) denies_unlisted: bool,
    pub(crate) filters_lists: bool,
    pub(crate) keeps_arguments: bool,
    pub(crate) exempt_paths: Vec<String>,
}

pub(crate) struct Rule {
    pub(crate) subject: Subject,
    pub(crate) asks: Asks,
}

/// What a rule is about.
pub(crate) enum Subject {
    /// Methods, whatever they are about.
    Method(Pattern),
    /// Things, whichever methods touch them.
    Primitive(Primitive, Pattern),
}

pub(crate) enum Asks {
    Policy(Box<dyn Policy>),
    /// Nothing, not even a token.
    Nothing,
}

impl Rule {
    /// Whether it is to be asked about this.
    fn concerns(&self, operation: &Operation) -> bool {
        let Subject::Primitive(primitive, pattern) = &self.subject else {
            return self.names(operation);
        };
        if !method::touches(&operation.method, *primitive) {
            return false;
        }
        match (&operation.name, operation.primitive) {
            // It may be about this one too. Only what is surely meant is public.
            (None, _) => matches!(self.asks, Asks::Policy(_)),
            // What a template expands to may be covered.
            (Some(name), Some(Primitive::ResourceTemplate)) => {
                primitive.is_named_by_uri() && pattern.may_overlap(&Pattern::of_template(name))
            }
            (Some(_), _) => self.names(operation),
        }
    }

    /// Whether it is about this, and not just possibly.
    fn names(&self, operation: &Operation) -> bool {
        match &self.subject {
            Subject::Method(pattern) => pattern.matches(&operation.method),
            Subject::Primitive(primitive, pattern) => {
                let is_such = operation.primitive.is_none_or(|named| {
                    named == *primitive || both_are_named_by_uri(named, *primitive)
                });
                let name = operation.name.as_deref();
                is_such
                    && method::touches(&operation.method, *primitive)
                    && name.is_some_and(|name| pattern.matches(name))
            }
        }
    }
}

fn both_are_named_by_uri(one: Primitive, other: Primitive) -> bool {
    one.is_named_by_uri() && other.is_named_by_uri()
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
        OperationPolicyBuilder::new()
    }

    /// One without rules, which only has bodies read in exactly one way.
    pub(crate) fn without_rules() -> Self {
        Self {
            rules: Vec::new(),
            max_body: DEFAULT_MAX_BODY,
            max_anonymous_body: DEFAULT_MAX_ANONYMOUS_BODY,
            believes_headers: false,
            denies_unlisted: false,
            filters_lists: false,
            keeps_arguments: false,
            exempt_paths: Vec::new(),
        }
    }

    /// The paths that no rule is asked about.
    pub(crate) fn exempt_paths(&self) -> impl Iterator<Item = &str> {
        self.exempt_paths.iter().map(String::as_str)
    }

    /// Whether requests to this path carry operations: all but those that are named as exempt, byte
    /// by byte. What another router would read as a ruled path is ruled here.
    pub(crate) fn concerns(&self, path: &str) -> bool {
        !self.exempt_paths.iter().any(|exempt| exempt == path)
    }

    /// Reads the body of every request, whatever its headers name.
    pub(crate) fn read_every_body(&mut self) {
        self.believes_headers = false;
    }

    /// Reads the body of every request, and keeps the arguments of its operations.
    pub(crate) fn keep_arguments(&mut self) {
        self.read_every_body();
        self.keeps_arguments = true;
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

    /// What the headers say, and whether that is enough.
    pub(crate) fn find(&self, headers: &McpHeaders<'_>) -> Result<Found, OperationError> {
        let Some(named) = headers::operation(headers)? else {
            return Ok(Found::InBody(None));
        };
        // A list that turns out to be unreadable needs the id of its request.
        let needs_id = self.filters_lists && lists::has_list(&named.method);
        if !self.believes_headers || needs_id {
            return Ok(Found::InBody(Some(named)));
        }
        match (method::target(&named.method), &named.name) {
            (Target::Nothing, _) => Ok(Found::InHeaders(Operation::new(named.method))),
            (target, None) if target.is_in_headers() => Err(OperationError::HeaderMismatch),
            // Compared by the inner service.
            (target, Some(_)) if target.is_in_headers() => Ok(Found::InHeaders(named)),
            _ => Ok(Found::InBody(Some(named))),
        }
    }

    /// The operations in a body, which must be the one that the headers name, if they name one.
    pub(crate) fn read(
        &self,
        body: &[u8],
        named: Option<&Operation>,
        has_caller: bool,
    ) -> Result<ParsedBody, OperationError> {
        // No authorizer is asked about an anonymous request.
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
