//! The mock, the login page and the MCP server, until ctrl-c.

use std::error::Error;

use auth_core::provider::PublicUrl;
use auth_scalekit::ScalekitProvider;
use auth_testkit::{Client, MockScalekit};
use tokio::net::TcpListener;

use super::{ScalekitApi, app, example, login_page};
use crate::server::stop::stop;
use crate::server::{Listening, serve};

const URL: &str = "http://localhost:8000/mcp";
/// The backend of the page, as Scalekit knows it. Its secret is published here: it opens the mock alone.
const BACKEND: (&str, &str) = ("skc_1", "not a secret");

/// Runs all three.
///
/// # Errors
///
/// When a port is taken, or a setting cannot be used.
pub async fn run() -> Result<(), Box<dyn Error>> {
    let resource = PublicUrl::parse(URL)?;
    let listening = Listening::bind(&resource, None)
        .await
        .map_err(|(address, error)| format!("cannot listen on {address}: {error}"))?;
    let page = TcpListener::bind("127.0.0.1:0").await?;
    let scalekit = MockScalekit::builder()
        .resource_url(listening.url())
        .scopes(["notes:read"])
        .byoa(format!("http://{}/login", page.local_addr()?))
        .start()
        .await;
    scalekit.register_client(Client::confidential(BACKEND.0, BACKEND.1));
    let environment = scalekit.environment_url();
    let connection = scalekit
        .connection_id()
        .ok_or("the mock has no login page")?;
    let backend = ScalekitApi::new(environment, connection, BACKEND.0, BACKEND.1)?;
    let provider =
        ScalekitProvider::builder(environment, scalekit.resource_id(), listening.url()).build()?;
    let app = app(provider, |layer| layer)?;
    tokio::spawn(async move { axum::serve(page, login_page(example(), backend)).await });
    tracing::info!("serving {URL}; stop with ctrl-c");
    Ok(serve(listening, app, stop()?).await?)
}
