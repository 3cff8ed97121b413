//! A private key that the client authenticates with, by `private_key_jwt` (RFC 7523 section 2.2).

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::{error::ClientError, jwt};

/// In seconds. An assertion is sent at once and used once.
const LIFETIME: u64 = 60;

/// The key and its algorithm. rmcp offers the same, but its future is not `Send`.
#[derive(Clone)]
pub struct PrivateKey {
    key: EncodingKey,
    algorithm: Algorithm,
}

impl PrivateKey {
    /// A key in PEM, and one of `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512`, `ES256`, `ES384`
    /// and `EdDSA` that fits it.
    ///
    /// # Errors
    ///
    /// [`ClientError::Usage`] when there is no such algorithm, or the PEM holds no key for it.
    pub fn new(pem: &SecretString, algorithm: &str) -> Result<Self, ClientError> {
        let bytes = pem.expose_secret().as_bytes();
        let unknown = || {
            ClientError::Usage(format!(
                "the signing algorithm must be RS256, PS256, ES256 or EdDSA, or a longer one of these, got {algorithm:?}"
            ))
        };
        let algorithm: Algorithm = algorithm.parse().map_err(|_| unknown())?;
        let key = match algorithm {
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(bytes),
            Algorithm::EdDSA => EncodingKey::from_ed_pem(bytes),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512 => EncodingKey::from_rsa_pem(bytes),
            _ => return Err(unknown()),
        };
        // The error of the parser could repeat parts of the key.
        let key = key.map_err(|_| {
            ClientError::Usage(format!(
                "the private key: expected one for {algorithm:?} in PEM (PKCS #8)"
            ))
        })?;
        Ok(Self { key, algorithm })
    }

    /// A new client assertion for the authorization server with this issuer.
    ///
    /// # Errors
    ///
    /// [`ClientError::Key`] when the key does not sign.
    pub(crate) fn assertion(&self, client_id: &str, issuer: &str) -> Result<String, ClientError> {
        let failed =
            |why: &str| ClientError::Key(format!("cannot sign the client's assertion: {why}"));
        let jti = jwt::fresh_jti().ok_or_else(|| failed("no random bytes"))?;
        let now = jwt::now();
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": issuer,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": jti,
        });
        jsonwebtoken::encode(&Header::new(self.algorithm), &claims, &self.key)
            .map_err(|error| failed(&error.to_string()))
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PrivateKey")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    /// Made for this test, and used nowhere else.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgLh05QXARaXSRc/ZO
KfLxq0nDLP3zhYpCukFV3QOxp3WhRANCAARipCazX+yNtKOrbTQzA59cm0LhHlu6
p64++NelL1vH66LZniD0qScb2NgryzW6d32ltrIcPRpxubuRYP1SlHKG
-----END PRIVATE KEY-----";

    fn parse(pem: &str, algorithm: &str) -> Result<String, String> {
        PrivateKey::new(&SecretString::from(pem.to_owned()), algorithm)
            .map(|key| format!("{key:?}"))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn an_unusable_key_is_refused_and_no_key_is_shown() {
        assert_eq!(
            parse(PEM, "ES256"),
            Ok("PrivateKey { algorithm: ES256, .. }".to_owned())
        );
        let unfit = "the private key: expected one for RS256 in PEM (PKCS #8)";
        assert_eq!(parse(PEM, "RS256"), Err(unfit.to_owned()));
        for algorithm in ["HS256", "none", "es256"] {
            let result = parse(PEM, algorithm);
            let named = format!("got {algorithm:?}");
            assert!(
                result.is_err_and(|message| message.ends_with(&named)),
                "{algorithm}"
            );
        }
    }

    #[test]
    fn each_assertion_is_new_and_names_client_and_issuer() -> Result<(), ClientError> {
        let key = PrivateKey::new(&SecretString::from(PEM.to_owned()), "ES256")?;
        let assertion = key.assertion("m2m_42", "https://as.example")?;
        let claims = assertion.split('.').nth(1).unwrap_or_default();
        let claims = URL_SAFE_NO_PAD.decode(claims).unwrap_or_default();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap_or_default();
        let text = |name: &str| claims.get(name).and_then(serde_json::Value::as_str);
        assert_eq!(text("iss"), Some("m2m_42"));
        assert_eq!(text("sub"), Some("m2m_42"));
        assert_eq!(text("aud"), Some("https://as.example"));
        let number = |name: &str| claims.get(name).and_then(serde_json::Value::as_u64);
        assert_eq!(number("exp"), number("iat").map(|issued| issued + 60));
        assert_ne!(assertion, key.assertion("m2m_42", "https://as.example")?);
        Ok(())
    }
}
