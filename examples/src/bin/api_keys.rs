//! `cargo run -p examples --bin api_keys`: a server for API keys; see the documentation of
//! `examples::api_keys`.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

use auth_core::audit::audit_fn;
use auth_core::provider::PublicUrl;
use auth_core::revocation::MemoryRevocations;
use examples::api_keys::{ApiKeys, app};
use examples::server::stop::stop;
use examples::server::{Listening, serve};

const URL: &str = "http://127.0.0.1:8000/mcp";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    examples::logging::init("info");
    let keys = [("key-of-ada", "ada"), ("key-of-bob", "bob")];
    let keys: HashMap<_, _> = keys.map(|(key, user)| (key.into(), user.into())).into();
    let resource = PublicUrl::parse(URL)?;
    let listening = Listening::bind(&resource, None)
        .await
        .map_err(|(address, error)| format!("cannot listen on {address}: {error}"))?;
    let revoked = Arc::new(MemoryRevocations::new());
    let app = app(ApiKeys(keys), resource, revoked, |layer| {
        layer.audit(audit_fn(|event| {
            tracing::info!(decision = event.decision.as_str(), "decided");
        }))
    })?;
    tracing::info!("serving {URL}; stop with ctrl-c");
    Ok(serve(listening, app, stop()?).await?)
}
