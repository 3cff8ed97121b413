//! [`KeySet`]: a key set, parsed key by key: an unusable key is skipped, and the others are used.

use auth_core::verifier::InvalidReason;

use super::algorithm::Algorithm;
use super::key::Key;
use super::members;
use super::unusable::BadKeySet;

/// The most members of `keys` that are parsed. Real sets have two or three.
const MAX_KEYS: usize = 64;

/// The usable keys of an issuer.
#[derive(Debug, Clone)]
pub(crate) struct KeySet(Vec<Key>);

impl KeySet {
    /// Parses a JWK Set ([RFC 7517 section 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
    pub(crate) fn parse(json: &[u8], accepted: &[Algorithm]) -> Result<Self, BadKeySet> {
        let members = members::of(json)?;
        let mut keys = Vec::new();
        for (index, member) in members.iter().take(MAX_KEYS).enumerate() {
            let member = member.as_ref().map_err(|unusable| *unusable);
            match member.and_then(|member| Key::prepare(member, accepted)) {
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

    /// The number of keys.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The `kid` of each key.
    #[cfg(feature = "diagnose")]
    pub(crate) fn ids(&self) -> impl Iterator<Item = Option<&str>> {
        self.0.iter().map(|key| key.id.as_deref())
    }

    /// The one key for a `kid` and an algorithm; without a `kid` the one key for the algorithm.
    /// Keys are never tried one after another.
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

/// Keeps one of several identical keys, and drops all keys that share `kid` and algorithm with a different
/// key: they are ambiguous.
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

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io::Write;

    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use Algorithm::{Es256, Ps256, Rs256, Rs384};

    const ACCEPTED: [Algorithm; 2] = [Rs256, Rs384];

    /// An RSA key by its last byte, for both accepted algorithms or for one.
    fn key(last_byte: u8, id: Option<&str>, algorithm: Option<&str>) -> Value {
        let mut modulus = vec![0xff; 256];
        modulus[255] = last_byte;
        let mut key = json!({"kty": "RSA", "n": URL_SAFE_NO_PAD.encode(modulus), "e": "AQAB"});
        for (name, value) in [("kid", id), ("alg", algorithm)] {
            if let Some(value) = value {
                key[name] = value.into();
            }
        }
        key
    }

    fn parse(keys: &[Value]) -> Result<KeySet, BadKeySet> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes(), &ACCEPTED)
    }

    #[test]
    fn the_one_key_for_a_name_and_an_algorithm() {
        let set = parse(&[
            key(1, Some("a"), None),
            key(3, Some("b"), Some("RS256")),
            key(5, None, Some("RS384")),
        ])
        .unwrap();
        assert_eq!(set.len(), 4, "the first is there for both algorithms");
        for (id, algorithm, verdict) in [
            (Some("a"), Rs256, Ok(())),
            (Some("a"), Rs384, Ok(())),
            (Some("b"), Rs256, Ok(())),
            (Some("b"), Rs384, Err(InvalidReason::UnknownKey)),
            (Some("a"), Ps256, Err(InvalidReason::UnknownKey)),
            (Some("c"), Rs256, Err(InvalidReason::UnknownKey)),
            (Some(""), Rs384, Err(InvalidReason::UnknownKey)),
            (None, Rs256, Err(InvalidReason::AmbiguousKey)),
            (None, Rs384, Err(InvalidReason::AmbiguousKey)),
            (None, Es256, Err(InvalidReason::UnknownKey)),
        ] {
            let found = set.select(id, algorithm);
            let name = format!("{id:?} {algorithm}");
            assert_eq!(found.map(|_| ()), verdict, "{name}");
            if let Ok(found) = found {
                assert_eq!((found.id.as_deref(), found.algorithm), (id, algorithm));
            }
        }
        let alone = parse(&[key(1, Some("a"), Some("RS256"))]).unwrap();
        assert!(alone.select(None, Rs256).is_ok(), "the only one, unnamed");
    }

    #[test]
    fn keys_that_share_a_name() {
        let a = |last_byte| key(last_byte, Some("a"), Some("RS256"));
        for (name, keys, left) in [
            ("one", vec![a(1)], 1),
            ("the same twice", vec![a(1), a(1)], 1),
            ("another twice", vec![a(1), a(3)], 0),
            ("the same and another", vec![a(1), a(1), a(3)], 0),
            (
                "another name",
                vec![a(1), key(3, Some("b"), Some("RS256"))],
                2,
            ),
            (
                "another algorithm",
                vec![a(1), key(3, Some("a"), Some("RS384"))],
                2,
            ),
            (
                "the same under two names",
                vec![a(1), key(1, Some("b"), Some("RS256"))],
                2,
            ),
            (
                "beside an innocent one",
                vec![a(1), a(3), key(5, None, None)],
                2,
            ),
            (
                "no name",
                vec![key(1, None, Some("RS256")), key(3, None, Some("RS256"))],
                2,
            ),
        ] {
            let found = parse(&keys).map_or(0, |set| set.len());
            assert_eq!(found, left, "{name}");
        }
    }

    #[test]
    fn a_long_set_is_cut_off_and_that_is_logged() {
        let names: Vec<_> = (0..=MAX_KEYS).map(|number| number.to_string()).collect();
        let set = |number| {
            let names = names.iter().take(number);
            let keys = names.map(|name| key(1, Some(name), Some("RS256")));
            keys.collect::<Vec<_>>()
        };
        for (keys, is_logged) in [(1, false), (MAX_KEYS, false), (MAX_KEYS + 1, true)] {
            let (found, log) = logged(|| parse(&set(keys)).unwrap().len());
            assert_eq!(found, keys.min(MAX_KEYS));
            assert_eq!(
                log.contains("the key set is cut off"),
                is_logged,
                "{keys}: {log}"
            );
        }
    }

    thread_local! {
        static LOG: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }

    struct Log;

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            LOG.with_borrow_mut(|log| log.extend_from_slice(bytes));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Runs `work`, and returns what it logs on this thread.
    fn logged<T>(work: impl FnOnce() -> T) -> (T, String) {
        let subscriber = tracing_subscriber::fmt().with_writer(|| Log).finish();
        let result = tracing::subscriber::with_default(subscriber, work);
        (result, String::from_utf8(LOG.take()).unwrap())
    }
}
