//! Verifies the signature of a token that comes back to the issuer, and reads its claims.

use auth_core::support::json::{self, Rules};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::keys::Signer;

/// A token with a valid signature.
#[derive(Debug, Clone)]
pub(crate) struct VerifiedJwt {
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl VerifiedJwt {
    /// A claim that is a string.
    pub(crate) fn string(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// Whether `aud` names this recipient.
    pub(crate) fn is_for(&self, recipient: &str) -> bool {
        match self.claims.get("aud") {
            Some(Value::Array(all)) => all.iter().any(|one| one == recipient),
            Some(one) => one == recipient,
            None => false,
        }
    }

    /// Whether `exp` is ahead of this moment in Unix seconds.
    pub(crate) fn is_current(&self, now: u64) -> bool {
        let exp = self.claims.get("exp").and_then(Value::as_u64);
        exp.is_some_and(|exp| now < exp)
    }
}

/// The token, if one of these keys signed it by the key's own algorithm.
pub(crate) fn verify<'a>(
    token: &str,
    signers: impl IntoIterator<Item = &'a Signer>,
) -> Option<VerifiedJwt> {
    let (input, signature) = token.rsplit_once('.')?;
    let (header, claims) = input.split_once('.')?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let json = |part: &str| json::value(&decode(part)?, Rules::STRICT.duplicates_allowed()).ok();
    let (header, claims) = (json(header)?, json(claims)?);
    let kid = header.get("kid").and_then(Value::as_str)?;
    let signature = decode(signature)?;
    let signer = signers.into_iter().find(|signer| signer.kid == kid)?;
    let is_of_the_key = header.get("alg").and_then(Value::as_str) == Some(signer.key.name());
    let is_signed = is_of_the_key && signer.key.verifies(input.as_bytes(), &signature);
    is_signed.then_some(VerifiedJwt { header, claims })
}
