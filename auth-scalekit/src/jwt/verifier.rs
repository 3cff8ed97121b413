//! From a token's text to an [`AccessToken`]: the order of the rules.
//!
//! 1. Length, three parts, base64url: `compact`.
//! 2. Header: `header`.
//! 3. Claims: `strict_json`, `rules`. They come before the key, so that a token that would be
//!    refused anyway costs no fetch; they are read from the very bytes that step 5 covers.
//! 4. Key by `kid` and algorithm: `jwks`, which may fetch.
//! 5. Signature.
//!
//! Nothing is an [`AccessToken`] before step 5 has passed.

use std::time::SystemTime;

use auth_core::{
    AccessToken, InvalidReason, TokenVerifier, VerifyError, VerifyRequest, async_trait,
};
use serde_json::{Map, Value};

use super::algorithm::Algorithm;
use super::compact::Compact;
use super::header::JoseHeader;
use super::rules::{self, Judged, Rules};
use super::strict_json::{self, JsonFault};
use crate::jwks::{KeySource, Lookup};

/// Longest token that is looked at, in bytes. Real ones have about 1 KiB; the cap bounds what an
/// attacker can make us parse.
pub(crate) const DEFAULT_MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Verifies the JWTs of one issuer (under one or more names) against its key set.
#[derive(Debug)]
pub(crate) struct JwtVerifier {
    pub(crate) rules: Rules,
    pub(crate) algorithms: Vec<Algorithm>,
    pub(crate) max_token_bytes: usize,
    /// The claim that names the organization: issuers agree on no name.
    pub(crate) organization_claim: &'static str,
    pub(crate) keys: KeySource,
}

/// A token that passed every rule but the signature.
struct Unsigned<'a> {
    compact: Compact<'a>,
    header: JoseHeader,
    claims: Map<String, Value>,
    judged: Judged,
}

impl JwtVerifier {
    /// Steps 1 to 3.
    fn read<'a>(&self, token: &'a str, now: SystemTime) -> Result<Unsigned<'a>, InvalidReason> {
        let compact = Compact::split(token, self.max_token_bytes)?;
        let header = JoseHeader::parse(&compact.header()?, &self.algorithms)?;
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

    /// Steps 4 and 5.
    async fn check_signature(&self, token: &Unsigned<'_>) -> Result<(), VerifyError> {
        let signature = token.compact.signature()?;
        let lookup = Lookup {
            key_id: token.header.key_id.as_deref(),
            algorithm: token.header.algorithm,
            issued_at: token.judged.issued_at,
        };
        let key = self.keys.find(&lookup).await?;
        if key.verify(token.compact.signing_input(), &signature) {
            return Ok(());
        }
        // The issuer may have replaced the key under the same name.
        match self.keys.find_newer(&lookup, &key).await {
            Some(newer) if newer.verify(token.compact.signing_input(), &signature) => Ok(()),
            _ => Err(InvalidReason::BadSignature.into()),
        }
    }

    /// The only place where a token becomes a proof; it is called after step 5.
    fn accept(&self, token: Unsigned<'_>) -> Result<AccessToken, InvalidReason> {
        let Judged {
            issuer,
            subject,
            expires_at,
            scopes,
            ..
        } = token.judged;
        let mut accepted = AccessToken::assertion(issuer, subject, expires_at).with_scopes(scopes);
        if let Some(client_id) = rules::text(&token.claims, "client_id")? {
            accepted = accepted.with_client_id(client_id);
        }
        if let Some(organization) = rules::text(&token.claims, self.organization_claim)? {
            accepted = accepted.with_organization(organization);
        }
        if let Some(token_id) = rules::text(&token.claims, "jti")? {
            accepted = accepted.with_token_id(token_id);
        }
        Ok(accepted.with_claims(token.claims))
    }
}

#[async_trait]
impl TokenVerifier for JwtVerifier {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<AccessToken, VerifyError> {
        let token = self.read(request.token.secret(), request.now)?;
        self.check_signature(&token).await?;
        Ok(self.accept(token)?)
    }
}
