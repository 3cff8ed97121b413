//! Which addresses the metadata of a server may lead the client to.

use std::net::{IpAddr, SocketAddr};

use auth_core::support::AddressClass;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::web_url::is_loopback;

/// The addresses that names from metadata may resolve to.
///
/// The metadata of a server names hosts that the client then connects to. Without this rule a public server could
/// send the client to the router of its user. rmcp's HTTP client has the same rule, but does not report exchanges.
#[derive(Debug, Clone)]
pub(super) struct Addresses {
    /// The host of the MCP server: the user typed it, so it may be at any address.
    server: String,
    pub(super) loopback: bool,
    private: bool,
}

impl Addresses {
    /// The rule for an MCP server: loopback is permitted if the server is there, private addresses if the server has one
    /// in its URL or with `allow_private`.
    pub(super) fn for_server(server: &Url, allow_private: bool) -> Self {
        let literal = match server.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        Self {
            server: server.host_str().unwrap_or_default().to_owned(),
            loopback: is_loopback(server),
            private: allow_private || literal.map(AddressClass::of) == Some(AddressClass::Private),
        }
    }

    /// Whether the URL may be requested. An address instead of a name never reaches the resolver, so it is checked here.
    pub(super) fn allow_url(&self, url: &Url) -> bool {
        match url.host() {
            _ if url.host_str() == Some(&self.server) => true,
            Some(Host::Ipv4(address)) => self.allow(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => self.allow(IpAddr::V6(address)),
            Some(Host::Domain(_)) => !is_loopback(url) || self.loopback,
            None => false,
        }
    }

    fn allow(&self, address: IpAddr) -> bool {
        match AddressClass::of(address) {
            AddressClass::Public => true,
            AddressClass::Loopback => self.loopback,
            AddressClass::Private => self.private,
            // Of a class that is not known yet, too.
            _ => false,
        }
    }
}

/// A host that metadata must not lead to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} is at a private or reserved address")]
pub(crate) struct ForbiddenAddress {
    place: String,
}

impl ForbiddenAddress {
    pub(super) const fn new(place: String) -> Self {
        Self { place }
    }

    /// The host or the URL.
    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Finds it among the causes of a failed request.
    pub(crate) fn among<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Self> {
        std::iter::successors(Some(error), |error| error.source())
            .find_map(|error| error.downcast_ref())
    }
}

impl Resolve for Addresses {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move {
            let host = name.as_str().to_owned();
            // The user typed the name of the server.
            let typed = host == this.server;
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0))
                .await?
                .filter(|address| typed || this.allow(address.ip()))
                .collect();
            if found.is_empty() {
                return Err(ForbiddenAddress::new(host).into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_leads_only_where_the_server_may_send_us() {
        // server, URL named by its metadata, allowed
        let rows = [
            (
                "https://mcp.example.com/mcp",
                "https://as.example.com/",
                true,
            ),
            (
                "https://mcp.example.com/mcp",
                "https://93.184.216.34/",
                true,
            ),
            (
                "https://mcp.example.com/mcp",
                "http://localhost:9000/",
                false,
            ),
            (
                "https://mcp.example.com/mcp",
                "http://127.0.0.1:9000/",
                false,
            ),
            ("https://mcp.example.com/mcp", "http://[::1]:9000/", false),
            (
                "https://mcp.example.com/mcp",
                "http://[::ffff:127.0.0.1]/",
                false,
            ),
            (
                "https://mcp.example.com/mcp",
                "http://[64:ff9b::7f00:1]/",
                false,
            ),
            (
                "https://mcp.example.com/mcp",
                "http://[2002:a00:1::]/",
                false,
            ),
            ("https://mcp.example.com/mcp", "http://192.168.1.1/", false),
            ("https://mcp.example.com/mcp", "http://100.64.0.1/", false),
            (
                "https://mcp.example.com/mcp",
                "http://169.254.169.254/",
                false,
            ),
            ("https://mcp.example.com/mcp", "http://[fe80::1]/", false),
            ("https://mcp.example.com/mcp", "http://[fd00::1]/", false),
            ("https://mcp.example.com/mcp", "https://198.18.0.1/", false),
            ("https://mcp.example.com/mcp", "https://192.0.0.1/", false),
            ("https://mcp.example.com/mcp", "https://240.0.0.1/", false),
            ("https://mcp.example.com/mcp", "https://[fec0::1]/", false),
            ("http://localhost:8000/mcp", "http://127.0.0.1:9000/", true),
            ("http://localhost:8000/mcp", "http://localhost:9000/", true),
            (
                "http://127.0.0.1:8000/mcp",
                "http://169.254.169.254/",
                false,
            ),
            ("http://127.0.0.1:8000/mcp", "http://10.0.0.1/", false),
            ("https://10.0.0.1/mcp", "https://10.0.0.2/", true),
            ("https://10.0.0.1/mcp", "https://127.0.0.1/", false),
        ];
        for (server, url, allowed) in rows {
            let (Ok(server), Ok(url)) = (Url::parse(server), Url::parse(url)) else {
                unreachable!("{server} {url}");
            };
            assert_eq!(
                Addresses::for_server(&server, false).allow_url(&url),
                allowed,
                "{server} -> {url}"
            );
        }
    }

    #[test]
    fn private_networks_can_be_permitted_and_reserved_ones_cannot() {
        let Ok(server) = Url::parse("https://mcp.example.com/") else {
            unreachable!()
        };
        let addresses = Addresses::for_server(&server, true);
        assert!(addresses.allow(IpAddr::from([192, 168, 0, 1])));
        assert!(!addresses.allow(IpAddr::from([127, 0, 0, 1])));
        assert!(!addresses.allow(IpAddr::from([169, 254, 169, 254])));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_loopback_is_not_resolved_for_a_public_server() {
        let Ok(server) = Url::parse("https://mcp.example.com/") else {
            unreachable!()
        };
        let addresses = Addresses::for_server(&server, true);
        let Ok(name) = "localhost".parse::<Name>() else {
            unreachable!()
        };
        assert!(addresses.resolve(name).await.is_err());
    }
}
