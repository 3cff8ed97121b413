//! Which URLs the client sends codes and tokens to.

use auth_core::support::is_loopback_host;
use url::Url;

use crate::redact;

/// Accepts https anywhere and http on loopback only: any other URL would expose codes and tokens to the network.
///
/// # Errors
///
/// What is wrong with the URL, to be put after its name.
pub(crate) fn vet_web(url: &Url) -> Result<(), String> {
    match url.scheme() {
        "https" if url.host().is_some() => Ok(()),
        "http" if is_loopback(url) => Ok(()),
        "http" => Err("uses plain http outside loopback; use https".into()),
        other => Err(format!(
            "has the scheme {}; use https, or http on loopback",
            redact::printable(other)
        )),
    }
}

/// Whether the host is this machine by name or number.
pub(crate) fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback_host)
}
