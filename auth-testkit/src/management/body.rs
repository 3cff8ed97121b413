//! Bodies of calls: JSON whose members are all known, and the rules of their values.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::SystemTime;

use auth_core::support::json::{self, Rules};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::oauth::api_error::ApiError;
use crate::values::timestamp;

/// # Errors
///
/// `INVALID_ARGUMENT` when it is no JSON object of the kind that `what` names.
pub(super) fn read<T: DeserializeOwned>(body: &[u8], what: &str) -> Result<T, ApiError> {
    let refused = |why: &dyn Display| ApiError::invalid(format!("the body is not {what}: {why}"));
    let value = json::value(body, Rules::STRICT).map_err(|error| refused(&error))?;
    // Serde takes an array for a struct, too.
    if !value.is_object() {
        return Err(refused(&"expected an object"));
    }
    T::deserialize(value).map_err(|error| refused(&error))
}

/// As [`read`], of a body that may be empty.
///
/// # Errors
///
/// As [`read`].
pub(super) fn read_or_default<T: DeserializeOwned + Default>(
    body: &[u8],
    what: &str,
) -> Result<T, ApiError> {
    match body.is_empty() {
        true => Ok(T::default()),
        false => read(body, what),
    }
}

/// # Errors
///
/// `INVALID_ARGUMENT` for a string of more characters.
pub(super) fn at_most(field: &'static str, text: &str, max: usize) -> Result<(), ApiError> {
    match text.chars().count() <= max {
        true => Ok(()),
        false => Err(ApiError::violation(
            field,
            "string.max_len",
            &format!("{field} must have at most {max} characters"),
        )),
    }
}

/// How many pairs a map may have, and how long its names and values may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct MapRules {
    pub(super) pairs: usize,
    pub(super) names: (usize, usize),
    pub(super) values: (usize, usize),
}

impl MapRules {
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` for a map that breaks the rules.
    pub(super) fn check(
        self,
        field: &'static str,
        map: &BTreeMap<String, String>,
    ) -> Result<(), ApiError> {
        let is_in = |text: &str, (min, max): (usize, usize)| {
            let count = text.chars().count();
            (min..=max).contains(&count)
        };
        let broken = if map.len() > self.pairs {
            "map.max_pairs"
        } else if !map.keys().all(|name| is_in(name, self.names)) {
            "map.keys"
        } else if !map.values().all(|value| is_in(value, self.values)) {
            "map.values"
        } else {
            return Ok(());
        };
        let message = format!("{field} has too many pairs, or one whose length is out of range");
        Err(ApiError::violation(field, broken, &message))
    }
}

/// A time, null or nothing.
pub(super) fn time<'de, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<Option<SystemTime>, D::Error> {
    let Some(text) = Option::<String>::deserialize(from)? else {
        return Ok(None);
    };
    let time = timestamp::parse(&text);
    let refused = || serde::de::Error::custom("expected a time in RFC 3339, in UTC");
    time.map(Some).ok_or_else(refused)
}
