//! `cargo run -p examples --bin tenants`: a server for several tenants behind a proxy that ends TLS; see the
//! documentation of `examples::tenants`.

use std::error::Error;

use auth_core::provider::PublicUrl;
use examples::server::stop::stop;
use examples::server::{Listening, serve};
use examples::tenants::{app, example};

const URL: &str = "http://127.0.0.1:8000/mcp";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    examples::logging::init("info");
    let resource = PublicUrl::parse(URL)?;
    let listening = Listening::bind(&resource, None)
        .await
        .map_err(|(address, error)| format!("cannot listen on {address}: {error}"))?;
    let (tenants, projects) = example(b"a certificate");
    let app = app(tenants, projects, resource)?;
    tracing::info!("serving {URL}; stop with ctrl-c");
    Ok(serve(listening, app, stop()?).await?)
}
