//! A whole key set, read key by key: one odd key is left out and does not take the others along.

use auth_core::InvalidReason;
use serde_json::Value;
use thiserror::Error;

use super::key::Key;
use crate::jwt::Algorithm;

/// Most members of `keys` that are looked at. Real sets have two or three.
const MAX_KEYS: usize = 64;

/// The usable keys of an issuer.
#[derive(Debug, Clone)]
pub(crate) struct KeySet(Vec<Key>);

/// A document that is not a usable key set; it never replaces one that is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum BadKeySet {
    #[error("the key set is not a JSON object with a list named keys")]
    NotAKeySet,
    #[error("the key set has no key that can be used")]
    NoUsableKey,
}

impl KeySet {
    /// Reads a JWK Set ([RFC 7517 section 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
    pub(crate) fn parse(json: &[u8], accepted: &[Algorithm]) -> Result<Self, BadKeySet> {
        let document: Value = serde_json::from_slice(json).map_err(|_| BadKeySet::NotAKeySet)?;
        let members = document
            .get("keys")
            .and_then(Value::as_array)
            .ok_or(BadKeySet::NotAKeySet)?;
        let mut keys = Vec::new();
        for (index, member) in members.iter().take(MAX_KEYS).enumerate() {
            match Key::prepare(member, accepted) {
                Ok(prepared) => keys.extend(prepared),
                Err(reason) => tracing::warn!(index, %reason, "a key of the set is left out"),
            }
        }
        if members.len() > MAX_KEYS {
            tracing::warn!(
                keys = members.len(),
                limit = MAX_KEYS,
                "the key set is cut off"
            );
        }
        let keys = without_ambiguous(&keys);
        if keys.is_empty() {
            return Err(BadKeySet::NoUsableKey);
        }
        Ok(Self(keys))
    }

    /// How many keys there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The one key for a `kid` and an algorithm; without a `kid` the one key for the algorithm.
    /// No key is ever tried on the off chance.
    pub(crate) fn select(
        &self,
        key_id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&Key, InvalidReason> {
        let mut fitting = self.0.iter().filter(|key| {
            key.algorithm == algorithm && (key_id.is_none() || key.id.as_deref() == key_id)
        });
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(InvalidReason::AmbiguousKey),
            (None, _) => Err(InvalidReason::UnknownKey),
        }
    }
}

/// Keeps a key that is published twice once, and leaves out every key that a different one shares
/// its `kid` and algorithm with: which of them the issuer means cannot be told.
fn without_ambiguous(keys: &[Key]) -> Vec<Key> {
    let same_name = |one: &Key, other: &Key| {
        one.id.is_some() && one.id == other.id && one.algorithm == other.algorithm
    };
    let mut unique: Vec<Key> = Vec::new();
    for key in keys {
        let mut others = keys.iter().filter(|other| same_name(key, other));
        if others.any(|other| !key.is_same_key(other)) {
            tracing::warn!(key_id = ?key.id, "different keys of the set share a name, all are left out");
        } else if !unique.iter().any(|known| same_name(known, key)) {
            unique.push(key.clone());
        }
    }
    unique
}
