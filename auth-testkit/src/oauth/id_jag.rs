//! The grant `jwt-bearer` (RFC 7523) for assertions of an enterprise's identity provider
//! (draft-ietf-oauth-identity-assertion-authz-grant section 4.4).

use std::time::SystemTime;

use serde_json::Value;

use super::client::RegisteredClient;
use super::error::OAuthError;
use super::identity_provider::ID_JAG_TYPE;
use super::params::Params;
use super::state::State;
use super::token_response;
use super::{resource, scope};
use crate::settings::{Settings, User};
use crate::token::{VerifiedJwt, unix_seconds, verify};

pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// # Errors
///
/// `invalid_grant` when the assertion is not valid for this client and issuer, or was used before;
/// those of scopes and resources.
pub(crate) fn grant(
    settings: &Settings,
    state: &mut State,
    params: &Params,
    (client_id, client): (&str, &RegisteredClient),
    now: SystemTime,
) -> Result<Value, OAuthError> {
    let assertion = assertion(settings, params.need("assertion")?)?;
    check(settings, &assertion, client_id, now)?;
    let (Some(subject), Some(jti)) = (assertion.string("sub"), assertion.string("jti")) else {
        return Err(OAuthError::invalid_grant("the assertion lacks sub or jti"));
    };
    // It is optional (draft section 3.1). Without it the token is for all that the issuer serves.
    let resource = match assertion.claims.get("resource") {
        None => None,
        Some(Value::String(resource)) if resource::is_served(settings, resource) => Some(resource),
        Some(_) => {
            return Err(OAuthError::invalid_grant(
                "the assertion is for a resource that this issuer does not serve",
            ));
        }
    };
    resource::within(
        settings,
        params,
        resource.map(std::slice::from_ref).unwrap_or_default(),
    )?;
    let user = settings.user(&state.user, subject).cloned();
    let user = user.unwrap_or_else(|| User::new(subject));
    // What the identity provider has let the client ask for bounds what it gets.
    let asked = params.get("scope").or(assertion.string("scope"));
    if settings.is_expelled(&user) {
        return Err(OAuthError::invalid_grant(
            "the user is no longer a member of an organization",
        ));
    }
    let organization = settings.home_of(&user).map(|organization| organization.id);
    let access = settings.access(&user, organization.as_deref());
    let mut scopes = scope::grant_user(settings, client, &access, asked)?;
    if let Some(allowed) = assertion.string("scope") {
        let allowed = scope::split(allowed);
        scopes.retain(|scope| allowed.contains(scope));
    }
    if !state.assertions.insert(jti.to_owned()) {
        return Err(OAuthError::invalid_grant("the assertion was used before"));
    }
    Ok(token_response::by_assertion(
        settings,
        state,
        (client_id, &user),
        &scopes,
        resource.map(String::as_str),
        now,
    ))
}

/// The assertion, if a trusted provider has signed it with its key.
fn assertion(settings: &Settings, text: &str) -> Result<VerifiedJwt, OAuthError> {
    let mut trusted = settings.trusted.iter();
    let (provider, assertion) = trusted
        .find_map(|provider| Some((provider, verify(text, [&provider.signer])?)))
        .ok_or_else(|| {
            OAuthError::invalid_grant("the assertion is not signed by a trusted identity provider")
        })?;
    match assertion.string("iss") == Some(&provider.issuer) {
        true => Ok(assertion),
        false => Err(OAuthError::invalid_grant(
            "the assertion's iss is not the provider that signed it",
        )),
    }
}

fn check(
    settings: &Settings,
    assertion: &VerifiedJwt,
    client_id: &str,
    now: SystemTime,
) -> Result<(), OAuthError> {
    let problem = if assertion.header.get("typ").and_then(Value::as_str) != Some(ID_JAG_TYPE) {
        "the assertion's typ is not oauth-id-jag+jwt"
    } else if assertion.string("aud") != Some(&settings.issuer()) {
        "the assertion's aud is not this issuer"
    } else if assertion.string("client_id") != Some(client_id) {
        "the assertion is for another client"
    } else if !assertion.is_current(unix_seconds(now)) {
        "the assertion has expired"
    } else {
        return Ok(());
    };
    Err(OAuthError::invalid_grant(problem))
}
