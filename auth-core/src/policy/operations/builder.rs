//! [`OperationPolicyBuilder`]: the rules, and the detection of mistakes in them.

use std::fmt;

use super::coverage::{Coverage, WrittenRule, gaps};
use super::inventory::{Entry, Inventory};
use super::operation_policy::OperationPolicy;
use super::pattern::Pattern;
use super::rule::{Requirement, Rule, Subject};
use super::rule_set::RuleSet;
use crate::error::{ConfigError, ConfigErrors};
use crate::operation::Primitive;
use crate::operation::method::METHODS;
use crate::policy::Policy;

/// Builds an [`OperationPolicy`]. In names, URIs and methods, `*` matches any number of any characters.
#[must_use = "call build() to get the policy"]
pub struct OperationPolicyBuilder {
    policy: OperationPolicy,
    rules: Vec<WrittenRule>,
    server: Option<Inventory>,
    coverage: Option<Coverage>,
    errors: ConfigErrors,
}

impl OperationPolicyBuilder {
    pub(crate) fn new() -> Self {
        Self {
            policy: OperationPolicy::without_rules(),
            rules: Vec::new(),
            server: None,
            coverage: None,
            errors: ConfigErrors::default(),
        }
    }

    /// Requires `policy` of every call of a tool with this name.
    pub fn tool(self, name: &str, policy: impl Policy) -> Self {
        self.primitive(Primitive::Tool, name, Requirement::Policy(Box::new(policy)))
    }

    /// Requires `policy` of every request about a prompt with this name: to get it, and to complete its
    /// arguments.
    pub fn prompt(self, name: &str, policy: impl Policy) -> Self {
        self.primitive(
            Primitive::Prompt,
            name,
            Requirement::Policy(Box::new(policy)),
        )
    }

    /// Requires `policy` of every request about a resource with this URI: to read it or its directory,
    /// to subscribe to it, to get it as a skill, and to complete a template that can expand to it.
    /// URIs are compared as strings: a server that normalizes `file:///a/../b` to `file:///b` needs rules
    /// for both.
    pub fn resource(self, uri: &str, policy: impl Policy) -> Self {
        self.primitive(
            Primitive::Resource,
            uri,
            Requirement::Policy(Box::new(policy)),
        )
    }

    /// Requires `policy` of every request about a resource template: to complete its variables, and to
    /// use the resources that it expands to. Each expression, such as `{path}`, matches any characters
    /// ([RFC 6570](https://www.rfc-editor.org/rfc/rfc6570)).
    pub fn resource_template(self, template: &str, policy: impl Policy) -> Self {
        self.primitive(
            Primitive::ResourceTemplate,
            template,
            Requirement::Policy(Box::new(policy)),
        )
    }

    /// Requires `policy` of every request about a skill, by the URI of its `SKILL.md`. The files of a
    /// skill are resources: `skill://pdf/*` also covers those of the directory.
    pub fn skill(self, uri: &str, policy: impl Policy) -> Self {
        self.primitive(Primitive::Skill, uri, Requirement::Policy(Box::new(policy)))
    }

    /// Requires `policy` of every request with this method of MCP, whatever its target.
    pub fn method(mut self, method: &str, policy: impl Policy) -> Self {
        self.known_method(method);
        self.rule(
            Subject::Method(Pattern::new(method)),
            method,
            Requirement::Policy(Box::new(policy)),
        )
    }

    /// Requires `policy` of every request with this method, which need not be one of MCP: a vendor's
    /// extension, or a method of a later revision.
    pub fn custom_method(self, method: &str, policy: impl Policy) -> Self {
        self.rule(
            Subject::Method(Pattern::new(method)),
            method,
            Requirement::Policy(Box::new(policy)),
        )
    }

    /// Admits every call of a tool with this name, also without a token. Any other rule that matches the
    /// call takes precedence.
    pub fn public_tool(self, name: &str) -> Self {
        self.primitive(Primitive::Tool, name, Requirement::Public)
    }

    /// Admits every request with this method of MCP, also without a token: `initialize`, `tools/list`,
    /// `notifications/*`. Any other rule that matches the request takes precedence.
    pub fn public_method(mut self, method: &str) -> Self {
        self.known_method(method);
        self.rule(
            Subject::Method(Pattern::new(method)),
            method,
            Requirement::Public,
        )
    }

    /// Adds the rules that the primitives of the server state themselves, and compares the primitives with
    /// all rules when the policy is built: see [`Coverage`]. Such a rule is like one that is written here, and
    /// both must allow a request. Called again, it adds the primitives of another part of the server.
    pub fn server(mut self, inventory: Inventory) -> Self {
        let server = self.server.get_or_insert_default();
        for error in &inventory.errors {
            self.errors.push(error.clone());
        }
        for mut entry in inventory.entries {
            if let Some(requirement) = entry.requirement.take() {
                self.rules.push(stated_rule(&entry, requirement));
            }
            server.entries.push(entry);
        }
        self
    }

    /// Sets what happens if the rules do not fit the [`server`](Self::server). Default:
    /// [`Coverage::Strict`].
    pub fn coverage(mut self, coverage: Coverage) -> Self {
        self.coverage = Some(coverage);
        self
    }

    /// Denies every operation that no rule matches.
    pub fn deny_unlisted(mut self) -> Self {
        self.policy.denies_unlisted = true;
        self
    }

    /// Removes from lists of tools, prompts, resources, templates and skills the items that the policies
    /// do not allow the caller to use, and marks these responses as private to the caller. An
    /// [`Authorizer`](crate::policy::Authorizer) does not run for items. A list that cannot be read is not sent.
    /// Clients cannot request the scopes of items that they do not see. Default: all items are listed.
    pub fn filter_lists(mut self) -> Self {
        self.policy.filters_lists = true;
        self
    }

    /// Trusts `Mcp-Method` and `Mcp-Name` without reading the body, because the inner service refuses
    /// requests whose headers and body differ: rmcp does, from revision 2026-07-28 on. This saves reading
    /// the body. If the inner service does not compare them, a client that sends false headers bypasses
    /// every rule. [`AuthLayerBuilder::check_bodies`](crate::layer::AuthLayerBuilder::check_bodies) takes precedence.
    pub fn inner_service_compares_headers(mut self) -> Self {
        self.policy.trusts_headers = true;
        self
    }

    /// Sets the longest body that is read to determine its operations, in bytes. Default: 4 MiB.
    /// A longer one is refused with 413.
    pub fn max_body_bytes(mut self, bytes: usize) -> Self {
        self.policy.max_body = bytes;
        self
    }

    /// Sets the same limit for requests without a token, whose bodies are read only if the layer has
    /// public operations or allows anonymous callers. Default: 64 KiB.
    pub fn max_anonymous_body_bytes(mut self, bytes: usize) -> Self {
        self.policy.max_anonymous_body = bytes;
        self
    }

    /// Applies no rule to requests to this path, for another route behind the same layer. The path is
    /// compared byte by byte, as the layer sees it. Such a request requires only what every request
    /// requires, and its body is not read. Building the layer fails for a path that is the MCP endpoint, or
    /// can be in a nested router.
    pub fn exempt_path(mut self, path: impl Into<String>) -> Self {
        self.policy.exempt_paths.push(path.into());
        self
    }

    /// Builds the policy.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every mistake: a rule about a primitive with an empty name, or about a method
    /// that no revision of MCP has; a primitive of the server that states something that is not a
    /// requirement; with [`Coverage::Strict`], every primitive without a rule and every rule without a
    /// primitive; [`coverage`](Self::coverage) without a [`server`](Self::server).
    pub fn build(mut self) -> Result<OperationPolicy, ConfigErrors> {
        self.check_coverage();
        self.errors.into_result()?;
        let policies = || self.rules.iter().filter_map(|it| it.rule.policy());
        self.policy.keeps_arguments = policies().any(Policy::needs_arguments);
        self.policy.has_live_rules = policies().any(Policy::needs_live_session);
        self.policy.has_member_rules = policies().any(Policy::needs_member);
        let rules = self.rules.into_iter().map(|written| written.rule);
        self.policy.rules = RuleSet::new(rules.collect());
        Ok(self.policy)
    }

    fn check_coverage(&mut self) {
        let Some(server) = &self.server else {
            if self.coverage.is_some() {
                let problem = "has nothing to compare the rules with: call server, too";
                self.errors.push(ConfigError::new("coverage", problem));
            }
            return;
        };
        let gaps = || gaps(server, &self.rules, self.policy.denies_unlisted);
        match self.coverage.unwrap_or_default() {
            Coverage::Strict => gaps().into_iter().for_each(|error| self.errors.push(error)),
            Coverage::Warn => gaps().iter().for_each(|error| {
                tracing::warn!(%error, "the rules do not fit the server");
            }),
            Coverage::Allow => {}
        }
    }

    fn primitive(mut self, primitive: Primitive, name: &str, requirement: Requirement) -> Self {
        if name.is_empty() {
            let problem = format!(
                "has a rule about a {primitive} without a name: use * for every {primitive}"
            );
            self.errors.push(ConfigError::new("operations", problem));
        }
        let pattern = match primitive {
            Primitive::ResourceTemplate => Pattern::of_template(name),
            _ => Pattern::new(name),
        };
        self.rule(Subject::Primitive(primitive, pattern), name, requirement)
    }

    fn known_method(&mut self, method: &str) {
        let pattern = Pattern::new(method);
        if !METHODS.iter().any(|known| pattern.matches(known.name)) {
            let problem = format!(
                "has a rule about {method:?}, which is not a method that MCP clients send: \
                 correct it, or use custom_method"
            );
            self.errors.push(ConfigError::new("operations", problem));
        }
    }

    fn rule(mut self, subject: Subject, name: &str, requirement: Requirement) -> Self {
        if let Requirement::Policy(policy) = &requirement
            && policy.needs_arguments()
            && !subject.can_have_arguments()
        {
            let problem = format!(
                "has a policy about arguments in a rule about {subject}, which has none: only calls \
                 of tools and requests for prompts have arguments"
            );
            self.errors.push(ConfigError::new("operations", problem));
        }
        self.rules.push(WrittenRule {
            rule: Rule {
                subject,
                requirement,
            },
            name: name.into(),
        });
        self
    }
}

/// The rule that a primitive of the server states: about its name alone.
fn stated_rule(entry: &Entry, requirement: Requirement) -> WrittenRule {
    let pattern = match entry.primitive {
        Primitive::ResourceTemplate => Pattern::of_template(&entry.name),
        _ => Pattern::exact(&entry.name),
    };
    WrittenRule {
        rule: Rule {
            subject: Subject::Primitive(entry.primitive, pattern),
            requirement,
        },
        name: entry.name.clone(),
    }
}

impl fmt::Debug for OperationPolicyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationPolicyBuilder")
            .field("rules", &self.rules.len())
            .field("coverage", &self.coverage)
            .field("errors", &self.errors)
            .finish_non_exhaustive()
    }
}
