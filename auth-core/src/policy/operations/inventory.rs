//! [`Inventory`]: the primitives that a server offers.

use super::rule::Requirement;
use crate::error::{ConfigError, ConfigErrors};
use crate::operation::Primitive;
use crate::policy::Policy;

/// The tools, prompts, resources, resource templates and skills that a server offers, and what some of
/// them require. [`OperationPolicyBuilder::server`](crate::policy::OperationPolicyBuilder::server) makes
/// rules of it, and compares it with all other rules.
///
/// The feature `rmcp` adds methods that read it from rmcp's routers. For another framework, name what the
/// server offers:
///
/// ```
/// use auth_core::operation::Primitive;
/// use auth_core::policy::{Inventory, OperationPolicy, RequireScopes};
///
/// # fn demo() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Inventory::new()
///     .tools(["search", "fetch"])
///     .require(Primitive::Tool, "delete", RequireScopes::new(["files:write"])?)
///     .public(Primitive::Tool, "version");
/// let read = RequireScopes::new(["files:read"])?;
/// let operations = OperationPolicy::builder()
///     .server(server)
///     .tool("search", read.clone())
///     .tool("fetch", read)
///     .build()?;
/// # let _ = operations; Ok(()) }
/// # demo().unwrap();
/// ```
#[derive(Debug, Default)]
#[must_use = "give it to OperationPolicyBuilder::server"]
pub struct Inventory {
    pub(super) entries: Vec<Entry>,
    /// Mistakes in what the primitives state.
    pub(super) errors: ConfigErrors,
}

/// One primitive of a server.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) primitive: Primitive,
    pub(super) name: String,
    /// What it states that its callers need.
    pub(super) requirement: Option<Requirement>,
    /// Whether what it states is no requirement, which is already reported.
    pub(super) malformed: bool,
}

impl Inventory {
    /// An inventory without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds tools, by their names.
    pub fn tools<T: Into<String>>(self, names: impl IntoIterator<Item = T>) -> Self {
        self.all(Primitive::Tool, names)
    }

    /// Adds prompts, by their names.
    pub fn prompts<T: Into<String>>(self, names: impl IntoIterator<Item = T>) -> Self {
        self.all(Primitive::Prompt, names)
    }

    /// Adds resources, by their URIs.
    pub fn resources<T: Into<String>>(self, uris: impl IntoIterator<Item = T>) -> Self {
        self.all(Primitive::Resource, uris)
    }

    /// Adds resource templates, by their URI templates. A server whose resources change while it runs is
    /// described by the templates of their URIs.
    pub fn resource_templates<T: Into<String>>(
        self,
        templates: impl IntoIterator<Item = T>,
    ) -> Self {
        self.all(Primitive::ResourceTemplate, templates)
    }

    /// Adds skills, by the URIs of their `SKILL.md`.
    pub fn skills<T: Into<String>>(self, uris: impl IntoIterator<Item = T>) -> Self {
        self.all(Primitive::Skill, uris)
    }

    /// Adds a primitive with a rule: every request about it requires `policy`. `name` is the name, URI or
    /// URI template of the primitive; a `*` in a name or URI is an ordinary character.
    pub fn require(
        self,
        primitive: Primitive,
        name: impl Into<String>,
        policy: impl Policy,
    ) -> Self {
        let requirement = Requirement::Policy(Box::new(policy));
        self.entry(primitive, name, Some(requirement))
    }

    /// Adds a primitive with a public rule: requests about it need no token, unless another rule applies.
    pub fn public(self, primitive: Primitive, name: impl Into<String>) -> Self {
        self.entry(primitive, name, Some(Requirement::Public))
    }

    /// Adds a primitive and what it states itself, or the mistakes in that.
    #[cfg(feature = "rmcp")]
    pub(crate) fn stating(
        mut self,
        primitive: Primitive,
        name: &str,
        stated: Result<Option<Requirement>, Vec<String>>,
    ) -> Self {
        let malformed = stated.is_err();
        let requirement = stated.unwrap_or_else(|problems| {
            for problem in problems {
                let setting = format!("{primitive} {name:?}");
                self.errors.push(ConfigError::new(setting, problem));
            }
            None
        });
        let mut inventory = self.entry(primitive, name, requirement);
        if let Some(entry) = inventory.entries.last_mut() {
            entry.malformed = malformed;
        }
        inventory
    }

    fn all<T: Into<String>>(
        self,
        primitive: Primitive,
        names: impl IntoIterator<Item = T>,
    ) -> Self {
        names.into_iter().fold(self, |inventory, name| {
            inventory.entry(primitive, name, None)
        })
    }

    fn entry(
        mut self,
        primitive: Primitive,
        name: impl Into<String>,
        requirement: Option<Requirement>,
    ) -> Self {
        let name = name.into();
        if name.is_empty() {
            let problem = format!("has a {primitive} without a name: give it one");
            self.errors.push(ConfigError::new("server", problem));
        }
        self.entries.push(Entry {
            primitive,
            name,
            requirement,
            malformed: false,
        });
        self
    }
}
