//! `cargo run -p examples --bin api_keys`: a server for API keys; see the documentation of
//! `examples::api_keys`.

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use auth_core::audit::audit_fn;
use auth_core::provider::PublicUrl;
use auth_core::revocation::MemoryRevocations;
use clap::Parser;
use examples::api_keys::{KeyTable, app, new_key};
use examples::server::stop::stop;
use examples::server::{Listening, serve};

const URL: &str = "http://127.0.0.1:8000/mcp";

/// An MCP server for API keys of a table.
#[derive(Debug, Parser)]
enum Cli {
    /// Prints a new key for a user, and the row for it.
    New { user: String },
    /// Serves those who have a key of the table, a JSON list of rows.
    Serve { table: PathBuf },
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse() {
        Cli::New { user } => print(&user),
        Cli::Serve { table } => run(&table).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // When standard error is closed, there is no place for the message.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print(user: &str) -> Result<(), Box<dyn Error>> {
    let (key, row) = new_key(user)?;
    let mut out = io::stdout();
    writeln!(out, "the key, which is stored nowhere: {key}")?;
    writeln!(out, "its row: {}", serde_json::to_string(&row)?)?;
    Ok(())
}

async fn run(table: &Path) -> Result<(), Box<dyn Error>> {
    examples::logging::init("info");
    let shown = table.display();
    let text = std::fs::read_to_string(table).map_err(|error| format!("{shown}: {error}"))?;
    let table = KeyTable::from_json(&text).map_err(|error| {
        let error: &dyn Error = &error;
        format!("{shown}: {}", auth_core::error::ErrorChain(error))
    })?;
    let resource = PublicUrl::parse(URL)?;
    let listening = Listening::bind(&resource, None)
        .await
        .map_err(|(address, error)| format!("cannot listen on {address}: {error}"))?;
    let revoked = Arc::new(MemoryRevocations::new());
    let app = app(table, resource, revoked, |layer| {
        layer.audit(audit_fn(|event| {
            tracing::info!(decision = event.decision.as_str(), "decided");
        }))
    })?;
    tracing::info!("serving {URL}; stop with ctrl-c");
    Ok(serve(listening, app, stop()?).await?)
}
