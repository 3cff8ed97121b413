//! The port, and serving until the end.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use auth_core::provider::PublicUrl;
use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use url::Url;

/// The port of a server with a public name, behind a proxy on the same machine.
const DEFAULT_PORT: u16 = 8000;

/// How long open requests may take once the server is to stop.
const GRACE: Duration = Duration::from_secs(2);

/// A bound port, and the URL that the server has there.
#[derive(Debug)]
pub struct Listening {
    listeners: Vec<TcpListener>,
    url: String,
}

impl Listening {
    /// Binds for the MCP endpoint at `url`: the port of a loopback URL (0 for any free one), and
    /// port 8000 on loopback for a public URL, whose proxy forwards to it. `address` overrides
    /// both. For the name `localhost` both loopback addresses are bound, since clients try
    /// either.
    ///
    /// # Errors
    ///
    /// The address, and why it cannot be bound.
    pub async fn bind(
        url: &PublicUrl,
        address: Option<SocketAddr>,
    ) -> Result<Self, (SocketAddr, io::Error)> {
        let wanted = address.unwrap_or_else(|| loopback_address(url));
        let first = bind(wanted).await?;
        let bound = first.local_addr().map_err(|error| (wanted, error))?;
        let mut listeners = vec![first];
        if address.is_none() && url.origin().starts_with("http://localhost") {
            let other = SocketAddr::new(Ipv6Addr::LOCALHOST.into(), bound.port());
            // A machine without IPv6 has no such address, and needs none.
            match bind(other).await {
                Ok(listener) => listeners.push(listener),
                Err((_, error)) if error.kind() == io::ErrorKind::AddrInUse => {
                    return Err((other, error));
                }
                Err(_) => {}
            }
        }
        let url = url.as_str();
        let url = match wanted.port() {
            0 => url.replacen(":0", &format!(":{}", bound.port()), 1),
            _ => url.into(),
        };
        Ok(Self { listeners, url })
    }

    /// The addresses that are bound, with the real port.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        let bound = self.listeners.iter();
        bound
            .filter_map(|listener| listener.local_addr().ok())
            .collect()
    }

    /// The URL of the MCP endpoint, with the real port.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Serves until `stop` is done. Open requests get their answers if those come within 2 s.
///
/// # Errors
///
/// When accepting connections fails for good.
pub async fn serve(
    listening: Listening,
    app: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (end, _) = tokio::sync::watch::channel(());
    let mut servers = tokio::task::JoinSet::new();
    for listener in listening.listeners {
        // Without TCP_NODELAY each streamed answer of rmcp waits 44 ms for an acknowledgement.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "cannot set TCP_NODELAY");
            }
        });
        let mut ended = end.subscribe();
        let app = app.clone();
        servers.spawn(async move {
            axum::serve(listener, app)
                .with_graceful_shutdown(async move {
                    // A message and the end of the sender both mean stop.
                    let _ = ended.changed().await;
                })
                .await
        });
    }
    stop.await;
    drop(end);
    let drained = async {
        while let Some(ended) = servers.join_next().await {
            ended.map_err(io::Error::other)??;
        }
        Ok(())
    };
    // A stream of events does not end by itself; dropping the servers closes it.
    tokio::time::timeout(GRACE, drained).await.unwrap_or(Ok(()))
}

async fn bind(address: SocketAddr) -> Result<TcpListener, (SocketAddr, io::Error)> {
    TcpListener::bind(address)
        .await
        .map_err(|error| (address, error))
}

/// Loopback only; any other address has to be given explicitly.
fn loopback_address(url: &PublicUrl) -> SocketAddr {
    let parsed = Url::parse(url.as_str()).ok();
    let host: IpAddr = match parsed.as_ref().and_then(Url::host) {
        Some(url::Host::Ipv6(address)) if url.is_loopback() => address.into(),
        Some(url::Host::Ipv4(address)) if url.is_loopback() => address.into(),
        _ => Ipv4Addr::LOCALHOST.into(),
    };
    let port = match parsed.and_then(|parsed| parsed.port_or_known_default()) {
        Some(port) if url.is_loopback() => port,
        _ => DEFAULT_PORT,
    };
    SocketAddr::new(host, port)
}
