//! [`AuthenticationRequirement`]: how the user must have logged in
//! ([RFC 9470](https://www.rfc-editor.org/rfc/rfc9470), step-up authentication).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use thiserror::Error;

use crate::token::VerifiedToken;

/// Requires a login that is recent enough, strong enough, or both.
///
/// Reads the claims `auth_time` (seconds since 1970) and `acr`. A claim that is missing or of another
/// type does not meet the requirement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthenticationRequirement {
    max_age: Option<Duration>,
    /// One class of each set is required; a combined requirement has several sets.
    acr_sets: Vec<Vec<String>>,
}

/// How far the issuer's clock may be ahead.
const LEEWAY: Duration = Duration::from_secs(60);

/// Authentication context classes that cannot be required.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidAcr {
    /// The list is empty: every login would meet that.
    #[error("acr values are empty: name at least one authentication context class")]
    Empty,
    /// A string that cannot be part of `acr_values`.
    #[error(
        "{0:?} is not an acr value: use printable ASCII without spaces, quotes and backslashes"
    )]
    Value(String),
}

impl AuthenticationRequirement {
    /// Requires a login that is at most `max_age` old, rounded down to seconds.
    #[must_use]
    pub fn max_age(max_age: Duration) -> Self {
        Self {
            max_age: Some(max_age),
            acr_sets: Vec::new(),
        }
    }

    /// Requires a login of one of these authentication context classes.
    ///
    /// # Errors
    ///
    /// [`InvalidAcr`] for a value that cannot be part of a challenge, and for an empty list.
    pub fn acr<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Result<Self, InvalidAcr> {
        let mut acr_values = Vec::new();
        for value in values {
            let value = value.into();
            if crate::token::Scope::new(&value).is_err() {
                return Err(InvalidAcr::Value(value));
            }
            acr_values.push(value);
        }
        if acr_values.is_empty() {
            return Err(InvalidAcr::Empty);
        }
        Ok(Self {
            max_age: None,
            acr_sets: vec![acr_values],
        })
    }

    /// Requires both: the shorter of the two ages, and a class that meets each.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let max_age = match (self.max_age, other.max_age) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Self {
            max_age,
            acr_sets: [&self.acr_sets[..], &other.acr_sets[..]].concat(),
        }
    }

    /// The `max_age` of the challenge, in seconds.
    pub(crate) fn max_age_seconds(&self) -> Option<u64> {
        self.max_age.map(|age| age.as_secs())
    }

    /// The `acr_values` of the challenge: the classes that are in every set; if there is none, all of
    /// them, since an issuer may have a class that satisfies several.
    pub(crate) fn acr_values(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for value in self.acr_sets.iter().flatten() {
            if !all.contains(&value.as_str()) {
                all.push(value);
            }
        }
        let common: Vec<_> = all
            .iter()
            .copied()
            .filter(|value| self.has_class(value))
            .collect();
        if common.is_empty() { all } else { common }
    }

    /// Whether this class is in every set.
    fn has_class(&self, acr: &str) -> bool {
        self.acr_sets
            .iter()
            .all(|set| set.iter().any(|value| value == acr))
    }

    /// Whether the login of this token's user meets the requirement at `now`.
    pub(super) fn is_met_by(&self, token: &VerifiedToken, now: SystemTime) -> bool {
        let claims = token.claims();
        let recent = self.max_age.is_none_or(|max_age| {
            let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
            let since = claims.get("auth_time").and_then(Value::as_u64);
            since.is_some_and(|since| {
                let latest = now.saturating_add(LEEWAY).as_secs();
                since <= latest && now.as_secs() <= since.saturating_add(max_age.as_secs())
            })
        });
        let acr = claims.get("acr").and_then(Value::as_str);
        let strong = self.acr_sets.is_empty() || acr.is_some_and(|acr| self.has_class(acr));
        recent && strong
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, PolicyRequest};
    use serde_json::json;

    #[test]
    fn logins_are_recent_and_strong_enough() {
        let now = UNIX_EPOCH + Duration::from_secs(1000);
        let recent = AuthenticationRequirement::max_age(Duration::from_secs(100));
        let strong = AuthenticationRequirement::acr(["mfa"]).unwrap();
        let both = recent.and(&strong);
        for (name, claims, is_recent, is_strong) in [
            (
                "recent and strong",
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
            (
                "a login in the future",
                json!({"auth_time": 1061, "acr": "mfa"}),
                false,
                true,
            ),
            (
                "an issuer's clock ahead by the leeway",
                json!({"auth_time": 1060, "acr": "mfa"}),
                true,
                true,
            ),
            (
                "recent, without a class",
                json!({"auth_time": 900}),
                true,
                false,
            ),
            ("strong, without a time", json!({"acr": "mfa"}), false, true),
            ("no claims", json!({}), false, false),
            (
                "wrong types",
                json!({"auth_time": "900", "acr": ["mfa"]}),
                false,
                false,
            ),
        ] {
            let claims = claims.as_object().unwrap().clone();
            let token = VerifiedToken::assertion("i", "s", now).with_claims(claims);
            let request = PolicyRequest::new(&token, now);
            assert_eq!(recent.check(&request).is_ok(), is_recent, "{name}");
            assert_eq!(strong.check(&request).is_ok(), is_strong, "{name}");
            assert_eq!(
                both.check(&request).is_ok(),
                is_recent && is_strong,
                "{name}"
            );
        }
    }

    #[test]
    fn an_acr_value_cannot_end_the_quoted_string() {
        assert!(AuthenticationRequirement::acr(["a b"]).is_err());
        assert!(AuthenticationRequirement::acr(["a\"b"]).is_err());
    }

    #[test]
    fn the_shorter_of_two_ages_is_required() {
        let age = |seconds| AuthenticationRequirement::max_age(Duration::from_secs(seconds));
        let any = AuthenticationRequirement::acr(["mfa"]).unwrap();
        for (name, combined, seconds) in [
            ("the control", age(5), Some(5)),
            ("the shorter one first", age(5).and(&age(7)), Some(5)),
            ("the shorter one last", age(7).and(&age(5)), Some(5)),
            ("the first alone", age(5).and(&any), Some(5)),
            ("the last alone", any.and(&age(5)), Some(5)),
            ("no age", any.and(&any), None),
        ] {
            assert_eq!(combined.max_age_seconds(), seconds, "{name}");
        }
    }

    #[test]
    fn a_class_must_be_in_every_set() {
        let now = UNIX_EPOCH;
        let set = |values: &[&str]| AuthenticationRequirement::acr(values.iter().copied()).unwrap();
        let meets = |requirement: &AuthenticationRequirement, acr: &str| {
            let claims = json!({"acr": acr}).as_object().unwrap().clone();
            let token = VerifiedToken::assertion("i", "s", now).with_claims(claims);
            requirement.check(&PolicyRequest::new(&token, now)).is_ok()
        };
        let overlapping = set(&["mfa", "hwk"]).and(&set(&["hwk", "pwd"]));
        assert_eq!(overlapping.acr_values(), ["hwk"]);
        let same = set(&["mfa", "hwk"]).and(&set(&["hwk", "mfa"]));
        assert_eq!(same.acr_values(), ["mfa", "hwk"], "without duplicates");
        for (acr, met) in [("hwk", true), ("mfa", false), ("pwd", false)] {
            assert_eq!(meets(&overlapping, acr), met, "{acr}");
        }
        let disjoint = set(&["mfa"]).and(&set(&["pwd"]));
        assert_eq!(disjoint.acr_values(), ["mfa", "pwd"]);
        assert!(!meets(&disjoint, "mfa") && !meets(&disjoint, "pwd"));
        let none: [&str; 0] = [];
        assert_eq!(AuthenticationRequirement::acr(none), Err(InvalidAcr::Empty));
    }
}
