//! Successful token responses (RFC 6749 section 5.1).

use std::sync::Arc;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::client::RegisteredClient;
use super::grant::Grant;
use super::refresh::RefreshToken;
use super::state::State;
use super::unusual_token_response::alter;
use crate::session::Login;
use crate::settings::{AuthorizationServer, Organization, Settings, User};
use crate::token::{Grantee, Who, access_token, id_token, sign};
use crate::values::Secret;

/// The response for a user's code or refresh token.
pub(crate) struct TokenIssuance<'a> {
    pub(crate) grant: &'a Arc<Grant>,
    /// Those of the grant, or fewer.
    pub(crate) scopes: &'a [String],
    pub(crate) nonce: Option<&'a str>,
    pub(crate) with_refresh_token: bool,
}

pub(crate) fn to_user(
    settings: &Settings,
    state: &mut State,
    issuance: &TokenIssuance<'_>,
    now: SystemTime,
) -> Value {
    let TokenIssuance { grant, scopes, .. } = issuance;
    let session_id = grant.session_id.as_str();
    let grantee = Grantee {
        server: grant.server,
        client_id: &grant.client_id,
        scopes,
        who: Who::User {
            user: &grant.user,
            organization: grant.organization.as_ref(),
            session_id,
        },
    };
    let claims = access_token(settings, &grantee, now);
    let token = sign(&claims, state.keys.lock().signer());
    let mut body = body(settings, &token, scopes);
    if scopes.iter().any(|scope| scope == "openid") {
        let claims = id_token(settings, &grantee, issuance.nonce, &token, now);
        body["id_token"] = sign(&claims, state.keys.lock().signer()).into();
    }
    if issuance.with_refresh_token {
        let secret = Secret::random();
        body["refresh_token"] = secret.expose().into();
        let refresh_token = RefreshToken::new(grant, now);
        state.refresh_tokens.insert(secret, refresh_token);
    }
    let jti = claims.string("jti").unwrap_or_default().to_owned();
    state.issued.insert(jti, Arc::clone(grant));
    body
}

/// The response for an assertion about a user, without a refresh token: the client has the assertion. The token is for
/// `resource` alone, if there is one, or else for all that the issuer serves.
pub(crate) fn by_assertion(
    settings: &Settings,
    state: &mut State,
    (client_id, user): (&str, &User),
    scopes: &[String],
    resource: Option<&str>,
    now: SystemTime,
) -> Value {
    let organization = settings.home_of(user);
    let login = Login {
        user,
        organization: organization.as_ref().map(|one| one.id.as_str()),
        client_id,
    };
    let session_id = state.log_in(settings, &login, now);
    let grantee = Grantee {
        server: AuthorizationServer::Resource,
        client_id,
        scopes,
        who: Who::User {
            user,
            organization: organization.as_ref(),
            session_id: &session_id,
        },
    };
    let mut claims = access_token(settings, &grantee, now);
    if let Some(resource) = resource {
        // The id names the same resource, and servers look for it whatever the client asked for.
        let mut audience = vec![resource];
        if resource != settings.resource_id {
            audience.push(&settings.resource_id);
        }
        claims.set("aud", audience);
    }
    let token = sign(&claims, state.keys.lock().signer());
    body(settings, &token, scopes)
}

pub(crate) fn to_machine(
    settings: &Settings,
    state: &State,
    (client_id, client): (&str, &RegisteredClient),
    scopes: &[String],
    now: SystemTime,
) -> Value {
    let organization = client.organization.as_ref().map(Organization::of_id);
    let organization = organization.map(|named| settings.directory.described(&named));
    let grantee = Grantee {
        // Whichever token endpoint it has asked.
        server: AuthorizationServer::Resource,
        client_id,
        scopes,
        who: Who::Machine {
            organization: organization.as_ref(),
            custom_claims: &client.custom_claims,
        },
    };
    let claims = access_token(settings, &grantee, now);
    let token = sign(&claims, state.keys.lock().signer());
    body(settings, &token, scopes)
}

fn body(settings: &Settings, access_token: &str, scopes: &[String]) -> Value {
    let mut body = json!({
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": settings.access_token_lifetime.as_secs(),
        "scope": scopes.join(" "),
    });
    alter(settings, &mut body);
    body
}
