//! The HTTP clients of the login, and which addresses they may connect to.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use reqwest::{
    Client, ClientBuilder, StatusCode,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::{Attempt, Policy},
};
use url::{Host, Url};

use crate::{error::ClientError, options::client_options::is_loopback};

/// Longest chain of redirects that is followed anywhere.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// Which addresses names from metadata may lead to.
///
/// The metadata of a server names hosts we then connect to. Without this rule a public server could
/// send the client to its user's router. rmcp's own client has the same rule, but is not used when
/// the exchanges are to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    server: String,
    loopback: bool,
    private: bool,
}

impl Addresses {
    pub(crate) fn for_server(server: &Url, allow_private: bool) -> Self {
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

    /// A host given as a number never reaches the resolver, so it is looked at here.
    pub(crate) fn allow_url(&self, url: &Url) -> bool {
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
            // The user typed the server's own name, so its address is theirs to choose.
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

/// Looks through the forms that carry an IPv4 address in an IPv6 one.
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

/// The client for OAuth requests: never follows a redirect by itself.
pub(crate) fn login_client(addresses: &Addresses) -> Result<Client, ClientError> {
    build(
        bounded(addresses)
            .dns_resolver(Arc::new(addresses.clone()))
            .redirect(Policy::none()),
    )
}

/// The same for the one request that may be redirected (registration), within its origin.
pub(crate) fn following_client(addresses: &Addresses) -> Result<Client, ClientError> {
    build(
        bounded(addresses)
            .dns_resolver(Arc::new(addresses.clone()))
            .redirect(Policy::custom(|attempt| {
                if stays_home(&attempt) {
                    attempt.follow()
                } else {
                    attempt.stop()
                }
            })),
    )
}

/// The client for MCP requests. An idle connection is not kept: a response that was not read to its
/// end would make the next request on it wait.
pub(crate) fn mcp_client(server: &Url) -> Result<Client, ClientError> {
    build(
        direct_to_loopback(Client::builder(), is_loopback(server))
            .connect_timeout(Duration::from_secs(10))
            .pool_max_idle_per_host(0)
            .redirect(Policy::custom(|attempt| {
                // 301..303 turn a POST into a GET; another origin must not see the token.
                let keeps_body = matches!(
                    attempt.status(),
                    StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
                );
                if keeps_body && stays_home(&attempt) {
                    attempt.follow()
                } else {
                    attempt.stop()
                }
            })),
    )
}

/// What goes to this machine goes there without the proxy of the environment, which could not get
/// there and would see the codes and tokens.
fn direct_to_loopback(builder: ClientBuilder, loopback: bool) -> ClientBuilder {
    if loopback {
        builder.no_proxy()
    } else {
        builder
    }
}

fn bounded(addresses: &Addresses) -> ClientBuilder {
    direct_to_loopback(Client::builder(), addresses.loopback)
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(30))
}

fn build(builder: ClientBuilder) -> Result<Client, ClientError> {
    builder
        .build()
        .map_err(|error| ClientError::Mcp(format!("cannot set up the HTTP client: {error}")))
}

fn stays_home(attempt: &Attempt<'_>) -> bool {
    attempt.previous().len() <= MAX_REDIRECTS
        && attempt
            .previous()
            .last()
            .is_some_and(|from| from.origin() == attempt.url().origin())
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
