//! The claims of Scalekit's tokens, in the order of a live token.

use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::settings::AuthorizationServer;
use crate::settings::{Settings, User};
use crate::values::OrderedObject;
use crate::values::id;

/// Who gets a token.
pub(crate) struct Grantee<'a> {
    /// Where it is given, which decides what it is for.
    pub(crate) server: AuthorizationServer,
    pub(crate) client_id: &'a str,
    pub(crate) scopes: &'a [String],
    pub(crate) who: Who<'a>,
}

pub(crate) enum Who<'a> {
    User {
        user: &'a User,
        organization: &'a str,
        session_id: &'a str,
    },
    /// The client itself; Scalekit marks it by `sub` = `client_id`.
    Machine,
}

pub(crate) fn access_token(
    settings: &Settings,
    grantee: &Grantee<'_>,
    now: SystemTime,
) -> OrderedObject {
    let mut claims = OrderedObject::default();
    let (audience, iss) = match grantee.server {
        AuthorizationServer::Resource => (settings.audience(), settings.token_iss()),
        AuthorizationServer::Environment => {
            let client = vec![grantee.client_id.to_owned()];
            (client, settings.environment_url.clone())
        }
    };
    claims.push("aud", audience);
    claims.push("client_id", grantee.client_id);
    claims.push("iss", iss);
    match grantee.who {
        Who::User {
            user, organization, ..
        } => {
            claims.push("sub", user.sub.as_str());
            claims.push("oid", organization);
        }
        Who::Machine => claims.push("sub", grantee.client_id),
    }
    if grantee.server == AuthorizationServer::Resource {
        claims.push("resid", settings.resource_id.as_str());
    }
    if let Who::User { user, .. } = grantee.who {
        push_list(&mut claims, "roles", &user.roles);
        push_list(&mut claims, "permissions", &user.permissions);
    }
    claims.push("scope", grantee.scopes.join(" "));
    claims.push("scopes", grantee.scopes);
    if let Who::User { session_id, .. } = grantee.who {
        claims.push("sid", session_id);
    }
    let iat = unix_seconds(now);
    claims.push("exp", iat + settings.access_token_lifetime.as_secs());
    claims.push("iat", iat);
    claims.push("nbf", iat);
    claims.push("jti", id::fresh("tkn"));
    claims
}

/// The ID token that goes with a user's access token when `openid` was granted (OpenID Connect
/// Core section 3.1.3.6). Its issuer is the environment, whose discovery document describes it.
pub(crate) fn id_token(
    settings: &Settings,
    grantee: &Grantee<'_>,
    nonce: Option<&str>,
    access_token: &str,
    now: SystemTime,
) -> OrderedObject {
    let iat = unix_seconds(now);
    let hash = digest(&SHA256, access_token.as_bytes());
    let mut claims = OrderedObject::default();
    claims.push("at_hash", URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16]));
    claims.push("aud", vec![grantee.client_id]);
    claims.push("azp", grantee.client_id);
    claims.push("exp", iat + settings.access_token_lifetime.as_secs());
    claims.push("iat", iat);
    claims.push("iss", settings.environment_url.as_str());
    if let Some(nonce) = nonce {
        claims.push("nonce", nonce);
    }
    if let Who::User {
        user,
        organization,
        session_id,
    } = grantee.who
    {
        claims.push("email", user.email.as_str());
        claims.push("email_verified", true);
        claims.push("oid", organization);
        claims.push("sid", session_id);
        claims.push("sub", user.sub.as_str());
    }
    claims
}

pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}

fn push_list(claims: &mut OrderedObject, name: &str, values: &[String]) {
    if !values.is_empty() {
        claims.push(name, values);
    }
}
