//! [`FetchUrl`]: a URL that may be requested (SSRF guard).

use std::fmt;
use std::net::IpAddr;

use auth_core::support::{is_loopback_host, is_public_address};
use thiserror::Error;
use url::{Host, Url};

/// An https URL (http for loopback) from the configuration or from trusted metadata, never from a token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FetchUrl {
    text: String,
    url: Url,
    loopback: bool,
}

/// Why a URL may not be requested.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum BadUrl {
    #[error("is not a URL: give one such as https://id.example.com/keys")]
    NotAUrl,
    #[error("must use https, http is for localhost, 127.0.0.1 and [::1] only")]
    Insecure,
    #[error("must not hold a user name or a password")]
    Userinfo,
    #[error("must not have a fragment")]
    Fragment,
    #[error("names a private address: allow it with allow_private_addresses()")]
    Private,
}

impl FetchUrl {
    /// Validates a URL. `private` allows private addresses; names are checked when they are resolved.
    pub(crate) fn parse(text: &str, private: bool) -> Result<Self, BadUrl> {
        let url = Url::parse(text).map_err(|_| BadUrl::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadUrl::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(BadUrl::Fragment);
        }
        let host = url.host().ok_or(BadUrl::NotAUrl)?;
        let loopback = is_loopback_host(url.host_str().unwrap_or_default());
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            _ => return Err(BadUrl::Insecure),
        }
        let address = match host {
            Host::Domain(_) => None,
            Host::Ipv4(address) => Some(IpAddr::V4(address)),
            Host::Ipv6(address) => Some(IpAddr::V6(address)),
        };
        if !loopback && !private && address.is_some_and(|address| !is_public_address(address)) {
            return Err(BadUrl::Private);
        }
        Ok(Self {
            text: text.into(),
            url,
            loopback,
        })
    }

    pub(crate) fn to_url(&self) -> Url {
        self.url.clone()
    }

    /// The URL as logs and errors may show it: its query may hold a key.
    pub(crate) fn shown(&self) -> String {
        format!(
            "{}{}",
            self.url.origin().ascii_serialization(),
            self.url.path()
        )
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the host is this machine, by its name or address.
    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Debug for FetchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_urls_may_be_fetched() {
        for text in [
            "https://id.example.com/keys",
            "https://id.example.com/keys?p=1",
            "https://id.example.com:8443/",
            "https://93.184.215.14/keys",
            "http://localhost:1/keys",
            "http://127.0.0.1:1/keys",
            "http://127.9.9.9:1/keys",
            "http://[::1]:1/keys",
            "http://[::ffff:127.0.0.1]:1/keys",
        ] {
            let url = FetchUrl::parse(text, false).unwrap();
            assert_eq!(url.as_str(), text);
            assert_eq!(format!("{url:?}"), format!("{text:?}"));
            assert_eq!(url.is_loopback(), text.starts_with("http:"), "{text}");
            assert_eq!(url.to_url(), Url::parse(text).unwrap());
            assert!(!url.shown().contains('?'), "{text}");
        }
        for (text, fault) in [
            ("id.example.com", BadUrl::NotAUrl),
            ("data:,x", BadUrl::NotAUrl),
            ("http://id.example.com/keys", BadUrl::Insecure),
            ("http://localhost.example.com/", BadUrl::Insecure),
            ("ftp://localhost/keys", BadUrl::Insecure),
            ("file://localhost/etc/passwd", BadUrl::NotAUrl),
            ("https://me@id.example.com/", BadUrl::Userinfo),
            ("https://:pw@id.example.com/", BadUrl::Userinfo),
            (" ", BadUrl::NotAUrl),
            ("https://id.example.com/#x", BadUrl::Fragment),
            ("https://10.0.0.1/", BadUrl::Private),
            ("https://169.254.169.254/", BadUrl::Private),
            ("https://0x0a000001/", BadUrl::Private),
            ("https://[fd00::1]/", BadUrl::Private),
            ("https://[::ffff:10.0.0.1]/", BadUrl::Private),
        ] {
            assert_eq!(FetchUrl::parse(text, false), Err(fault), "{text}");
        }
        assert!(FetchUrl::parse("https://10.0.0.1/", true).is_ok());
        assert!(
            FetchUrl::parse("http://10.0.0.1/", true).is_err(),
            "not in plain text"
        );
    }
}
