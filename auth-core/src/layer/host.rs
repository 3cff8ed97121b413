//! The `Host` check of a server on loopback, against DNS rebinding.
//!
//! A page of `evil.example`, whose name is suddenly resolved to 127.0.0.1, sends no foreign
//! `Origin` with a GET, but it sends its name as `Host`.

use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, HeaderValue};

use crate::error::Excerpt;
use crate::provider::PublicUrl;
use crate::support::is_loopback_host;

/// The hosts that requests may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AllowedHosts {
    /// Host and port of the resource; `None` accepts every host.
    own: Option<String>,
}

impl AllowedHosts {
    /// For a resource on loopback: its name, and every loopback name. For any other resource a
    /// proxy or DNS decides which names lead to it.
    pub(crate) fn for_resource(resource: &PublicUrl) -> Self {
        let authority = resource.origin().split_once("://");
        Self {
            own: authority
                .filter(|_| resource.is_loopback())
                .map(|(_, authority)| authority.to_owned()),
        }
    }

    /// Every host: for a server on loopback behind a proxy that preserves `Host`.
    pub(crate) fn any() -> Self {
        Self { own: None }
    }

    /// Accepts a request with this `authority` (of the URI, as in HTTP/2) or `Host`; else returns
    /// the refused name, for logs.
    pub(crate) fn check(
        &self,
        authority: Option<&Authority>,
        headers: &HeaderMap,
    ) -> Result<(), Excerpt> {
        if self.allow_request(authority, headers) {
            return Ok(());
        }
        let authority = authority.map(|authority| authority.as_str().as_bytes());
        let lines = headers.get_all(HOST).iter().map(HeaderValue::as_bytes);
        Err(shown(authority.into_iter().chain(lines)))
    }

    fn allow_request(&self, authority: Option<&Authority>, headers: &HeaderMap) -> bool {
        let Some(own) = &self.own else {
            return true;
        };
        let mut lines = headers.get_all(HOST).iter();
        let line = lines.next().map(|line| line.to_str());
        if lines.next().is_some() {
            return false;
        }
        let named = match (authority, line) {
            // Every browser sends `Host`.
            (None, None) => return true,
            (Some(authority), None) => authority.as_str(),
            (None, Some(Ok(host))) => host,
            // Two different names: the reader of either one is unaware of the other.
            (Some(authority), Some(Ok(host))) if authority.as_str() == host => host,
            _ => return false,
        };
        named == own || on_loopback(named)
    }
}

/// Maximum length of refused hosts and origins in logs, in bytes.
const MAX_SHOWN: usize = 128;

/// Hosts or origins for logs, without the part before an `@`, which may be a password.
pub(crate) fn shown<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Excerpt {
    let lines = lines.into_iter().map(|line| {
        let at = line.iter().rposition(|byte| *byte == b'@');
        at.and_then(|at| line.get(at..)).unwrap_or(line)
    });
    Excerpt::of_lines(lines, MAX_SHOWN)
}

/// Whether a host, with or without a port, is a loopback name.
fn on_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<Authority>() else {
        return false;
    };
    // The host of `localhost@evil.example` is `evil.example`.
    !authority.as_str().contains('@') && is_loopback_host(authority.host())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(hosts: &AllowedHosts, authority: Option<&str>, lines: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(HOST, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        let authority = authority.map(|text| text.parse().unwrap());
        hosts.check(authority.as_ref(), &headers).is_ok()
    }

    #[test]
    fn refused_hosts_are_returned_without_a_password() {
        let resource = PublicUrl::parse("http://localhost:8000/mcp").unwrap();
        let hosts = AllowedHosts::for_resource(&resource);
        let long = "h".repeat(200);
        let cut = format!("{}...", "h".repeat(125));
        for (authority, lines, expected) in [
            (None, vec!["evil.example"], "evil.example"),
            (Some("evil.example:80"), vec![], "evil.example:80"),
            (
                Some("localhost"),
                vec!["evil.example"],
                "localhost, evil.example",
            ),
            (None, vec!["localhost", "127.0.0.1"], "localhost, 127.0.0.1"),
            (None, vec!["user:marker@evil.example"], "@evil.example"),
            (Some("user:marker@evil.example"), vec![], "@evil.example"),
            (
                None,
                vec!["a outcome=\"admitted\""],
                "a\\x20outcome=\\x22admitted\\x22",
            ),
            (None, vec!["é"], "\\xc3\\xa9"),
            (None, vec![""], ""),
            (None, vec![&long], cut.as_str()),
        ] {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(HOST, HeaderValue::from_bytes(line.as_bytes()).unwrap());
            }
            let authority = authority.map(|text| text.parse().unwrap());
            let refused = hosts.check(authority.as_ref(), &headers).unwrap_err();
            assert_eq!(refused.as_str(), expected, "{authority:?} {lines:?}");
        }
    }

    #[test]
    fn hosts_of_a_loopback_resource() {
        let resource = PublicUrl::parse("http://localhost:8000/mcp").unwrap();
        let hosts = AllowedHosts::for_resource(&resource);
        for host in [
            "localhost:8000",
            "localhost",
            "127.0.0.1:9",
            "127.0.0.1",
            "[::1]:8000",
            "LOCALHOST",
        ] {
            assert!(allows(&hosts, None, &[host]), "{host}");
            assert!(allows(&hosts, Some(host), &[]), "{host}");
        }
        assert!(allows(&hosts, Some("localhost:8000"), &["localhost:8000"]));
        for host in [
            "evil.example",
            "evil.example:8000",
            "localhost.evil.example",
            "localhost@evil.example",
            "evil@localhost",
            "10.0.0.1",
            "",
            "é",
        ] {
            assert!(!allows(&hosts, None, &[host]), "{host}");
        }
        assert!(allows(&hosts, None, &[]), "no host, so no browser");
        assert!(!allows(&hosts, None, &["localhost", "localhost"]));
        assert!(!allows(&hosts, Some("localhost"), &["evil.example"]));
        assert!(!allows(&hosts, Some("evil.example"), &["localhost"]));
        assert!(allows(&AllowedHosts::any(), None, &["evil.example"]));
    }

    #[test]
    fn a_public_resource_accepts_every_host() {
        let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
        let hosts = AllowedHosts::for_resource(&resource);
        assert!(allows(&hosts, None, &["10.0.0.1:8443"]));
    }
}
