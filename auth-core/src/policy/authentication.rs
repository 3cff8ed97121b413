//! How the user must have logged in:
//! [RFC 9470](https://www.rfc-editor.org/rfc/rfc9470), step-up authentication.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;
use thiserror::Error;

use super::{Denied, Policy, PolicyRequest};

/// A login that is fresh enough, strong enough, or both.
///
/// Read from `auth_time` (seconds since 1970) and `acr`; a claim that is missing or of another
/// type does not meet the requirement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthenticationRequirement {
    max_age: Option<Duration>,
    acr_values: Vec<String>,
}

/// A text that cannot stand in `acr_values`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not an acr value: use printable ASCII without spaces, quotes and backslashes")]
pub struct InvalidAcr(String);

impl AuthenticationRequirement {
    /// The login must not be older than `max_age` (whole seconds).
    #[must_use]
    pub fn max_age(max_age: Duration) -> Self {
        Self {
            max_age: Some(max_age),
            acr_values: Vec::new(),
        }
    }

    /// The login must be of one of these authentication context classes.
    ///
    /// # Errors
    ///
    /// [`InvalidAcr`] for a value that cannot stand in a challenge.
    pub fn acr<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Result<Self, InvalidAcr> {
        let mut acr_values = Vec::new();
        for value in values {
            let value = value.into();
            if crate::Scope::new(&value).is_err() {
                return Err(InvalidAcr(value));
            }
            acr_values.push(value);
        }
        Ok(Self {
            max_age: None,
            acr_values,
        })
    }

    /// Both requirements: the shorter age, and the classes that both name (or those of the one
    /// that names any).
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let max_age = match (self.max_age, other.max_age) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let common: Vec<_> = self
            .acr_values
            .iter()
            .filter(|value| other.acr_values.contains(value))
            .cloned()
            .collect();
        let acr_values = if common.is_empty() {
            [&self.acr_values[..], &other.acr_values[..]].concat()
        } else {
            common
        };
        Self {
            max_age,
            acr_values,
        }
    }

    /// The `max_age` of the challenge, in seconds.
    pub(crate) fn max_age_seconds(&self) -> Option<u64> {
        self.max_age.map(|age| age.as_secs())
    }

    /// The `acr_values` of the challenge.
    pub(crate) fn acr_values(&self) -> &[String] {
        &self.acr_values
    }

    fn is_met_by(&self, request: &PolicyRequest<'_>) -> bool {
        let fresh = self.max_age.is_none_or(|max_age| {
            let now = request.now.duration_since(UNIX_EPOCH).unwrap_or_default();
            request
                .token
                .claims()
                .get("auth_time")
                .and_then(Value::as_u64)
                .is_some_and(|at| now.as_secs() <= at.saturating_add(max_age.as_secs()))
        });
        let acr = request.token.claims().get("acr").and_then(Value::as_str);
        let strong = self.acr_values.is_empty()
            || acr.is_some_and(|acr| self.acr_values.iter().any(|value| value == acr));
        fresh && strong
    }
}

impl Policy for AuthenticationRequirement {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        if self.is_met_by(request) {
            Ok(())
        } else {
            Err(Denied::Authentication(self.clone()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::AccessToken;
    use serde_json::json;

    #[test]
    fn freshness_and_strength() {
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        let fresh = AuthenticationRequirement::max_age(Duration::from_secs(100));
        let strong = AuthenticationRequirement::acr(["mfa"]).unwrap();
        let both = fresh.and(&strong);
        for (name, claims, is_fresh, is_strong) in [
            (
                "fresh and strong",
                json!({"auth_time": 900, "acr": "mfa"}),
                true,
                true,
            ),
            (
                "a second too old",
                json!({"auth_time": 899, "acr": "mfa"}),
                false,
                true,
            ),
            (
                "another class",
                json!({"auth_time": 900, "acr": "pwd"}),
                true,
                false,
            ),
            ("no claims", json!({}), false, false),
            (
                "wrong types",
                json!({"auth_time": "900", "acr": ["mfa"]}),
                false,
                false,
            ),
        ] {
            let claims = claims.as_object().unwrap().clone();
            let token = AccessToken::assertion("i", "s", now).with_claims(claims);
            let request = PolicyRequest::new(&token, now);
            assert_eq!(fresh.check(&request).is_ok(), is_fresh, "{name}");
            assert_eq!(strong.check(&request).is_ok(), is_strong, "{name}");
            assert_eq!(
                both.check(&request).is_ok(),
                is_fresh && is_strong,
                "{name}"
            );
        }
    }

    #[test]
    fn an_acr_value_cannot_leave_its_quotes() {
        assert!(AuthenticationRequirement::acr(["a b"]).is_err());
        assert!(AuthenticationRequirement::acr(["a\"b"]).is_err());
    }
}
