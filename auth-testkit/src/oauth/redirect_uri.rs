//! Which redirect URIs may be registered.

use url::{Host, Url};

/// # Errors
///
/// A text for `invalid_redirect_uri`. Redirect URIs are absolute, without fragment (RFC 6749
/// section 3.1.2), and https unless they point to the user's own machine (MCP authorization,
/// "Communication Security").
pub(crate) fn vet(uri: &str) -> Result<(), String> {
    let url = Url::parse(uri).map_err(|_| "a redirect uri is not an absolute url".to_owned())?;
    if url.fragment().is_some() {
        return Err("a redirect uri has a fragment".to_owned());
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&url) => Ok(()),
        _ => Err("a redirect uri must be https, or http to a loopback host".to_owned()),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
