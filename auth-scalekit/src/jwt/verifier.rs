//! From a token's text to an [`AccessToken`]: the order of the rules.
//!
//! 1. Length: nothing of a token that is too long is read.
//! 2. Three parts, base64url: `compact`.
//! 3. Header: `header`.
//! 4. A glance at the claims: `rules`. A token that would be refused anyway costs no fetch.
//! 5. Key of that issuer by `kid` and algorithm: `jwks`, which may fetch.
//! 6. Signature.
//! 7. Header and claims once more, all of them and from the very bytes that step 6 covers:
//!    `strict_json`, `rules`, `facts`.
//!
//! Up to step 6 the text may be anybody's, so it is read in place (`outline`): whatever it holds,
//! it takes no more memory than its own size. Nothing is an [`AccessToken`] before step 7.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::{
    AccessToken, InvalidReason, TokenVerifier, Unavailable, VerifyError, VerifyRequest, async_trait,
};

use super::algorithm::Algorithm;
use super::builder::JwtVerifierBuilder;
use super::compact::Compact;
use super::facts::Facts;
use super::header::JoseHeader;
use super::rules::{Rules, Standing};
use super::strict_json::{self, JsonFault};
use super::token_type::TokenTypes;
use crate::jwks::{FoundKey, KeySetStatus, KeySource, KeysInUse, Lookup};

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
///
/// # Keys
///
/// Built inside a tokio runtime, a verifier fetches its issuers' keys in the background at once, and
/// again at 80 % of their time (5 min, or what `Cache-Control` says within 1 min and 1 h), whether
/// requests come or not. While an issuer is away it tries again after 1 s, 2 s and so on up to 30 s, and
/// the last keys are used for an hour past their time. So a server may start before its issuer does:
/// its tokens are answered with 503 until there are keys. The task that does this ends when the verifier
/// is dropped. Built outside of a runtime, a verifier begins with the first token that needs a key, or
/// the first [`ready`](TokenVerifier::ready).
///
/// [`ready`](TokenVerifier::ready) is `Ok` when the keys of every issuer can be used.
#[derive(Debug)]
pub struct JwtVerifier {
    pub(super) rules: Rules,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) types: TokenTypes,
    pub(super) requires_key_id: bool,
    pub(super) max_token_bytes: usize,
    pub(super) facts: Facts,
    /// The keys of each issuer of the rules, in the same order: never a common pool.
    pub(super) keys: Vec<KeySource>,
    pub(super) reuse: Duration,
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
        JwtVerifierBuilder::new(audiences).also_trust(issuers, jwks_url)
    }

    /// Settings for tokens of `issuer`, for these audiences (`aud`), signed with the keys that the
    /// issuer's metadata names: [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414#section-3) first, then
    /// OpenID Connect Discovery, with the well-known path inserted and appended.
    ///
    /// The metadata's `issuer` must be `issuer`, byte for byte, and its `jwks_uri` passes the rules of
    /// a configured URL. It is fetched whenever the keys are, and its newest answer counts. An issuer
    /// that is away, and metadata that is of another issuer or names no keys, are no reason not to
    /// start: until that is mended, the issuer's tokens are answered with 503, and the log says what is
    /// wrong. To fail at the start instead, ask [`ready`](TokenVerifier::ready):
    ///
    /// ```no_run
    /// use auth_core::TokenVerifier;
    /// use auth_scalekit::JwtVerifier;
    ///
    /// # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
    /// let verifier = JwtVerifier::discover(
    ///     "https://id.example.com",
    ///     ["https://mcp.example.com/mcp"],
    /// )
    /// .build()?;
    /// // Optional: without it the server starts, and is ready as soon as the issuer is.
    /// verifier.ready().await?;
    /// # Ok(()) }
    /// ```
    pub fn discover<A: Into<String>>(
        issuer: impl Into<String>,
        audiences: impl IntoIterator<Item = A>,
    ) -> JwtVerifierBuilder {
        JwtVerifierBuilder::new(audiences).also_discover(issuer)
    }

    /// The state of each issuer's key set, for status pages and metrics. Fetches nothing.
    #[must_use]
    pub fn key_set_status(&self) -> Vec<KeySetStatus> {
        let issuers = self.rules.issuers.iter();
        let names = issuers.map(|names| names.first().map_or("", |name| name));
        let sets = self.keys.iter().zip(names);
        sets.map(|(keys, issuer)| keys.status(issuer)).collect()
    }

    /// Lets the token be reused for a while, as long as its key is among the issuer's.
    fn reusable(&self, token: AccessToken, keys: KeysInUse, now: SystemTime) -> AccessToken {
        if self.reuse.is_zero() {
            return token;
        }
        let end = token.expires_at();
        let until = now
            .checked_add(self.reuse)
            .map_or(end, |time| time.min(end));
        token.reusable_until(until).while_holds(Arc::new(keys))
    }

    /// Steps 2 to 4.
    fn read<'a>(&self, token: &'a str, now: SystemTime) -> Result<Unverified<'a>, InvalidReason> {
        let compact = Compact::split(token)?;
        let header_text = compact.header()?;
        let header = JoseHeader::parse(&header_text, &self.algorithms, self.types)?;
        if self.requires_key_id && header.key_id.is_none() {
            return Err(InvalidReason::MissingKeyId);
        }
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
        let now = request.now();
        let token = request.token().at_most(self.max_token_bytes)?;
        let token = self.read(token.secret(), now)?;
        let keys = self.keys.get(token.standing.issuer);
        let keys = keys.ok_or(InvalidReason::WrongIssuer)?;
        let key = check_signature(keys, &token, self.rules.leeway).await?;
        let accepted = self.accept(&token, now)?;
        Ok(self.reusable(accepted, keys.in_use(&key), now))
    }

    /// Ready when the keys of every issuer are there. All of them are asked at once, so that it takes
    /// 3 s at the most, and 6 s where the metadata of an issuer has to be fetched first.
    async fn ready(&self) -> Result<(), Unavailable> {
        self.keys.iter().for_each(KeySource::start);
        for keys in &self.keys {
            keys.ready().await?;
        }
        Ok(())
    }
}
