//! Which scopes are granted: requested, and enabled on the resource, and allowed to the client, and
//! permitted to the user where that counts.

use super::client::RegisteredClient;
use super::error::OAuthError;
use crate::settings::{Access, Settings, is_identity_scope};

/// The scopes a user grants, in the order asked for. Without a `scope` parameter: all scopes of
/// the resource that the client may have (RFC 6749 section 3.3 lets the server have a default).
///
/// Scalekit drops scopes that it cannot grant instead of refusing the request.
///
/// # Errors
///
/// `invalid_scope` when nothing is left of what was asked for.
pub(crate) fn grant_user(
    settings: &Settings,
    client: &RegisteredClient,
    access: &Access,
    requested: Option<&str>,
) -> Result<Vec<String>, OAuthError> {
    let permitted = |scope: &str| {
        !settings.scopes_within_permissions || access.permissions.iter().any(|known| known == scope)
    };
    grant(settings, requested, |scope| {
        is_identity_scope(scope) || (may_have(settings, client, scope) && permitted(scope))
    })
}

/// The scopes of a sign-in to the client itself: those of the resource are not among them.
///
/// # Errors
///
/// As [`grant_user`].
pub(crate) fn grant_sign_in(requested: Option<&str>) -> Result<Vec<String>, OAuthError> {
    let mut scopes = requested.map_or_else(Vec::new, split);
    scopes.retain(|scope| is_identity_scope(scope));
    match scopes.is_empty() && requested.is_some() {
        true => Err(none_granted()),
        false => Ok(scopes),
    }
}

/// The scopes a machine gets: as for a user, without those of a sign-in.
///
/// # Errors
///
/// As [`grant_user`].
pub(crate) fn grant_machine(
    settings: &Settings,
    client: &RegisteredClient,
    requested: Option<&str>,
) -> Result<Vec<String>, OAuthError> {
    grant(settings, requested, |scope| {
        may_have(settings, client, scope)
    })
}

/// The scopes of a refreshed token: those granted, or fewer.
///
/// # Errors
///
/// `invalid_scope` when one was not granted before (RFC 6749 section 6).
pub(crate) fn narrow(
    granted: &[String],
    requested: Option<&str>,
) -> Result<Vec<String>, OAuthError> {
    let Some(requested) = requested else {
        return Ok(granted.to_vec());
    };
    let requested = split(requested);
    if requested.iter().all(|scope| granted.contains(scope)) {
        return Ok(requested);
    }
    Err(invalid("a scope was not granted to this refresh token"))
}

fn grant(
    settings: &Settings,
    requested: Option<&str>,
    allowed: impl Fn(&str) -> bool,
) -> Result<Vec<String>, OAuthError> {
    let mut scopes = requested.map_or_else(|| settings.scopes.clone(), split);
    scopes.retain(|scope| allowed(scope));
    if scopes.is_empty() && requested.is_some() {
        return Err(none_granted());
    }
    Ok(scopes)
}

fn may_have(settings: &Settings, client: &RegisteredClient, scope: &str) -> bool {
    let client_may = |scopes: &Vec<String>| scopes.iter().any(|known| known == scope);
    settings.is_resource_scope(scope) && client.scopes.as_ref().is_none_or(client_may)
}

pub(crate) fn split(scopes: &str) -> Vec<String> {
    let mut unique = Vec::new();
    for scope in scopes.split(' ').filter(|scope| !scope.is_empty()) {
        if !unique.iter().any(|known| known == scope) {
            unique.push(scope.to_owned());
        }
    }
    unique
}

fn none_granted() -> OAuthError {
    invalid("none of the requested scopes can be granted")
}

fn invalid(description: &str) -> OAuthError {
    OAuthError::new("invalid_scope", description)
}
