//! [`OrganizationRule`]: what the members of an organization may do.

use super::invalid_rule::InvalidOrganizationRule;
use crate::operation::{Operation, Primitive};
use crate::policy::operations::Pattern;
#[cfg(feature = "rate-limit")]
use crate::policy::rate_limit::{Quota, Rate};
use crate::policy::target::{concerns, is_listed};
use crate::policy::{Denied, PolicyRequest};
use crate::token::{Scope, Scopes};

/// What the members of an organization may do, beyond what the layer requires of every caller. Without any
/// setting it allows everything. In names and URIs, `*` matches any number of any characters.
///
/// ```
/// use auth_core::policy::OrganizationRule;
///
/// let rule = OrganizationRule::new()
///     .required_scopes(["notes:read"])?
///     .allowed_roles(["member", "admin"])?
///     .allowed_tools(["notes_*", "search"])?;
/// # let _ = rule;
/// # Ok::<(), auth_core::policy::InvalidOrganizationRule>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrganizationRule {
    scopes: Scopes,
    roles: Option<Box<[String]>>,
    tools: Option<Box<[Pattern]>>,
    prompts: Option<Box<[Pattern]>>,
    resources: Option<Box<[Pattern]>>,
    #[cfg(feature = "rate-limit")]
    pub(super) quota: Option<Rate>,
}

type Built = Result<OrganizationRule, InvalidOrganizationRule>;

impl OrganizationRule {
    /// A rule that allows everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Requires each of these scopes. A member whose token lacks one gets a challenge that names all of
    /// them.
    ///
    /// # Errors
    ///
    /// [`InvalidOrganizationRule`] for an empty list, a duplicate, and what is not a scope.
    pub fn required_scopes<T: AsRef<str>>(mut self, scopes: impl IntoIterator<Item = T>) -> Built {
        const SETTING: &str = "required_scopes";
        let listed = strings(SETTING, "require nothing", scopes)?;
        for (item, scope) in listed.iter().enumerate() {
            let scope = Scope::new(scope)
                .map_err(|error| InvalidOrganizationRule::new(SETTING, error).in_item(item))?;
            self.scopes.insert(scope);
        }
        Ok(self)
    }

    /// Allows members with one of these roles: strings of the claim `roles`.
    ///
    /// # Errors
    ///
    /// [`InvalidOrganizationRule`] for an empty list or string, and for a duplicate.
    pub fn allowed_roles<T: AsRef<str>>(mut self, roles: impl IntoIterator<Item = T>) -> Built {
        let roles = strings("allowed_roles", "refuse every member", roles)?;
        self.roles = Some(roles.into());
        Ok(self)
    }

    /// Allows these tools alone. Default: all.
    ///
    /// # Errors
    ///
    /// [`InvalidOrganizationRule`] for an empty list or string, and for a duplicate.
    pub fn allowed_tools<T: AsRef<str>>(mut self, names: impl IntoIterator<Item = T>) -> Built {
        self.tools = Some(patterns("allowed_tools", "refuse every tool", names)?);
        Ok(self)
    }

    /// Allows these prompts alone. Default: all.
    ///
    /// # Errors
    ///
    /// [`InvalidOrganizationRule`] for an empty list or string, and for a duplicate.
    pub fn allowed_prompts<T: AsRef<str>>(mut self, names: impl IntoIterator<Item = T>) -> Built {
        self.prompts = Some(patterns("allowed_prompts", "refuse every prompt", names)?);
        Ok(self)
    }

    /// Allows the resources and skills with these URIs alone, and the templates that match as strings:
    /// `file:///public/*` allows `file:///public/{path}`. URIs are compared as strings: a server that
    /// normalizes `file:///public/../b` must refuse it itself. Default: all.
    ///
    /// # Errors
    ///
    /// [`InvalidOrganizationRule`] for an empty list or string, and for a duplicate.
    pub fn allowed_resources<T: AsRef<str>>(mut self, uris: impl IntoIterator<Item = T>) -> Built {
        self.resources = Some(patterns(
            "allowed_resources",
            "refuse every resource",
            uris,
        )?);
        Ok(self)
    }

    /// Limits all members of the organization together. Each operation counts.
    ///
    /// # Errors
    ///
    /// [`InvalidOrganizationRule`] for a quota that allows nothing, or takes more than a year to fill up.
    #[cfg(feature = "rate-limit")]
    pub fn quota(mut self, quota: Quota) -> Built {
        let rate = quota.rate();
        self.quota = Some(rate.map_err(|error| InvalidOrganizationRule::new("quota", error))?);
        Ok(self)
    }

    /// Whether it allows a request of a member.
    pub(super) fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let has_role = |roles: &[String]| {
            let mut of_member = request.token().roles();
            of_member.any(|role| roles.iter().any(|allowed| allowed == role))
        };
        if self.roles.as_deref().is_some_and(|roles| !has_role(roles)) {
            let reason = "the caller has no role that the organization's rule allows";
            return Err(Denied::Forbidden(reason.into()));
        }
        if request.operation().is_some_and(|it| !self.allows(it)) {
            let reason = "the organization's rule does not allow the operation";
            return Err(Denied::Forbidden(reason.into()));
        }
        if !request.has_scopes(&self.scopes) {
            return Err(Denied::Scope(self.scopes.clone()));
        }
        Ok(())
    }

    /// Whether the lists allow what the operation is about. What is unknown is not allowed.
    fn allows(&self, operation: &Operation) -> bool {
        let lists = [
            (Primitive::Tool, &self.tools),
            (Primitive::Prompt, &self.prompts),
            (Primitive::Resource, &self.resources),
        ];
        lists.iter().all(|(primitive, patterns)| match patterns {
            Some(patterns) => !concerns(operation, *primitive) || is_listed(operation, patterns),
            None => true,
        })
    }
}

fn patterns<T: AsRef<str>>(
    setting: &'static str,
    empty: &str,
    names: impl IntoIterator<Item = T>,
) -> Result<Box<[Pattern]>, InvalidOrganizationRule> {
    let names = strings(setting, empty, names)?;
    Ok(names.iter().map(|name| Pattern::new(name)).collect())
}

fn strings<T: AsRef<str>>(
    setting: &'static str,
    empty: &str,
    strings: impl IntoIterator<Item = T>,
) -> Result<Vec<String>, InvalidOrganizationRule> {
    let mut found: Vec<String> = Vec::new();
    for (item, string) in strings.into_iter().enumerate() {
        let string = string.as_ref();
        let problem = if string.is_empty() {
            "has an empty string: remove it".to_owned()
        } else if found.iter().any(|earlier| earlier == string) {
            format!("has {string:?} twice: remove one")
        } else {
            found.push(string.to_owned());
            continue;
        };
        return Err(InvalidOrganizationRule::new(setting, problem).in_item(item));
    }
    if found.is_empty() {
        let problem = format!("is empty, which would {empty}: leave it out, or list at least one");
        return Err(InvalidOrganizationRule::new(setting, problem));
    }
    Ok(found)
}
