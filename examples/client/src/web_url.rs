//! Which URLs the client sends codes and tokens to.

use url::{Host, Url};

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
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost")
                || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
