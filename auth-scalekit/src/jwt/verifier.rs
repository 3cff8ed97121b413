//! From a token's text to an [`AccessToken`]: the order of the rules.
//!
//! 1. A token that was verified a moment ago: `cache`.
//! 2. Length, three parts, base64url: `compact`.
//! 3. Header: `header`.
//! 4. Claims: `strict_json`, `rules`. They come before the key, so that a token that would be
//!    refused anyway costs no fetch; they are read from the very bytes that step 6 covers.
//! 5. Key of that issuer by `kid` and algorithm: `jwks`, which may fetch.
//! 6. Signature.
//!
//! Nothing is an [`AccessToken`] before step 6 has passed.

use std::time::{Duration, SystemTime};

use auth_core::{
    AccessToken, InvalidReason, TokenVerifier, Unavailable, VerifyError, VerifyRequest, async_trait,
};
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::builder::JwtVerifierBuilder;
use super::cache::{Verified, VerifiedTokens};
use super::compact::Compact;
use super::header::JoseHeader;
use super::rules::{self, Judged, Rules};
use super::strict_json::{self, JsonFault};
use super::token_type::TokenTypes;
use crate::jwks::{FoundKey, KeySetStatus, KeySource, Lookup};

/// Verifies access tokens that are JWTs, of one or more issuers, against their key sets.
///
/// # Example
///
/// ```
/// use auth_scalekit::{Algorithm, JwtVerifier};
///
/// let verifier = JwtVerifier::builder(
///     ["https://id.example.com"],
///     ["https://mcp.example.com/mcp"],
///     "https://id.example.com/keys",
/// )
/// .algorithms([Algorithm::Es256])
/// .build()?;
/// # let _ = verifier;
/// # Ok::<(), auth_core::ConfigErrors>(())
/// ```
#[derive(Debug)]
pub struct JwtVerifier {
    pub(super) rules: Rules,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) types: TokenTypes,
    pub(super) max_token_bytes: usize,
    pub(super) client_id_claim: String,
    pub(super) organization_claim: Option<String>,
    /// The keys of each issuer of the rules, in the same order: never a common pool.
    pub(super) keys: Vec<KeySource>,
    pub(super) verified: VerifiedTokens,
}

/// A token that passed every rule but the signature.
struct Unsigned<'a> {
    compact: Compact<'a>,
    header: JoseHeader,
    claims: Map<String, Value>,
    judged: Judged,
}

impl JwtVerifier {
    /// Settings for tokens of one issuer, which may have several names (`iss`), for these
    /// audiences (`aud`), signed with the keys at `jwks_url`.
    pub fn builder<I, A>(
        issuers: impl IntoIterator<Item = I>,
        audiences: impl IntoIterator<Item = A>,
        jwks_url: impl Into<String>,
    ) -> JwtVerifierBuilder
    where
        I: Into<String>,
        A: Into<String>,
    {
        JwtVerifierBuilder::new(issuers, audiences, jwks_url)
    }

    /// Fetches the keys of every issuer unless they are at hand: a check to make before a server
    /// listens. It takes 3 s for each at the most.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when those of one cannot be had; its source says why.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        for keys in &self.keys {
            keys.ready().await?;
        }
        Ok(())
    }

    /// How the key set of each issuer stands, for health checks. Fetches nothing.
    #[must_use]
    pub fn key_set_status(&self) -> Vec<KeySetStatus> {
        self.keys.iter().map(KeySource::status).collect()
    }

    async fn verify_afresh(&self, token: &str, now: SystemTime) -> Result<Verified, VerifyError> {
        let token = self.read(token, now)?;
        let issuer = token.judged.issuer_index;
        let keys = self.keys.get(issuer).ok_or(InvalidReason::WrongIssuer)?;
        let key = check_signature(keys, &token, self.rules.leeway).await?;
        let valid_from = token.judged.not_before.max(token.judged.issued_at);
        Ok(Verified {
            token: self.accept(token)?,
            issuer,
            generation: key.generation(),
            valid_from,
        })
    }

    /// Steps 2 to 4.
    fn read<'a>(&self, token: &'a str, now: SystemTime) -> Result<Unsigned<'a>, InvalidReason> {
        let compact = Compact::split(token, self.max_token_bytes)?;
        let header = JoseHeader::parse(&compact.header()?, &self.algorithms, self.types)?;
        let claims = strict_json::object(&compact.payload()?).map_err(|fault| match fault {
            JsonFault::Malformed => InvalidReason::MalformedClaims,
            JsonFault::DuplicateMember => InvalidReason::DuplicateMember,
        })?;
        let judged = self.rules.judge(&claims, now)?;
        Ok(Unsigned {
            compact,
            header,
            claims,
            judged,
        })
    }

    /// The only place where a token becomes a proof; it is called after step 6.
    fn accept(&self, token: Unsigned<'_>) -> Result<AccessToken, InvalidReason> {
        let Judged {
            issuer,
            subject,
            expires_at,
            ..
        } = token.judged;
        let scopes = self.rules.scopes(&token.claims)?;
        let mut accepted = AccessToken::assertion(issuer, subject, expires_at).with_scopes(scopes);
        if let Some(client_id) = rules::text(&token.claims, &self.client_id_claim)? {
            accepted = accepted.with_client_id(client_id);
        }
        if let Some(name) = &self.organization_claim
            && let Some(organization) = rules::text(&token.claims, name)?
        {
            accepted = accepted.with_organization(organization);
        }
        if let Some(token_id) = rules::text(&token.claims, "jti")? {
            accepted = accepted.with_token_id(token_id);
        }
        Ok(accepted.with_claims(token.claims))
    }
}

/// Steps 5 and 6: the key that the token was signed with.
async fn check_signature(
    keys: &KeySource,
    token: &Unsigned<'_>,
    leeway: Duration,
) -> Result<FoundKey, VerifyError> {
    let signature = token.compact.signature()?;
    let lookup = Lookup {
        key_id: token.header.key_id.as_deref(),
        algorithm: token.header.algorithm,
        issued_at: token.judged.issued_at,
        leeway,
    };
    let key = keys.find(&lookup).await?;
    if key.verify(token.compact.signing_input(), &signature) {
        return Ok(key);
    }
    // The issuer may have replaced the key under the same name.
    match keys.find_newer(&lookup, &key).await? {
        Some(newer) if newer.verify(token.compact.signing_input(), &signature) => Ok(newer),
        _ => Err(InvalidReason::BadSignature.into()),
    }
}

#[async_trait]
impl TokenVerifier for JwtVerifier {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<AccessToken, VerifyError> {
        let (text, now) = (request.token.secret(), request.now);
        let hash = self.verified.hash(text);
        let generation = |issuer: usize| self.keys.get(issuer)?.usable_generation();
        let leeway = self.rules.leeway;
        let known = hash.and_then(|hash| self.verified.get(&hash, now, leeway, generation));
        if let Some(answer) = known {
            return Ok(answer?);
        }
        let verified = self.verify_afresh(text, now).await?;
        let token = verified.token.clone();
        if let Some(hash) = hash {
            self.verified.insert(hash, verified);
        }
        Ok(token)
    }
}
