//! [`RequirePermission`]: requires a permission.

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;

/// Requires a permission in the caller's organization, such as `notes:delete`: a member of the
/// `permissions` claim.
///
/// Permissions come from the roles of a user, not from a login, so the response is a 403 without a
/// challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirePermission(Vec<String>);

impl RequirePermission {
    /// Requires `permission`; the name is case-sensitive.
    #[must_use]
    pub fn new(permission: impl Into<String>) -> Self {
        Self(vec![permission.into()])
    }

    /// Requires at least one of these permissions. An empty list denies every caller.
    #[must_use]
    pub fn one_of<T: Into<String>>(permissions: impl IntoIterator<Item = T>) -> Self {
        Self(permissions.into_iter().map(Into::into).collect())
    }
}

impl Policy for RequirePermission {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let mut permissions = request.token().permissions();
        if permissions.any(|own| self.0.iter().any(|required| required == own)) {
            return Ok(());
        }
        let reason = format!("one of the permissions {:?} is required", self.0);
        Err(Denied::Forbidden(reason.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::VerifiedToken;
    use serde_json::json;
    use std::time::SystemTime;

    #[test]
    fn a_caller_needs_one_of_the_permissions() {
        let now = SystemTime::UNIX_EPOCH;
        let claims = json!({"roles": ["admin"], "permissions": ["notes:delete"]});
        let token = VerifiedToken::assertion("i", "s", now)
            .with_claims(claims.as_object().unwrap().clone());
        let without = VerifiedToken::assertion("i", "s", now);
        for (name, policy, allowed) in [
            (
                "the permission",
                RequirePermission::new("notes:delete"),
                true,
            ),
            ("a role is none", RequirePermission::new("admin"), false),
            ("a part of a name", RequirePermission::new("notes"), false),
            (
                "one of two",
                RequirePermission::one_of(["x", "notes:delete"]),
                true,
            ),
            ("an empty list", RequirePermission::one_of([""; 0]), false),
        ] {
            let result = policy.check(&PolicyRequest::new(&token, now));
            assert_eq!(result.is_ok(), allowed, "{name}");
            let result = policy.check(&PolicyRequest::new(&without, now));
            assert!(
                matches!(result, Err(Denied::Forbidden(_))),
                "{name}, without claims"
            );
        }
    }
}
