//! A server that runs several times: what one process learns of is refused by all of them within milliseconds.
//!
//! ```sh
//! examples/replicas/run                                  # all of it, with a mock Scalekit and a Redis
//! cargo run -p examples --bin replicas -- --help         # the variables of one process
//! ```
//!
//! The script starts three processes, lets a user sign out and be removed, and shows who is refused when
//! (`examples/replicas/README.md`).
//!
//! | file | job |
//! |---|---|
//! | [`settings`] | the variables `REDIS_…`, and the connection to Redis |
//! | [`app`](mod@app) | the layer, the webhook and the public routes |
//! | `health` | `/health` and `/ready` |
//!
//! | what | where it is shared |
//! |---|---|
//! | revocations | a stream in Redis, which each process follows; a request is checked from memory |
//! | events that were processed | keys in Redis: a webhook may arrive anywhere, and twice |
//! | MCP sessions and notes | nowhere: let the load balancer send an MCP session to the process that began it |

pub mod app;
mod health;
pub mod settings;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use auth_core::provider::AuthProvider;
use auth_core::redis::RedisIdempotency;
use auth_scalekit::ScalekitBuilder;
use auth_scalekit::webhooks::{CatchUp, EventProcessor, WebhookSecrets, WebhookService};
use clap::Parser;
use serde_json::json;

use crate::server::run::{ServerError, bind};
use crate::server::stop::stop;
use crate::server::{Listening, serve};
use settings::Settings;

/// One of several processes of a protected MCP server.
///
/// Reads SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID, SCALEKIT_MCP_URL (the public URL, the same for all),
/// SCALEKIT_WEBHOOK_SECRET (or its _FILE), SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET (or its _FILE; without them
/// deploy and reset are refused, and missed events stay missed), REDIS_URL, REDIS_PASSWORD (or its _FILE),
/// REDIS_CA_FILE, and REDIS_ON_OUTAGE: after how many seconds without Redis requests are refused (default 5), or
/// "continue". Exit codes: 0 stopped, 1 failed while serving, 2 could not start.
#[derive(Debug, Parser)]
#[command(name = "replicas")]
pub struct Cli {
    /// The port on loopback; 0 for any free one.
    #[arg(long, default_value_t = 8000)]
    pub port: u16,

    /// Print one line of JSON on standard output once the server is ready.
    #[arg(long)]
    pub ready_json: bool,
}

/// Serves until ctrl-c.
///
/// # Errors
///
/// [`ServerError`], whose text says what to change.
pub async fn run(cli: Cli) -> Result<(), ServerError> {
    let settings = Settings::from_env()?;
    let secrets = WebhookSecrets::from_env()?;
    let revocations = Arc::new(settings.connect().await?);
    let provider = ScalekitBuilder::from_env()
        .resource_name("Notes of replicas")
        .revocations(Arc::clone(&revocations))
        .build()?;

    let processor = EventProcessor::builder(provider.environment_url(), revocations)
        .processed(RedisIdempotency::new(settings.redis())?);
    let (processor, catch_up) = match provider.management() {
        // Users of directories are found by their addresses, and what happened while no process was running is read.
        Some(api) => {
            let processor = processor.lookup(api.clone()).build()?;
            let catch_up = CatchUp::builder(api.clone(), processor.clone()).build()?;
            tokio::spawn(catch_up.run());
            (processor, Some(catch_up))
        }
        None => (processor.build()?, None),
    };
    let webhooks = WebhookService::builder(secrets, processor).build()?;

    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, cli.port));
    let url = provider.metadata().resource.clone();
    let listening = bind(&url, Some(address)).await?;
    let app = app::app(provider, webhooks)?;
    let stop = stop().map_err(ServerError::Serve)?;
    announce(&cli, &listening, url.path()).map_err(ServerError::Serve)?;
    serve(listening, app, stop)
        .await
        .map_err(ServerError::Serve)?;
    // Its task ends with the last handle.
    drop(catch_up);
    Ok(())
}

/// Says where the server is, once it accepts connections.
fn announce(cli: &Cli, listening: &Listening, path: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for address in listening.addresses() {
        let origin = format!("http://{address}");
        if cli.ready_json {
            let line = json!({
                "url": format!("{origin}{path}"),
                "public_url": listening.url(),
                "webhook_url": format!("{origin}{}", app::WEBHOOKS),
                "ready_url": format!("{origin}{}", health::READY),
                "pid": std::process::id(),
            });
            writeln!(out, "{line}")?;
        } else {
            writeln!(
                out,
                "MCP server at {origin}{path}, for clients {}",
                listening.url()
            )?;
            writeln!(out, "webhooks at {origin}{}", app::WEBHOOKS)?;
            writeln!(out, "stop with ctrl-c")?;
        }
    }
    out.flush()
}
