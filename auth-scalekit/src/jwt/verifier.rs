//! [`JwtVerifier`]: from a token string to a [`VerifiedToken`], in this order:
//!
//! 1. Length: a token that is too long is not parsed.
//! 2. Three parts, base64url: `compact`.
//! 3. Header: `header`.
//! 4. Claims: `claims`. A token with unacceptable claims causes no fetch.
//! 5. Key of that issuer by `kid` and algorithm: `jwks`, which may fetch.
//! 6. Signature, over the same bytes that were checked.
//! 7. The [`VerifiedToken`], from the claims that were checked: `claims::mapping`.
//!
//! Up to step 6 the token may be forged, so it is scanned in place: whatever it contains, it takes no more memory
//! than its size. Each part is parsed once, and nothing is a [`VerifiedToken`] before step 7.

use std::future::ready;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::support::json::Object;
use auth_core::support::{BoxFuture, async_trait};
use auth_core::token::{BearerToken, VerifiedToken};
use auth_core::verifier::{InvalidReason, TokenVerifier, Unavailable, VerifyError, VerifyRequest};

use super::builder::JwtVerifierBuilder;
use super::compact::Compact;
use super::header::JoseHeader;
use super::token_type::TokenTypes;
use crate::claims::{ClaimNames, Claims, ClaimsMapping, Rules, TokenValidity, reason_in_claims};
use crate::jwks::algorithm::Algorithm;
use crate::jwks::{FoundKey, KeySetStatus, KeySource, KeysInUse, Lookup};

/// Verifies access tokens that are JWTs, of one or more issuers, against their key sets.
///
/// # Example
///
/// ```
/// use auth_scalekit::jwt::{Algorithm, JwtVerifier};
///
/// let verifier = JwtVerifier::builder(
///     ["https://id.example.com"],
///     ["https://mcp.example.com/mcp"],
///     "https://id.example.com/keys",
/// )
/// .algorithms([Algorithm::Es256])
/// .build()?;
/// # let _ = verifier;
/// # Ok::<(), auth_core::error::ConfigErrors>(())
/// ```
///
/// # Keys
///
/// Built inside a tokio runtime, a verifier fetches its issuers' keys in the background at once, and
/// again at 80 % of their lifetime (5 min, or `max-age` of `Cache-Control` within 1 min and 1 h), whether
/// requests come or not. While an issuer is down it tries again after 1 s, 2 s and so on up to 30 s, and
/// the last keys are used for an hour past their lifetime. So a server may start before its issuer does:
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
    pub(super) claim_names: ClaimNames,
    pub(super) mapping: ClaimsMapping,
    /// The keys of each issuer of the rules, in the same order: never a common pool.
    pub(super) keys: Vec<KeySource>,
    pub(super) reuse: Duration,
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
    /// a configured URL. It is fetched whenever the keys are, and its newest version is used. The server
    /// starts even if the issuer is down, or its metadata is about another issuer or names no keys: until
    /// that is corrected, the issuer's tokens are answered with 503, and the log reports what is wrong. To
    /// fail at the start instead, await [`ready`](TokenVerifier::ready):
    ///
    /// ```no_run
    /// use auth_core::verifier::TokenVerifier;
    /// use auth_scalekit::jwt::JwtVerifier;
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

    /// The state of each issuer's key set, for status pages and metrics. Does not fetch.
    #[must_use]
    pub fn key_set_status(&self) -> Vec<KeySetStatus> {
        let issuers = self.rules.issuers.iter();
        let names = issuers.map(|names| names.first().map_or("", |name| name));
        let sets = self.keys.iter().zip(names);
        sets.map(|(keys, issuer)| keys.status(issuer)).collect()
    }

    /// Allows the reuse of the token for the configured time, while its key is in the issuer's key set.
    fn reusable(
        &self,
        token: VerifiedToken,
        keys: Arc<KeysInUse>,
        now: SystemTime,
    ) -> VerifiedToken {
        if self.reuse.is_zero() {
            return token;
        }
        let end = token.expires_at();
        let until = now
            .checked_add(self.reuse)
            .map_or(end, |time| time.min(end));
        token.reusable_until(until).while_holds(keys)
    }

    /// Steps 1 to 3.
    fn begin<'a>(&self, token: BearerToken<'a>) -> Result<(Compact<'a>, JoseHeader), VerifyError> {
        let token = token.at_most(self.max_token_bytes)?;
        let compact = Compact::split(token.secret())?;
        let header = JoseHeader::parse(&compact.header()?, &self.algorithms, self.types)?;
        match header.key_id {
            None if self.requires_key_id => Err(InvalidReason::MissingKeyId.into()),
            _ => Ok((compact, header)),
        }
    }

    /// Steps 4 to 7.
    async fn finish(
        &self,
        compact: Compact<'_>,
        header: JoseHeader,
        now: SystemTime,
    ) -> Result<VerifiedToken, VerifyError> {
        let text = compact.claims()?;
        let (claims, object, validity) = self.claims(&text, now)?;
        let keys = self.keys.get(validity.issuer);
        let keys = keys.ok_or(InvalidReason::WrongIssuer)?;
        let lookup = Lookup {
            key_id: header.key_id.as_deref(),
            algorithm: header.algorithm,
            issued_at: validity.issued_at,
            leeway: self.rules.leeway,
        };
        let key = check_signature(keys, &compact, lookup).await?;
        let accepted = self
            .mapping
            .token(&self.rules, &validity, &claims, object, now)?;
        Ok(self.reusable(accepted, keys.in_use(&key), now))
    }

    /// Step 4.
    fn claims<'a>(
        &self,
        text: &'a str,
        now: SystemTime,
    ) -> Result<(Claims<'a>, Object<'a>, TokenValidity), InvalidReason> {
        let scanned = self.claim_names.scan(text);
        let (claims, object) = scanned.map_err(|error| reason_in_claims(&error))?;
        let validity = self.rules.check(&claims, Some(now))?;
        Ok((claims, object, validity))
    }
}

/// Steps 5 and 6: the key that the token was signed with.
async fn check_signature(
    keys: &KeySource,
    compact: &Compact<'_>,
    lookup: Lookup<'_>,
) -> Result<FoundKey, VerifyError> {
    let signature = compact.signature()?;
    let key = keys.find(&lookup).await?;
    if key.verify(compact.signing_input(), &signature) {
        return Ok(key);
    }
    // The issuer may have replaced the key under the same `kid`.
    match keys.find_newer(&lookup, &key).await? {
        Some(newer) if newer.verify(compact.signing_input(), &signature) => Ok(newer),
        _ => Err(InvalidReason::BadSignature.into()),
    }
}

#[async_trait]
impl TokenVerifier for JwtVerifier {
    // Steps 1 to 3 before the future is made: they do not wait for keys, and most garbage ends there.
    fn verify<'verifier, 'request, 'future>(
        &'verifier self,
        request: VerifyRequest<'request>,
    ) -> BoxFuture<'future, Result<VerifiedToken, VerifyError>>
    where
        'verifier: 'future,
        'request: 'future,
        Self: 'future,
    {
        match self.begin(request.token()) {
            Ok((compact, header)) => Box::pin(self.finish(compact, header, request.now())),
            Err(error) => Box::pin(ready(Err(error))),
        }
    }

    /// Ready when the keys of every issuer are usable. They are fetched concurrently, so it takes at most 3 s,
    /// or 6 s if the metadata of an issuer has to be fetched first.
    async fn ready(&self) -> Result<(), Unavailable> {
        self.keys.iter().for_each(KeySource::start);
        for keys in &self.keys {
            keys.ready().await?;
        }
        Ok(())
    }
}
