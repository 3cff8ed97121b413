//! [`RequireOrganization`]: requires that the caller acts in certain organizations.

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;

/// Requires that the caller acts in one of several organizations, by
/// [`VerifiedToken::organization`](crate::token::VerifiedToken::organization).
///
/// A caller of another organization gets a 403 without `insufficient_scope`: it would request scopes in
/// vain. The response does not name the organizations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequireOrganization(Vec<String>);

impl RequireOrganization {
    /// Requires one of these organization ids (`org_...`). An empty list denies every caller.
    #[must_use]
    pub fn one_of<T: Into<String>>(organizations: impl IntoIterator<Item = T>) -> Self {
        Self(organizations.into_iter().map(Into::into).collect())
    }
}

/// The short form of [`RequireOrganization::one_of`].
///
/// ```
/// use auth_core::policy::{OperationPolicy, organization_in};
///
/// let operations = OperationPolicy::builder()
///     .tool("report_*", organization_in(["org_1", "org_2"]))
///     .build()?;
/// # let _ = operations;
/// # Ok::<(), auth_core::error::ConfigErrors>(())
/// ```
#[must_use]
pub fn organization_in<T: Into<String>>(
    organizations: impl IntoIterator<Item = T>,
) -> RequireOrganization {
    RequireOrganization::one_of(organizations)
}

impl Policy for RequireOrganization {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let organization = request.token().organization();
        if organization.is_some_and(|own| self.0.iter().any(|known| known == own)) {
            Ok(())
        } else {
            Err(Denied::Forbidden("another organization is required".into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::VerifiedToken;
    use serde_json::json;
    use std::time::SystemTime;

    #[test]
    fn a_caller_acts_in_one_of_the_organizations() {
        let now = SystemTime::UNIX_EPOCH;
        let token = VerifiedToken::assertion("i", "s", now).with_organization("org_1");
        // A claim that the verifier has not mapped is no organization.
        let claims = json!({"oid": "org_1", "org_id": "org_1"});
        let without = VerifiedToken::assertion("i", "s", now)
            .with_claims(claims.as_object().unwrap().clone());
        assert_eq!(
            organization_in(["org_1"]),
            RequireOrganization::one_of(["org_1"])
        );
        for (name, organizations, allowed) in [
            ("the organization", &["org_2", "org_1"][..], true),
            ("another organization", &["org_2"], false),
            ("another case", &["ORG_1"], false),
            ("an empty list", &[], false),
        ] {
            let policy = organization_in(organizations.iter().copied());
            let result = policy.check(&PolicyRequest::new(&token, now));
            assert_eq!(result.is_ok(), allowed, "{name}");
            let result = policy.check(&PolicyRequest::new(&without, now));
            let Err(Denied::Forbidden(reason)) = result else {
                panic!("{name}, without an organization: {result:?}");
            };
            assert!(!reason.contains("org_"), "{name}: {reason}");
        }
    }
}
