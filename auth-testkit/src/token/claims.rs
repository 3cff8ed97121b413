//! The claims of Scalekit's tokens, in the order of a live token.

use std::time::{Duration, SystemTime};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use crate::settings::AuthorizationServer;
use crate::settings::{Organization, Settings, User};
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
        /// One of the user's.
        organization: Option<&'a Organization>,
        session_id: &'a str,
    },
    /// The client itself; Scalekit marks it by `sub` = `client_id`.
    Machine {
        organization: Option<&'a Organization>,
        custom_claims: &'a Map<String, Value>,
    },
}

impl<'a> Who<'a> {
    fn organization(&self) -> Option<&'a Organization> {
        match self {
            Self::User { organization, .. } | Self::Machine { organization, .. } => *organization,
        }
    }
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
        Who::User { user, .. } => claims.push("sub", user.sub.as_str()),
        Who::Machine { .. } => claims.push("sub", grantee.client_id),
    }
    let organization = grantee.who.organization();
    if let Some(organization) = organization {
        claims.push("oid", organization.id.as_str());
        push_string(&mut claims, "xoid", organization.external_id.as_deref());
    }
    if let Who::User { user, .. } = grantee.who {
        push_string(&mut claims, "xuid", user.external_id.as_deref());
    }
    if grantee.server == AuthorizationServer::Resource {
        claims.push("resid", settings.resource_id.as_str());
    }
    let custom_claims = match grantee.who {
        Who::User { user, .. } => {
            let organization = organization.map(|organization| organization.id.as_str());
            let access = settings.access(user, organization);
            push_list(&mut claims, "roles", &access.roles);
            push_list(&mut claims, "permissions", &access.permissions);
            &user.custom_claims
        }
        Who::Machine { custom_claims, .. } => custom_claims,
    };
    if !custom_claims.is_empty() {
        claims.push("custom_claims", custom_claims.clone());
    }
    claims.push("scope", grantee.scopes.join(" "));
    claims.push("scopes", grantee.scopes);
    if let Who::User { session_id, .. } = grantee.who {
        claims.push("sid", session_id);
    }
    let iat = unix_seconds(now);
    claims.push("exp", expires(settings, iat));
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
    claims.push("exp", expires(settings, iat));
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
        claims.push("email_verified", user.email_verified);
        if let Some(organization) = organization {
            claims.push("oid", organization.id.as_str());
        }
        claims.push("sid", session_id);
        claims.push("sub", user.sub.as_str());
    }
    claims
}

/// When a token of this moment expires, however long the lifetime is.
fn expires(settings: &Settings, iat: u64) -> u64 {
    iat.saturating_add(settings.access_token_lifetime.as_secs())
}

pub(crate) fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO)
        .as_secs()
}

fn push_string(claims: &mut OrderedObject, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        claims.push(name, value);
    }
}

fn push_list(claims: &mut OrderedObject, name: &str, values: &[String]) {
    if !values.is_empty() {
        claims.push(name, values);
    }
}
