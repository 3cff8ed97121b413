//! [`RequireClaim`]: requires something of any claim.

use serde_json::Value;
use thiserror::Error;

use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;

/// Requires something of a claim, which is named by a JSON pointer
/// ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)). An absent claim meets no requirement.
///
/// No scope can change a claim, so the response is a 403 without a challenge.
///
/// ```
/// use auth_core::policy::{Policy, RequireClaim, RequireRole, any_of, organization_in};
///
/// let policy = any_of([
///     Box::new(RequireRole::new("admin")) as Box<dyn Policy>,
///     Box::new(organization_in(["org_1", "org_2"])),
///     Box::new(RequireClaim::equals("/custom_claims/plan", "pro")?),
/// ]);
/// # let _ = policy;
/// # Ok::<(), auth_core::policy::InvalidPointer>(())
/// ```
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

impl Policy for RequireClaim {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        let claim = request.token().claim(&self.pointer);
        let accepted = claim.is_some_and(|claim| match &self.wanted {
            Wanted::Present => !claim.is_null(),
            Wanted::OneOf(values) => values.contains(claim),
            Wanted::Member(value) => claim.as_array().is_some_and(|all| all.contains(value)),
        });
        if accepted {
            return Ok(());
        }
        let reason = format!("claim {:?} does not have the required value", self.pointer);
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
    fn a_claim_has_the_required_value() {
        let claims = json!({
            "custom": {"plan": "pro", "seats": 5, "none": null, "tags": ["a", 1]},
        });
        let now = SystemTime::UNIX_EPOCH;
        let token = VerifiedToken::assertion("i", "s", now)
            .with_claims(claims.as_object().unwrap().clone());
        let anonymous = VerifiedToken::assertion("i", "s", now);
        for (name, policy, allowed) in [
            ("claim", RequireClaim::equals("/custom/plan", "pro"), true),
            ("number", RequireClaim::equals("/custom/seats", 5), true),
            (
                "wrong type",
                RequireClaim::equals("/custom/seats", "5"),
                false,
            ),
            (
                "one of",
                RequireClaim::one_of("/custom/plan", ["x", "pro"]),
                true,
            ),
            ("member", RequireClaim::contains("/custom/tags", 1), true),
            (
                "no member",
                RequireClaim::contains("/custom/tags", "1"),
                false,
            ),
            (
                "no array",
                RequireClaim::contains("/custom/plan", "pro"),
                false,
            ),
            ("present", RequireClaim::present("/custom/plan"), true),
            ("null", RequireClaim::present("/custom/none"), false),
            ("absent", RequireClaim::present("/custom/x"), false),
        ] {
            let policy = policy.unwrap();
            let result = policy.check(&PolicyRequest::new(&token, now));
            assert_eq!(result.is_ok(), allowed, "{name}");
            let result = policy.check(&PolicyRequest::new(&anonymous, now));
            assert!(
                matches!(result, Err(Denied::Forbidden(_))),
                "{name}, without claims"
            );
        }
        assert!(RequireClaim::present("roles").is_err());
    }
}
