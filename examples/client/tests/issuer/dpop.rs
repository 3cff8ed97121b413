//! What an issuer and a server do that bind tokens to a key (RFC 9449), and what they saw.

use std::collections::{HashMap, HashSet};

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{HeaderMap, HeaderValue};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::ThumbprintHash};
use serde_json::Value;

/// How long before and after now a proof may have been made.
const WINDOW: u64 = 300;

#[derive(Default)]
pub struct Dpop {
    /// Whether proofs are taken at all; all else is about then.
    pub offered: bool,
    /// Tokens are a bearer's all the same.
    pub bearer: bool,
    /// What the issuer wants to find in a proof, and what the server does.
    pub issuer_nonce: Option<&'static str>,
    pub server_nonce: Option<&'static str>,
    /// The side that no nonce ever satisfies: the issuer is 0, the server 1.
    pub never_satisfied: Option<usize>,
    /// Requests that had the header, taken or not.
    pub headers: u32,
    /// Refused for the nonce alone: by the issuer, by the server.
    pub nonce_refusals: [u32; 2],
    /// Names of proofs that were taken: at the issuer, at the server.
    pub taken: [Vec<String>; 2],
    /// The keys that made them.
    pub keys: HashSet<String>,
    /// What codes, refresh tokens and access tokens are bound to.
    pub bound: HashMap<String, String>,
}

impl Dpop {
    /// The thumbprint of the key of a good proof, else the error code (RFC 9449 section 4.3).
    pub fn check(
        &mut self,
        headers: &HeaderMap,
        method: &str,
        url: &str,
        token: Option<&str>,
    ) -> Result<String, &'static str> {
        let side = usize::from(token.is_some());
        let wanted = [self.issuer_nonce, self.server_nonce][side];
        let bad = "invalid_dpop_proof";
        let mut proofs = headers.get_all("dpop").into_iter();
        let (Some(proof), None) = (proofs.next(), proofs.next()) else {
            return Err(bad);
        };
        let (jkt, claims) = read(proof).ok_or(bad)?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let age = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let iat = claims["iat"].as_u64().ok_or(bad)?;
        let hash = token.map(|token| URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes())));
        let sound = text("htm") == Some(method)
            && text("htu") == Some(url)
            && text("ath") == hash.as_deref()
            && age.as_secs().abs_diff(iat) <= WINDOW;
        let jti = text("jti").filter(|_| sound).ok_or(bad)?.to_owned();
        if self.taken.iter().flatten().any(|taken| *taken == jti) {
            return Err(bad);
        }
        if text("nonce") != wanted || self.never_satisfied == Some(side) {
            self.nonce_refusals[side] += 1;
            return Err("use_dpop_nonce");
        }
        self.taken[side].push(jti);
        self.keys.insert(jkt.clone());
        Ok(jkt)
    }

    /// Adds the nonce that the next proof needs.
    pub fn hand_out(&self, side: usize, headers: &mut HeaderMap) {
        if let Some(nonce) = [self.issuer_nonce, self.server_nonce][side] {
            headers.insert("dpop-nonce", HeaderValue::from_static(nonce));
        }
    }
}

/// The thumbprint of the key that signed it, and the claims.
fn read(proof: &HeaderValue) -> Option<(String, Value)> {
    let proof = proof.to_str().ok()?;
    let header = jsonwebtoken::decode_header(proof).ok()?;
    let raw = URL_SAFE_NO_PAD.decode(proof.split('.').next()?).ok()?;
    let raw: Value = serde_json::from_slice(&raw).ok()?;
    // Another crate of the build may keep members in their order.
    let mut names: Vec<_> = raw.as_object()?.keys().collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "jwk", "typ"]);
    assert_eq!(raw["jwk"].as_object()?.len(), 4, "public members alone");
    let jwk = header
        .jwk
        .filter(|_| header.typ.as_deref() == Some("dpop+jwt"))?;
    let mut rules = Validation::new(Algorithm::ES256);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    let claims = jsonwebtoken::decode::<Value>(proof, &key, &rules)
        .ok()?
        .claims;
    Some((jwk.thumbprint(ThumbprintHash::SHA256).ok()?, claims))
}
