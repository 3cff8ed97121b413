//! From a valid key to a [`VerifiedToken`].

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use auth_core::revocation::Revocations;
use auth_core::token::{Validity, VerifiedToken};
use auth_core::verifier::InvalidReason;
use serde_json::{Map, Value};

use super::binding::Binding;
use super::grant::Grant;
use crate::claims::TokenValidity;
use crate::lookup::Accepted;
use crate::management::ApiKey;

/// How long an answer about a key is good for a stream that is open while Scalekit cannot be asked again.
const ANSWER_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// What this server expects of keys, and makes of them.
#[derive(Debug)]
pub(super) struct KeyRules {
    /// The environment: the issuer of the keys.
    pub(super) issuer: Arc<str>,
    pub(super) binding: Binding,
    pub(super) grant: Grant,
    /// What was revoked here.
    pub(super) revocations: Arc<dyn Revocations>,
}

/// That the token was not revoked since Scalekit was asked.
#[derive(Debug)]
struct NotRevoked {
    revocations: Arc<dyn Revocations>,
    token: VerifiedToken,
}

impl Validity for NotRevoked {
    fn holds(&self) -> bool {
        self.revocations.check(&self.token).is_ok()
    }
}

impl KeyRules {
    /// The verified token of a key that Scalekit has described to a request at `now`.
    ///
    /// The answer counts as a token that was issued now and expires soon. So a revocation by user, organization or role
    /// concerns earlier answers, which are not used any more, and Scalekit decides about the key again. The subject is the user, or the key itself as
    /// a machine.
    pub(super) fn check(&self, key: ApiKey, now: SystemTime) -> Result<Accepted, InvalidReason> {
        self.binding.check(&key)?;
        let scopes = self.grant.scopes(&key);
        let end = now.checked_add(ANSWER_LIFETIME).unwrap_or(now);
        let end = key.expires_at.map_or(end, |expiry| expiry.min(end));
        let subject = key.user_id.as_ref().unwrap_or(&key.token_id);
        let mut token = VerifiedToken::assertion(Arc::clone(&self.issuer), subject.as_str(), end)
            .with_organization(key.organization_id.as_str())
            .with_scopes(scopes)
            .with_token_id(key.token_id.as_str())
            .with_issued_at(now);
        if key.user_id.is_none() {
            token = token.with_client_id(key.token_id.as_str());
        }
        let validity = TokenValidity {
            issuer: 0,
            issuer_name: 0,
            expires_at: key.expires_at,
            not_before: None,
            issued_at: None,
        };
        let token = token.with_claims(claims(key));
        let condition = NotRevoked {
            revocations: Arc::clone(&self.revocations),
            token: token.clone(),
        };
        Ok(Accepted {
            token,
            validity,
            // Scalekit has checked the expiry by its own clock.
            leeway: Duration::ZERO,
            condition: Some(Arc::new(condition)),
        })
    }
}

/// The claims of a key by the names that they have in Scalekit's access tokens, so that policies need not differ.
fn claims(key: ApiKey) -> Map<String, Value> {
    let claims = [
        ("jti", Some(key.token_id.into())),
        ("oid", Some(key.organization_id.into())),
        ("sub", key.user_id.map(Value::from)),
        ("xoid", key.organization_external_id.map(Value::from)),
        ("xuid", key.user_external_id.map(Value::from)),
        ("roles", Some(key.roles.into())),
        ("custom_claims", Some(map(key.custom_claims))),
    ];
    let present = claims.into_iter();
    present
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

fn map(strings: impl IntoIterator<Item = (String, String)>) -> Value {
    let members = strings.into_iter();
    Value::Object(members.map(|(name, value)| (name, value.into())).collect())
}
