//! [`OperationPolicyBuilder`]: the rules, and what can only be a mistake in them.

use super::operation_policy::{Asks, OperationPolicy, Rule, Subject};
use super::pattern::Pattern;
use crate::error::{ConfigError, ConfigErrors};
use crate::operation::Primitive;
use crate::operation::method::METHODS;
use crate::policy::Policy;

/// Settings of an [`OperationPolicy`]. In names and methods, `*` stands for any characters.
#[derive(Debug)]
#[must_use = "call build() to get the policy"]
pub struct OperationPolicyBuilder {
    policy: OperationPolicy,
    errors: ConfigErrors,
}

impl OperationPolicyBuilder {
    pub(crate) fn new() -> Self {
        Self {
            policy: OperationPolicy::without_rules(),
            errors: ConfigErrors::default(),
        }
    }

    /// Requires this of every caller of a tool with this name.
    pub fn tool(self, name: &str, policy: impl Policy) -> Self {
        self.primitive(Primitive::Tool, name, Asks::Policy(Box::new(policy)))
    }

    /// Requires this of every request about a prompt with this name: to get it, and to complete its
    /// arguments.
    pub fn prompt(self, name: &str, policy: impl Policy) -> Self {
        self.primitive(Primitive::Prompt, name, Asks::Policy(Box::new(policy)))
    }

    /// Requires this of every request about a resource with this URI: to read it or its directory,
    /// to subscribe to it, to get it as a skill, and to complete a template that can expand to it.
    /// URIs are compared as they are written: a server that takes `file:///a/../b` for `file:///b`
    /// needs rules that know it.
    pub fn resource(self, uri: &str, policy: impl Policy) -> Self {
        self.primitive(Primitive::Resource, uri, Asks::Policy(Box::new(policy)))
    }

    /// Requires this of every request about a resource template: to complete its variables, and to
    /// use what it expands to. Each expression, such as `{path}`, stands for any characters
    /// ([RFC 6570](https://www.rfc-editor.org/rfc/rfc6570)).
    pub fn resource_template(self, template: &str, policy: impl Policy) -> Self {
        self.primitive(
            Primitive::ResourceTemplate,
            template,
            Asks::Policy(Box::new(policy)),
        )
    }

    /// Requires this of every request about a skill, by the URI of its `SKILL.md`. Its files are
    /// resources: `skill://pdf/*` covers those of a directory.
    pub fn skill(self, uri: &str, policy: impl Policy) -> Self {
        self.primitive(Primitive::Skill, uri, Asks::Policy(Box::new(policy)))
    }

    /// Requires this of every request with such a method of MCP, whatever it is about.
    pub fn method(mut self, method: &str, policy: impl Policy) -> Self {
        self.known_method(method);
        self.rule(
            Subject::Method(Pattern::new(method)),
            Asks::Policy(Box::new(policy)),
        )
    }

    /// Requires this of every request with such a method, which need not be one of MCP: a vendor's
    /// own, or one of a later revision.
    pub fn custom_method(self, method: &str, policy: impl Policy) -> Self {
        self.rule(
            Subject::Method(Pattern::new(method)),
            Asks::Policy(Box::new(policy)),
        )
    }

    /// Admits every call of a tool with this name, also without a token. Another rule that it
    /// matches overrules this one.
    pub fn public_tool(self, name: &str) -> Self {
        self.primitive(Primitive::Tool, name, Asks::Nothing)
    }

    /// Admits every request with such a method of MCP, also without a token: `initialize`,
    /// `tools/list`, `notifications/*`. Another rule that it matches overrules this one.
    pub fn public_method(mut self, method: &str) -> Self {
        self.known_method(method);
        self.rule(Subject::Method(Pattern::new(method)), Asks::Nothing)
    }

    /// Refuses every operation that no rule names.
    pub fn deny_unlisted(mut self) -> Self {
        self.policy.denies_unlisted = true;
        self
    }

    /// Leaves out of lists of tools, prompts, resources, templates and skills what the caller may
    /// not use by the policies, and marks these answers as private to the caller; an
    /// [`Authorizer`](crate::policy::Authorizer) is not asked about entries. A list that cannot be read is not
    /// sent. Clients then cannot ask for the scopes of what they do not see. Default: everything is
    /// listed.
    pub fn filter_lists(mut self) -> Self {
        self.policy.filters_lists = true;
        self
    }

    /// Believes `Mcp-Method` and `Mcp-Name` without a look at the body, since the inner service
    /// refuses requests whose headers and body differ: rmcp's does, from 2026-07-28 on. Saves
    /// reading the body. With an inner service that does not, whoever sends other headers gets
    /// around every rule. [`AuthLayerBuilder::check_bodies`](crate::layer::AuthLayerBuilder::check_bodies)
    /// overrules this.
    pub fn inner_service_compares_headers(mut self) -> Self {
        self.policy.believes_headers = true;
        self
    }

    /// Sets the longest body that is read to determine its operations, in bytes. Default: 4 MiB.
    /// A longer one is refused with 413.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.policy.max_body = bytes;
        self
    }

    /// Sets the same for requests without a token, which are read only where something is public.
    /// Default: 64 KiB.
    pub fn max_anonymous_body_bytes(mut self, bytes: usize) -> Self {
        self.policy.max_anonymous_body = bytes;
        self
    }

    /// Asks no rule about requests to this path, as the layer sees it and byte by byte: for another
    /// route behind the same layer. Such a request needs what every request needs, and its body is
    /// not read. The layer refuses a path that is, or in a nested router can be, the MCP endpoint.
    pub fn exempt_path(mut self, path: impl Into<String>) -> Self {
        self.policy.exempt_paths.push(path.into());
        self
    }

    /// The policy.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`], all of them at once: a rule about a primitive without a name, a method that no
    /// revision of MCP has.
    pub fn build(self) -> Result<OperationPolicy, ConfigErrors> {
        self.errors.into_result()?;
        Ok(self.policy)
    }

    fn primitive(mut self, primitive: Primitive, name: &str, asks: Asks) -> Self {
        if name.is_empty() {
            let text = format!(
                "has a rule about a {primitive} without a name: use * for every {primitive}"
            );
            self.errors.push(ConfigError::new("operations", text));
        }
        let pattern = match primitive {
            Primitive::ResourceTemplate => Pattern::of_template(name),
            _ => Pattern::new(name),
        };
        self.rule(Subject::Primitive(primitive, pattern), asks)
    }

    fn known_method(&mut self, method: &str) {
        let pattern = Pattern::new(method);
        if !METHODS.iter().any(|known| pattern.matches(known.name)) {
            let text = format!(
                "has a rule about {method:?}, which is no method that MCP clients send: \
                 correct it, or use custom_method"
            );
            self.errors.push(ConfigError::new("operations", text));
        }
    }

    fn rule(mut self, subject: Subject, asks: Asks) -> Self {
        self.policy.rules.push(Rule { subject, asks });
        self
    }
}
