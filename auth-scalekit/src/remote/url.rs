//! [`FetchUrl`]: a configured URL that may be fetched.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;
use url::{Host, Url};

/// An https URL (http for loopback) that a configuration names, never a token.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FetchUrl {
    text: String,
    loopback: bool,
}

/// Why a text cannot be fetched from.
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
    /// Vets a URL. Private addresses are let in if `private` says so; names are looked at when
    /// they are resolved.
    pub(crate) fn parse(text: &str, private: bool) -> Result<Self, BadUrl> {
        let url = Url::parse(text).map_err(|_| BadUrl::NotAUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadUrl::Userinfo);
        }
        if url.fragment().is_some() {
            return Err(BadUrl::Fragment);
        }
        let host = url.host().ok_or(BadUrl::NotAUrl)?;
        let loopback = is_loopback(&host);
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
        if !loopback && !private && address.is_some_and(|address| !is_public(address)) {
            return Err(BadUrl::Private);
        }
        Ok(Self {
            text: text.into(),
            loopback,
        })
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

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => match embedded_v4(*address) {
            Some(address) => address.is_loopback(),
            None => address.is_loopback(),
        },
    }
}

/// Whether an address is on the public internet. The registries of special addresses
/// ([RFC 6890](https://www.rfc-editor.org/rfc/rfc6890)) are what makes an address not public;
/// an IPv4 address inside an IPv6 one is judged as what it is.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match embedded_v4(address) {
            Some(address) => is_public_v4(address),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol_assignments = a == 192 && b == 0 && c == 0;
    let relays = a == 192 && b == 88 && c == 99;
    let benchmarks = a == 198 && (b == 18 || b == 19);
    let reserved = a == 0 || a >= 240;
    !(address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || shared
        || protocol_assignments
        || relays
        || benchmarks
        || reserved)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let global_unicast = (a & 0xe000) == 0x2000;
    let documentation = (a == 0x2001 && b == 0xdb8) || (a & 0xfff0) == 0x3ff0;
    let protocol_assignments = a == 0x2001 && b < 0x200;
    global_unicast && !documentation && !protocol_assignments
}

/// The IPv4 address inside a mapped, a 6to4, or a NAT64 address.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let v4 = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Some(Ipv4Addr::new(a, b, c, d))
    };
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => v4(g, h),
        [0x2002, high, low, ..] => v4(high, low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_fetched() {
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

    #[test]
    fn what_is_public() {
        for address in [
            "93.184.215.14",
            "1.1.1.1",
            // Beside what is not.
            "1.0.0.1",
            "9.255.255.255",
            "11.0.0.0",
            "99.64.0.1",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.0.1",
            "172.15.255.255",
            "172.32.0.0",
            "191.0.0.1",
            "192.0.1.1",
            "192.1.0.1",
            "192.88.98.1",
            "192.88.100.1",
            "192.89.99.1",
            "193.88.99.1",
            "197.18.0.1",
            "198.17.255.255",
            "198.20.0.0",
            "199.19.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:200::",
            "2001:db7::1",
            "2001:db9::1",
            "2400:db8::1",
            "2600:1ff::1",
            "64:ff9b::101:101",
            "2002:101:101::",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2001:1ff::1",
            "3fff::1",
            "100::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:a00:1::",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }
}
