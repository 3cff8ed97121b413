//! [`RequireRole`]: requires a role.

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;

/// Requires a role in the caller's organization: a member of the `roles` claim
/// ([RFC 9068 section 2.2.3.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3.1)).
///
/// No scope can give a caller a role, so the response is a 403 without a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireRole(Vec<String>);

impl RequireRole {
    /// Requires `role`; the name is case-sensitive.
    #[must_use]
    pub fn new(role: impl Into<String>) -> Self {
        Self(vec![role.into()])
    }

    /// Requires at least one of these roles. An empty list denies every caller.
    #[must_use]
    pub fn one_of<T: Into<String>>(roles: impl IntoIterator<Item = T>) -> Self {
        Self(roles.into_iter().map(Into::into).collect())
    }
}

impl Policy for RequireRole {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let mut roles = request.token().roles();
        if roles.any(|role| self.0.iter().any(|required| required == role)) {
            return Ok(());
        }
        let reason = format!("one of the roles {:?} is required", self.0);
        Err(Denied::Forbidden(reason.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::VerifiedToken;
    use serde_json::{Value, json};
    use std::time::SystemTime;

    #[test]
    fn a_caller_needs_one_of_the_roles() {
        let now = SystemTime::UNIX_EPOCH;
        let table: [(&str, RequireRole, Value, bool); 8] = [
            (
                "the role",
                RequireRole::new("admin"),
                json!(["user", "admin"]),
                true,
            ),
            (
                "another case",
                RequireRole::new("Admin"),
                json!(["admin"]),
                false,
            ),
            (
                "a part of a name",
                RequireRole::new("adm"),
                json!(["admin"]),
                false,
            ),
            (
                "a string, no array",
                RequireRole::new("admin"),
                json!("admin"),
                false,
            ),
            (
                "an object",
                RequireRole::new("admin"),
                json!({"admin": true}),
                false,
            ),
            (
                "one of two",
                RequireRole::one_of(["owner", "admin"]),
                json!(["admin"]),
                true,
            ),
            (
                "none of two",
                RequireRole::one_of(["owner", "admin"]),
                json!(["user"]),
                false,
            ),
            (
                "an empty list",
                RequireRole::one_of([""; 0]),
                json!(["admin"]),
                false,
            ),
        ];
        for (name, policy, roles, allowed) in table {
            let claims = json!({"roles": roles, "permissions": ["admin"]});
            let token = VerifiedToken::assertion("i", "s", now)
                .with_claims(claims.as_object().unwrap().clone());
            let result = policy.check(&PolicyRequest::new(&token, now));
            assert_eq!(result.is_ok(), allowed, "{name}");
            let without = VerifiedToken::assertion("i", "s", now);
            let result = policy.check(&PolicyRequest::new(&without, now));
            assert!(
                matches!(result, Err(Denied::Forbidden(_))),
                "{name}, without claims"
            );
            assert!(policy.scopes().is_empty(), "{name}");
        }
    }
}
