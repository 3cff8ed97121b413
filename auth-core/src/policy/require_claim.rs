//! Policies over the claims of tokens: roles, permissions, organization, any claim.
//!
//! These denials cannot be resolved by another scope, so the response is a 403 without a challenge.
//! For scopes there is [`RequireScopes`](crate::policy::RequireScopes).
//!
//! ```
//! use auth_core::policy::{
//!     Policy, RequireClaim, RequireOrganization, RequireRole, any_of,
//! };
//!
//! let policy = any_of([
//!     Box::new(RequireRole::new("admin")) as Box<dyn Policy>,
//!     Box::new(RequireOrganization::one_of(["org_1", "org_2"])),
//!     Box::new(RequireClaim::equals("/custom_claims/plan", "pro")?),
//! ]);
//! # let _ = policy;
//! # Ok::<(), auth_core::policy::InvalidPointer>(())
//! ```

use serde_json::Value;
use thiserror::Error;

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;

/// Requires a role in the caller's organization: a member of the `roles` claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireRole(String);

/// Requires a permission in the caller's organization, such as `notes:delete`: a member of the
/// `permissions` claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirePermission(String);

/// Requires that the caller acts in one of several organizations: the `oid` claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireOrganization(Vec<String>);

/// Requires something of a claim, which is named by a JSON pointer
/// ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)). An absent claim meets no requirement.
#[derive(Debug, Clone, PartialEq)]
pub struct RequireClaim {
    pointer: String,
    wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq)]
enum Wanted {
    Present,
    OneOf(Vec<Value>),
    Member(Value),
}

/// The string is not a JSON pointer to a claim.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a JSON pointer to a claim: begin with a slash, as in \"/roles\"")]
pub struct InvalidPointer(String);

impl RequireRole {
    /// Requires `role`; the name is case-sensitive.
    #[must_use]
    pub fn new(role: impl Into<String>) -> Self {
        Self(role.into())
    }
}

impl RequirePermission {
    /// Requires `permission`; the name is case-sensitive.
    #[must_use]
    pub fn new(permission: impl Into<String>) -> Self {
        Self(permission.into())
    }
}

impl RequireOrganization {
    /// Requires one of these organization ids (`org_...`). An empty list denies every caller.
    #[must_use]
    pub fn one_of<T: Into<String>>(organizations: impl IntoIterator<Item = T>) -> Self {
        Self(organizations.into_iter().map(Into::into).collect())
    }
}

impl RequireClaim {
    /// Requires that the claim is present and not null.
    ///
    /// # Errors
    ///
    /// [`InvalidPointer`] when `pointer` does not begin with a slash.
    pub fn present(pointer: &str) -> Result<Self, InvalidPointer> {
        Self::wanted(pointer, Wanted::Present)
    }

    /// Requires that the claim equals `value`, in type and content.
    ///
    /// # Errors
    ///
    /// [`InvalidPointer`] when `pointer` does not begin with a slash.
    pub fn equals(pointer: &str, value: impl Into<Value>) -> Result<Self, InvalidPointer> {
        Self::one_of(pointer, [value])
    }

    /// Requires that the claim equals one of `values`.
    ///
    /// # Errors
    ///
    /// [`InvalidPointer`] when `pointer` does not begin with a slash.
    pub fn one_of<T: Into<Value>>(
        pointer: &str,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Self, InvalidPointer> {
        let values = values.into_iter().map(Into::into).collect();
        Self::wanted(pointer, Wanted::OneOf(values))
    }

    /// Requires that the claim is an array with `value` in it.
    ///
    /// # Errors
    ///
    /// [`InvalidPointer`] when `pointer` does not begin with a slash.
    pub fn contains(pointer: &str, value: impl Into<Value>) -> Result<Self, InvalidPointer> {
        Self::wanted(pointer, Wanted::Member(value.into()))
    }

    fn wanted(pointer: &str, wanted: Wanted) -> Result<Self, InvalidPointer> {
        if !pointer.starts_with('/') {
            return Err(InvalidPointer(pointer.into()));
        }
        Ok(Self {
            pointer: pointer.into(),
            wanted,
        })
    }
}

impl Policy for RequireRole {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        member(request, "/roles", &self.0)
    }
}

impl Policy for RequirePermission {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        member(request, "/permissions", &self.0)
    }
}

impl Policy for RequireOrganization {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let organization = request.token().organization();
        let accepted = organization.is_some_and(|own| self.0.iter().any(|known| known == own));
        decide(accepted, || "another organization is required".into())
    }
}

impl Policy for RequireClaim {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let claim = request.token().claim(&self.pointer);
        let accepted = claim.is_some_and(|claim| match &self.wanted {
            Wanted::Present => !claim.is_null(),
            Wanted::OneOf(values) => values.contains(claim),
            Wanted::Member(value) => claim.as_array().is_some_and(|all| all.contains(value)),
        });
        decide(accepted, || {
            format!("claim {:?} does not have the required value", self.pointer)
        })
    }
}

fn member(request: &PolicyRequest<'_>, pointer: &str, wanted: &str) -> Result<(), Denied> {
    let claim = request.token().claim(pointer).and_then(Value::as_array);
    let accepted = claim.is_some_and(|all| all.iter().any(|value| value == wanted));
    decide(accepted, || {
        format!("{wanted:?} is required in {pointer:?}")
    })
}

fn decide(accepted: bool, why: impl FnOnce() -> String) -> Result<(), Denied> {
    if accepted {
        Ok(())
    } else {
        Err(Denied::Forbidden(why().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::VerifiedToken;
    use serde_json::json;
    use std::time::SystemTime;

    #[test]
    fn what_the_claims_allow() {
        let claims = json!({
            "roles": ["admin"], "permissions": ["notes:delete"], "oid": "org_1",
            "custom": {"plan": "pro", "seats": 5, "none": null, "tags": ["a", 1]},
        });
        let now = SystemTime::UNIX_EPOCH;
        let token = VerifiedToken::assertion("i", "s", now)
            .with_organization("org_1")
            .with_claims(claims.as_object().unwrap().clone());
        let anonymous = VerifiedToken::assertion("i", "s", now);
        let boxed = |policy: RequireClaim| Box::new(policy) as Box<dyn Policy>;
        let table: Vec<(&str, Box<dyn Policy>, bool)> = vec![
            ("role", Box::new(RequireRole::new("admin")), true),
            ("other case", Box::new(RequireRole::new("Admin")), false),
            ("part of a name", Box::new(RequireRole::new("adm")), false),
            (
                "permission",
                Box::new(RequirePermission::new("notes:delete")),
                true,
            ),
            (
                "a role is none",
                Box::new(RequirePermission::new("admin")),
                false,
            ),
            (
                "organization",
                Box::new(RequireOrganization::one_of(["org_2", "org_1"])),
                true,
            ),
            (
                "other organization",
                Box::new(RequireOrganization::one_of(["org_2"])),
                false,
            ),
            (
                "no organizations",
                Box::new(RequireOrganization::one_of([""; 0])),
                false,
            ),
            (
                "claim",
                boxed(RequireClaim::equals("/custom/plan", "pro").unwrap()),
                true,
            ),
            (
                "number",
                boxed(RequireClaim::equals("/custom/seats", 5).unwrap()),
                true,
            ),
            (
                "wrong type",
                boxed(RequireClaim::equals("/custom/seats", "5").unwrap()),
                false,
            ),
            (
                "one of",
                boxed(RequireClaim::one_of("/custom/plan", ["x", "pro"]).unwrap()),
                true,
            ),
            (
                "member",
                boxed(RequireClaim::contains("/custom/tags", 1).unwrap()),
                true,
            ),
            (
                "no member",
                boxed(RequireClaim::contains("/custom/tags", "1").unwrap()),
                false,
            ),
            (
                "no array",
                boxed(RequireClaim::contains("/custom/plan", "pro").unwrap()),
                false,
            ),
            (
                "present",
                boxed(RequireClaim::present("/custom/plan").unwrap()),
                true,
            ),
            (
                "null",
                boxed(RequireClaim::present("/custom/none").unwrap()),
                false,
            ),
            (
                "absent",
                boxed(RequireClaim::present("/custom/x").unwrap()),
                false,
            ),
        ];
        for (name, policy, accepted) in table {
            let answer = policy.check(&PolicyRequest::new(&token, now));
            assert_eq!(answer.is_ok(), accepted, "{name}");
            let answer = policy.check(&PolicyRequest::new(&anonymous, now));
            assert!(
                matches!(answer, Err(Denied::Forbidden(_))),
                "{name}, anonymous"
            );
        }
        assert!(RequireClaim::present("roles").is_err());
    }
}
