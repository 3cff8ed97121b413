//! The proof of one request (RFC 9449 section 4.2).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use url::Url;

use super::{key::ProofKey, nonce::Nonce};
use crate::{error::ClientError, jwt};

/// The header of a proof.
pub(crate) const DPOP: HeaderName = HeaderName::from_static("dpop");

/// The request that a proof is for.
pub(crate) struct Proof<'a> {
    pub(crate) method: &'a Method,
    pub(crate) url: &'a Url,
    /// The access token of the request; none for a token request.
    pub(crate) token: Option<&'a str>,
    pub(crate) nonce: Option<&'a Nonce>,
}

impl Proof<'_> {
    /// A new proof, as the value of its header.
    ///
    /// # Errors
    ///
    /// [`ClientError::Key`] when the system has no random bytes, or the key does not sign.
    pub(crate) fn signed_by(&self, key: &ProofKey) -> Result<HeaderValue, ClientError> {
        let failed = |why: &str| ClientError::Key(format!("cannot make a DPoP proof: {why}"));
        let jti = jwt::fresh_jti().ok_or_else(|| failed("no random bytes"))?;
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.public_jwk() });
        let proof = key.sign(&header, &self.claims(&jti, jwt::now()))?;
        let mut value =
            HeaderValue::try_from(proof).map_err(|_| failed("it does not fit a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    fn claims(&self, jti: &str, iat: u64) -> Value {
        let mut htu = self.url.clone();
        htu.set_query(None);
        htu.set_fragment(None);
        let mut claims = json!({
            "jti": jti,
            "htm": self.method.as_str(),
            "htu": htu.as_str(),
            "iat": iat,
        });
        if let Some(token) = self.token {
            let hash = digest(&SHA256, token.as_bytes());
            set(&mut claims, "ath", &URL_SAFE_NO_PAD.encode(hash));
        }
        if let Some(nonce) = self.nonce {
            set(&mut claims, "nonce", nonce.as_str());
        }
        claims
    }
}

fn set(claims: &mut Value, name: &str, value: &str) {
    if let Some(claims) = claims.as_object_mut() {
        claims.insert(name.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use http::HeaderMap;

    use super::{super::nonce::DPOP_NONCE, *};

    /// Of RFC 9449 section 7.1.
    const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

    fn part(proof: &str, index: usize) -> Value {
        let part = proof.split('.').nth(index).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    fn nonce(text: &'static str) -> Option<Nonce> {
        let value = HeaderValue::from_static(text);
        Nonce::of(&HeaderMap::from_iter([(DPOP_NONCE, value)]))
    }

    #[test]
    fn the_claims_are_those_of_the_rfc() {
        let url = Url::parse("https://resource.example.org/protectedresource?q=1#top").unwrap();
        let nonce = nonce("eyJ7S_zG.eyJH0-Z.HX4w-7v");
        let mut proof = Proof {
            method: &Method::GET,
            url: &url,
            token: Some(TOKEN),
            nonce: nonce.as_ref(),
        };
        assert_eq!(
            proof.claims("e1j3V_bKic8-LAEB", 1_562_262_618),
            json!({
                "jti": "e1j3V_bKic8-LAEB",
                "htm": "GET",
                "htu": "https://resource.example.org/protectedresource",
                "iat": 1_562_262_618,
                "ath": "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo",
                "nonce": "eyJ7S_zG.eyJH0-Z.HX4w-7v",
            })
        );
        proof.token = None;
        proof.nonce = None;
        let claims = proof.claims("jti", 0);
        // Sorted, since serde_json's preserve_order keeps them as they were written.
        let mut names: Vec<_> = claims.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, ["htm", "htu", "iat", "jti"], "a token request");
    }

    #[test]
    fn a_proof_is_signed_by_the_key_it_shows_and_never_the_same() {
        let key = ProofKey::generate().unwrap();
        let url = Url::parse("https://resource.example.org/mcp").unwrap();
        let proof = Proof {
            method: &Method::POST,
            url: &url,
            token: Some(TOKEN),
            nonce: None,
        };
        let value = proof.signed_by(&key).unwrap();
        assert!(value.is_sensitive());
        let text = value.to_str().unwrap();
        let header = part(text, 0);
        assert_eq!(
            header,
            json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": key.public_jwk() })
        );
        let coordinate = |name: &str| {
            let text = header["jwk"][name].as_str().unwrap();
            URL_SAFE_NO_PAD.decode(text).unwrap()
        };
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        let (signed, signature) = text.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point);
        public.verify(signed.as_bytes(), &signature).unwrap();
        assert!(public.verify(b"another text", &signature).is_err());

        let claims = part(text, 1);
        assert!(jwt::now().abs_diff(claims["iat"].as_u64().unwrap()) < 60);
        let again = proof.signed_by(&key).unwrap();
        assert_ne!(part(again.to_str().unwrap(), 1)["jti"], claims["jti"]);
    }
}
