//! From a token's text to an [`AccessToken`]: the order of the rules.
//!
//! 1. Length: nothing of a token that is too long is hashed or read.
//! 2. A token that was verified a moment ago: `cache`. Else three parts, base64url: `compact`.
//! 3. Header: `header`.
//! 4. A glance at the claims: `rules`. A token that would be refused anyway costs no fetch.
//! 5. Key of that issuer by `kid` and algorithm: `jwks`, which may fetch.
//! 6. Signature.
//! 7. Header and claims once more, all of them and from the very bytes that step 6 covers:
//!    `strict_json`, `rules`, `facts`.
//!
//! Up to step 6 the text may be anybody's, so it is read in place (`outline`): whatever it holds,
//! it takes no more memory than its own size. Nothing is an [`AccessToken`] before step 7.

use std::time::{Duration, SystemTime};

use auth_core::{
    AccessToken, InvalidReason, TokenVerifier, Unavailable, VerifyError, VerifyRequest, async_trait,
};

use super::algorithm::Algorithm;
use super::builder::JwtVerifierBuilder;
use super::cache::{Verified, VerifiedTokens};
use super::compact::Compact;
use super::facts::Facts;
use super::header::JoseHeader;
use super::rules::{Rules, Standing};
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
    pub(super) facts: Facts,
    /// The keys of each issuer of the rules, in the same order: never a common pool.
    pub(super) keys: Vec<KeySource>,
    pub(super) verified: VerifiedTokens,
}

/// A token of which nobody knows yet who made it.
struct Unverified<'a> {
    compact: Compact<'a>,
    header_text: String,
    header: JoseHeader,
    claims_text: String,
    /// What it says of itself.
    standing: Standing,
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
    /// listens. It takes 3 s at the most, however many issuers there are.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when those of one cannot be had; its source says why.
    pub async fn ready(&self) -> Result<(), Unavailable> {
        self.keys.iter().for_each(KeySource::start);
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
        let issuer = token.standing.issuer;
        let keys = self.keys.get(issuer).ok_or(InvalidReason::WrongIssuer)?;
        let key = check_signature(keys, &token, self.rules.leeway).await?;
        let Standing {
            not_before,
            issued_at,
            ..
        } = token.standing;
        Ok(Verified {
            token: self.accept(&token, now)?,
            issuer,
            generation: key.generation(),
            valid_from: not_before.max(issued_at),
        })
    }

    /// Steps 2 to 4.
    fn read<'a>(&self, token: &'a str, now: SystemTime) -> Result<Unverified<'a>, InvalidReason> {
        let compact = Compact::split(token)?;
        let header_text = compact.header()?;
        let header = JoseHeader::parse(&header_text, &self.algorithms, self.types)?;
        let claims_text = compact.claims()?;
        let standing = self.rules.glance(&claims_text, now)?;
        Ok(Unverified {
            compact,
            header_text,
            header,
            claims_text,
            standing,
        })
    }

    /// Step 7, and the only place where a token becomes a proof; it is called after step 6.
    fn accept(
        &self,
        token: &Unverified<'_>,
        now: SystemTime,
    ) -> Result<AccessToken, InvalidReason> {
        strict_json::members(&token.header_text, &[]).map_err(JsonFault::in_header)?;
        let text = &token.claims_text;
        let claims =
            strict_json::members(text, self.facts.claims()).map_err(JsonFault::in_claims)?;
        let standing = self.rules.judge(&claims, now)?;
        // The signature was checked with the keys of the issuer that was read at the glance.
        if standing != token.standing {
            return Err(InvalidReason::MalformedClaims);
        }
        self.facts.of(&self.rules, &standing, &claims)
    }
}

/// Steps 5 and 6: the key that the token was signed with.
async fn check_signature(
    keys: &KeySource,
    token: &Unverified<'_>,
    leeway: Duration,
) -> Result<FoundKey, VerifyError> {
    let signature = token.compact.signature()?;
    let lookup = Lookup {
        key_id: token.header.key_id.as_deref(),
        algorithm: token.header.algorithm,
        issued_at: token.standing.issued_at,
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
        let token = request.token.at_most(self.max_token_bytes)?;
        let (text, now) = (token.secret(), request.now);
        let hash = self.verified.hash(text);
        let generation = |issuer: usize| self.keys.get(issuer)?.usable_generation();
        let leeway = self.rules.leeway;
        let known = hash.and_then(|hash| self.verified.get(&hash, now, leeway, generation));
        if let Some(answer) = known {
            return Ok(answer?);
        }
        // In a box, so that a hit allocates no room for what it does not do.
        let verified = Box::pin(self.verify_afresh(text, now)).await?;
        let token = verified.token.clone();
        if let Some(hash) = hash {
            self.verified.insert(hash, verified);
        }
        Ok(token)
    }
}
