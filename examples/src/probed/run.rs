//! From the variables to a running server.

use auth_core::AuthProvider;
use auth_scalekit::ScalekitBuilder;

use super::tools::site;
use crate::server::run::{ServerError, bind};
use crate::server::{app::protected, serve, stop::stop};

/// Serves the tools until it is ended.
///
/// # Errors
///
/// [`ServerError`], whose text says what to change.
pub async fn run() -> Result<(), ServerError> {
    let provider = ScalekitBuilder::from_env()
        .required_scopes(["mcp:read"])
        .build()?;
    let listening = bind(&provider.metadata().resource, None).await?;
    let app = protected(site()?, provider)?;
    let stop = stop().map_err(ServerError::Serve)?;
    serve(listening, app, stop)
        .await
        .map_err(ServerError::Serve)
}
