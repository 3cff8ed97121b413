//! How an MCP session begins, which depends on the version of the protocol.

use rmcp::{
    ClientLifecycleMode, ClientServiceExt, RoleClient,
    model::{ClientCapabilities, ClientConfig, Implementation, ProtocolVersion},
    service::{ClientInitializeError, RunningService},
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use url::Url;

use super::error_text::{chain_of, is_final};
use crate::{options::Wire, transport::Authorized};

/// rmcp's handle of an open MCP session.
pub(crate) type Service = RunningService<RoleClient, ClientConfig>;

/// Opens an MCP session at `server` with the version that `wire` asks for.
///
/// # Errors
///
/// rmcp's, among them the challenge of a server that asks for a login.
pub(crate) async fn open(
    http: &Authorized,
    server: &Url,
    wire: Wire,
) -> Result<Service, ClientInitializeError> {
    let stateless = || vec![ProtocolVersion::V_2026_07_28];
    match wire {
        Wire::Stateful => initialize(http, server).await,
        Wire::Stateless => {
            let discover = ClientLifecycleMode::Discover {
                preferred_versions: stateless(),
            };
            serve(http, server, discover).await
        }
        Wire::Auto => {
            let auto = ClientLifecycleMode::Auto {
                preferred_versions: stateless(),
                legacy_version: Some(LAST_WITH_HANDSHAKE),
            };
            match serve(http, server, auto).await {
                // rmcp falls back only for a well-formed refusal; older servers answer the
                // unknown request with a bare 400.
                Err(error)
                    if error.auth_challenge().is_none() && !chain_of(&error).any(is_final) =>
                {
                    tracing::debug!("no discovery here, trying the initialize handshake");
                    initialize(http, server).await
                }
                result => result,
            }
        }
    }
}

/// The last revision that has the `initialize` handshake. Servers that have it do not know newer ones, and not all of them
/// answer an unknown version with one that they know.
const LAST_WITH_HANDSHAKE: ProtocolVersion = ProtocolVersion::V_2025_11_25;

async fn initialize(http: &Authorized, server: &Url) -> Result<Service, ClientInitializeError> {
    serve(http, server, ClientLifecycleMode::Initialize).await
}

async fn serve(
    http: &Authorized,
    server: &Url,
    lifecycle: ClientLifecycleMode,
) -> Result<Service, ClientInitializeError> {
    let transport = StreamableHttpClientTransport::with_client(
        http.clone(),
        StreamableHttpClientTransportConfig::with_uri(server.as_str()),
    );
    let mut config = ClientConfig::new(
        ClientCapabilities::default(),
        Implementation::new("auth-scalekit-client", env!("CARGO_PKG_VERSION")),
    );
    config.protocol_version = LAST_WITH_HANDSHAKE;
    config.serve_with_lifecycle(transport, lifecycle).await
}
