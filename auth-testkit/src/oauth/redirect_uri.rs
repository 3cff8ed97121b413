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

/// Whether a redirect URI is the registered one: byte for byte (RFC 6749 section 3.1.2.3), or with
/// another port on this machine if that is let pass (RFC 8252 section 7.3).
pub(crate) fn is_same(registered: &str, sent: &str, any_loopback_port: bool) -> bool {
    if registered == sent {
        return true;
    }
    let without_port = |uri: &str| {
        let mut url = Url::parse(uri).ok().filter(is_loopback)?;
        url.set_port(None).ok()?;
        Some(url)
    };
    any_loopback_port
        && without_port(registered).is_some_and(|known| without_port(sent) == Some(known))
}

/// Whether a URL leads to this machine.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
