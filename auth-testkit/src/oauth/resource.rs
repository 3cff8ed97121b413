//! Resource indicators (RFC 8707).

use url::Url;

use super::error::OAuthError;
use super::params::Params;
use crate::settings::AuthorizationServer;
use crate::settings::Settings;

/// The resources an authorization or token request names; none is fine.
///
/// # Errors
///
/// `invalid_target` (section 2): not an absolute URI, with a fragment, or not the resource that
/// this issuer serves. When no resource URL is configured, every URI is taken for it.
pub(crate) fn requested(settings: &Settings, params: &Params) -> Result<Vec<String>, OAuthError> {
    let resources: Vec<String> = params.all("resource").map(str::to_owned).collect();
    match resources
        .iter()
        .find(|resource| !is_served(settings, resource))
    {
        None => Ok(resources),
        Some(_) => Err(invalid("resource is not served by this issuer")),
    }
}

/// The resources that an authorization request names. The environment's authorization server has none.
///
/// # Errors
///
/// As [`requested`].
pub(crate) fn requested_at(
    settings: &Settings,
    server: AuthorizationServer,
    params: &Params,
) -> Result<Vec<String>, OAuthError> {
    if server == AuthorizationServer::Environment && params.get("resource").is_some() {
        return Err(invalid(&format!(
            "the environment serves no resource; ask the authorization server {}",
            settings.issuer()
        )));
    }
    requested(settings, params)
}

/// The resources of a token request that follows a grant.
///
/// # Errors
///
/// `invalid_target` when one was not part of the grant (section 2.2).
pub(crate) fn within(
    settings: &Settings,
    params: &Params,
    granted: &[String],
) -> Result<(), OAuthError> {
    let wanted = requested(settings, params)?;
    if granted.is_empty() || wanted.iter().all(|resource| granted.contains(resource)) {
        return Ok(());
    }
    Err(invalid("resource is not the one that was granted"))
}

/// Whether a resource is that of this issuer.
pub(crate) fn is_served(settings: &Settings, resource: &str) -> bool {
    let advertised = settings
        .advertised_resource()
        .filter(|_| settings.mcp_server);
    if resource == settings.resource_id
        || advertised.is_some_and(|advertised| is_same(&advertised, resource))
    {
        return true;
    }
    let Ok(url) = Url::parse(resource) else {
        return false;
    };
    let known = settings.resource_url.as_deref();
    url.fragment().is_none() && known.is_none_or(|known| is_same(known, resource))
}

/// Byte for byte, but an empty path equals `/` (RFC 3986 section 6.2.3): clients that go through a
/// URL type cannot send the one without a slash.
fn is_same(known: &str, resource: &str) -> bool {
    let with_path = |text: &str| match text.split_once("://") {
        Some((_, rest)) if !rest.contains(['/', '?']) => format!("{text}/"),
        _ => text.to_owned(),
    };
    with_path(known) == with_path(resource)
}

fn invalid(description: &str) -> OAuthError {
    OAuthError::new("invalid_target", description)
}
