//! Which addresses the metadata of a server may lead the client to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

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
            private: allow_private || literal.is_some_and(is_private),
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
        let address = embedded(address);
        if address.is_loopback() {
            self.loopback
        } else if is_private(address) {
            self.private
        } else {
            !is_reserved(address)
        }
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
                return Err(format!(
                    "{host} is at no address this server may send us to; --allow-private permits private networks"
                )
                .into());
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// The IPv4 address in an IPv6 address that contains one.
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    if let Some(v4) = v6.to_ipv4_mapped() {
        return IpAddr::V4(v4);
    }
    let [a, b, c, d, e, f, g, h] = v6.segments();
    let pair = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match (a, b) {
        (0x64, 0xff9b) if [c, d, e, f] == [0; 4] => IpAddr::V4(pair(g, h)),
        (0x2002, high) => IpAddr::V4(pair(high, c)),
        _ => address,
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || matches!(v4.octets(), [100, 64..=127, ..]),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

fn is_reserved(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            v4.is_unspecified()
                || v4.is_link_local()
                || v4.is_multicast()
                || v4.is_broadcast()
                || v4.octets().first() == Some(&0)
        }
        IpAddr::V6(v6) => {
            v6 == Ipv6Addr::UNSPECIFIED || v6.is_unicast_link_local() || v6.is_multicast()
        }
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
