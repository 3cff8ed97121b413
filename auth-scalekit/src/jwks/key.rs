//! [`Key`]: one key, validated and prepared once, when the key set is parsed.

use std::fmt;

use aws_lc_rs::signature::ParsedPublicKey;
use jsonwebtoken::jwk::{Jwk, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use serde_json::Value;

use super::algorithm::Algorithm;
use super::public_key::PublicKey;
use super::unusable::Unusable;

/// A public key that verifies with exactly one algorithm (RFC 8725 section 3.1).
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: Option<String>,
    pub(crate) algorithm: Algorithm,
    public: ParsedPublicKey,
}

impl Key {
    /// Validates one member of `keys`: [RFC 7517 section 4](https://www.rfc-editor.org/rfc/rfc7517#section-4).
    /// A key that names no algorithm is prepared for each accepted one that fits its type.
    pub(crate) fn prepare(value: &Value, accepted: &[Algorithm]) -> Result<Vec<Self>, Unusable> {
        let jwk = Jwk::deserialize(value).map_err(|_| Unusable::NotAKey)?;
        for_signatures(&jwk)?;
        let named = algorithm(value)?;
        let public_key = PublicKey::read(&jwk.algorithm)?;
        let keys: Vec<_> = accepted
            .iter()
            .filter(|algorithm| named.is_none_or(|named| named == **algorithm))
            .filter_map(|algorithm| {
                let public = public_key.prepare(*algorithm)?;
                Some(public.map(|public| Self {
                    id: jwk.common.key_id.clone(),
                    algorithm: *algorithm,
                    public,
                }))
            })
            .collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(Unusable::Algorithm);
        }
        Ok(keys)
    }

    /// Whether both are the same public key, whatever their `kid`.
    pub(crate) fn is_same_key(&self, other: &Self) -> bool {
        self.public.as_ref() == other.public.as_ref()
    }

    /// Whether this key made `signature` over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

/// `alg` is absent, or names the one algorithm of the key
/// ([RFC 7517 section 4.4](https://www.rfc-editor.org/rfc/rfc7517#section-4.4)).
fn algorithm(jwk: &Value) -> Result<Option<Algorithm>, Unusable> {
    match jwk.get("alg") {
        None => Ok(None),
        Some(name) => name
            .as_str()
            .and_then(Algorithm::from_name)
            .map(Some)
            .ok_or(Unusable::Algorithm),
    }
}

/// `use` is absent or `sig`, `key_ops` is absent or holds `verify`, once, and nothing that
/// contradicts `use` ([RFC 7517 sections 4.2 and 4.3](https://www.rfc-editor.org/rfc/rfc7517#section-4.2)).
fn for_signatures(jwk: &Jwk) -> Result<(), Unusable> {
    let by_use = matches!(
        jwk.common.public_key_use,
        None | Some(PublicKeyUse::Signature)
    );
    let by_operations = jwk.common.key_operations.as_ref().is_none_or(|operations| {
        let count = |wanted| operations.iter().filter(|found| **found == wanted).count();
        let (sign, verify) = (count(KeyOperations::Sign), count(KeyOperations::Verify));
        verify == 1 && sign <= 1 && sign + verify == operations.len()
    });
    if by_use && by_operations {
        Ok(())
    } else {
        Err(Unusable::NotForSignatures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The public key of RFC 8037 appendix A.2, with these members beside.
    fn ed25519(members: &Value) -> Value {
        let mut key = json!({
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        });
        let members = members.as_object().unwrap().clone();
        key.as_object_mut().unwrap().extend(members);
        key
    }

    fn prepare(members: &Value) -> Result<usize, Unusable> {
        Key::prepare(&ed25519(members), &Algorithm::ALL).map(|keys| keys.len())
    }

    #[test]
    fn the_declared_use_of_a_key() {
        let refused = Err(Unusable::NotForSignatures);
        for (members, verdict) in [
            (json!({}), Ok(1)),
            (json!({"use": "sig"}), Ok(1)),
            (json!({"use": "enc"}), refused),
            (json!({"key_ops": ["verify"]}), Ok(1)),
            (json!({"key_ops": ["sign", "verify"]}), Ok(1)),
            (json!({"use": "sig", "key_ops": ["verify"]}), Ok(1)),
            (json!({"use": "enc", "key_ops": ["verify"]}), refused),
            (json!({"use": "sig", "key_ops": ["encrypt"]}), refused),
            (json!({"key_ops": []}), refused),
            (json!({"key_ops": ["sign"]}), refused),
            (json!({"key_ops": ["verify", "verify"]}), refused),
            (json!({"key_ops": ["sign", "sign", "verify"]}), refused),
            (json!({"key_ops": ["verify", "encrypt"]}), refused),
            (json!({"key_ops": ["sign", "verify", "wrapKey"]}), refused),
        ] {
            assert_eq!(prepare(&members), verdict, "{members}");
        }
    }

    #[test]
    fn a_key_is_for_the_algorithm_that_it_names() {
        for (name, verdict) in [
            (json!("EdDSA"), Ok(1)),
            (json!("Ed25519"), Ok(1)),
            (json!("RS256"), Err(Unusable::Algorithm)),
            (json!("none"), Err(Unusable::Algorithm)),
            (json!(null), Err(Unusable::Algorithm)),
        ] {
            assert_eq!(prepare(&json!({"alg": name})), verdict, "{name}");
        }
        let only_rsa = Key::prepare(&ed25519(&json!({})), &[Algorithm::Rs256]);
        assert_eq!(only_rsa.unwrap_err(), Unusable::Algorithm);
    }

    #[test]
    fn debug_names_keys_without_their_numbers() {
        let keys = Key::prepare(&ed25519(&json!({"kid": "k"})), &Algorithm::ALL).unwrap();
        let text = format!("{keys:?}");
        assert_eq!(text, r#"[Key { id: Some("k"), algorithm: EdDsa, .. }]"#);
    }
}
