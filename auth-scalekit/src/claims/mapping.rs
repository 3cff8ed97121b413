//! [`ClaimsMapping`]: from checked claims to a [`VerifiedToken`].

use std::time::SystemTime;

use auth_core::support::json::Object;
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::InvalidReason;

use super::granted_scopes::GrantedScopes;
use super::rules::{self, Rules};
use super::scan::Claims;
use super::validity::TokenValidity;

/// Builds a [`VerifiedToken`] from checked claims.
#[derive(Debug, Default)]
pub(crate) struct ClaimsMapping {
    scopes: GrantedScopes,
    permissions_are_scopes: bool,
}

impl ClaimsMapping {
    /// A mapping that also grants the permissions of the token as scopes, if so configured.
    pub(crate) fn new(permissions_are_scopes: bool) -> Self {
        Self {
            scopes: GrantedScopes::default(),
            permissions_are_scopes,
        }
    }

    /// The token of these claims, which are those of `object`, passed `rules` and are known to come from the
    /// issuer. This is the only place where claims become a verified token. `end` is the expiry of a token whose
    /// claims have none.
    pub(crate) fn token(
        &self,
        rules: &Rules,
        validity: &TokenValidity,
        claims: &Claims<'_>,
        object: Object<'_>,
        end: SystemTime,
    ) -> Result<VerifiedToken, InvalidReason> {
        let names = rules.issuer_names(validity);
        let [name, first] = names.ok_or(InvalidReason::WrongIssuer)?;
        let subject = rules.subject(claims)?;
        let expires_at = validity.expires_at.unwrap_or(end);
        let mut token = VerifiedToken::assertion(name.clone(), &*subject, expires_at)
            .with_scopes(self.scopes.read(claims.scopes)?);
        if name != first {
            token = token.with_canonical_issuer(first.clone());
        }
        if let Some(confirmation) = rules.confirmation(claims)? {
            token = token.with_confirmation(confirmation);
        }
        if let Some(client_id) = rules::string(claims.client_id)? {
            token = token.with_client_id(client_id);
        }
        if let Some(organization) = rules::string(claims.organization)? {
            token = token.with_organization(organization);
        }
        if let Some(token_id) = rules::string(claims.token_id)? {
            token = token.with_token_id(token_id);
        }
        if let Some(session_id) = rules::string(claims.session_id)? {
            token = token.with_session_id(session_id);
        }
        if let Some(issued_at) = validity.issued_at {
            token = token.with_issued_at(issued_at);
        }
        let token = token.with_raw_claims(object.to_text());
        if !self.permissions_are_scopes {
            return Ok(token);
        }
        let permissions = Scopes::granted(token.permissions());
        let scopes = token.scopes().union(&permissions);
        Ok(token.with_scopes(scopes))
    }
}
