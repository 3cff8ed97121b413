//! [`Facts`]: what an [`AccessToken`] tells of the claims that it was made from.

use auth_core::{AccessToken, InvalidReason};

use super::granted::GrantedScopes;
use super::rules::{self, Rules, Standing};
use super::strict_json::Members;

/// `jti` of [RFC 7519 section 4.1.7](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.7).
const TOKEN_ID: &str = "jti";

/// Which claims the facts stand in.
#[derive(Debug)]
pub(crate) struct Facts {
    client_id_claim: String,
    organization_claim: Option<String>,
    /// Those, and the ones that the rules read.
    claims: Vec<String>,
    scopes: GrantedScopes,
}

impl Facts {
    pub(crate) fn new(
        rules: &Rules,
        client_id_claim: String,
        organization_claim: Option<String>,
    ) -> Self {
        let ours = [TOKEN_ID, &client_id_claim].into_iter();
        let ours = ours.chain(organization_claim.as_deref());
        let mut claims: Vec<_> = rules.claims().chain(ours).map(str::to_owned).collect();
        claims.sort_unstable();
        claims.dedup();
        Self {
            client_id_claim,
            organization_claim,
            claims,
            scopes: GrantedScopes::default(),
        }
    }

    /// The claims that have to be read, whether for the rules or for the facts.
    pub(crate) fn claims(&self) -> &[String] {
        &self.claims
    }

    /// What a token tells whose signature was checked and whose claims were judged.
    pub(crate) fn of(
        &self,
        rules: &Rules,
        standing: &Standing,
        claims: &Members<'_>,
    ) -> Result<AccessToken, InvalidReason> {
        let names = rules.issuer_names(standing);
        let [name, first] = names.ok_or(InvalidReason::WrongIssuer)?;
        let subject = rules::subject(claims)?;
        let mut token = AccessToken::assertion(name.clone(), subject, standing.expires_at)
            .with_scopes(self.scopes.read(rules.scope_claim(claims))?);
        if name != first {
            token = token.with_canonical_issuer(first.clone());
        }
        if let Some(client_id) = rules::text(claims, &self.client_id_claim)? {
            token = token.with_client_id(client_id);
        }
        if let Some(name) = &self.organization_claim
            && let Some(organization) = rules::text(claims, name)?
        {
            token = token.with_organization(organization);
        }
        if let Some(token_id) = rules::text(claims, TOKEN_ID)? {
            token = token.with_token_id(token_id);
        }
        Ok(token.with_claims_text(claims.to_text()))
    }
}
