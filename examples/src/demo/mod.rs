//! The whole job in one process: a mock Scalekit, a protected MCP server and a client that logs
//! in, each on a free port of loopback.
//!
//! | module | job |
//! |---|---|
//! | [`servers`] | starts mock and server |
//! | [`flow`] | the seven steps, from the first request to authenticated tool calls |
//! | [`refusals`] | what the server refuses, and how |
//! | [`output`] | prints what happens, and counts the checks that failed |

pub mod flow;
pub mod output;
pub mod refusals;
pub mod servers;

use output::DemoOutput;
use servers::DemoServers;

/// Runs the demo; returns whether every check passed.
///
/// # Errors
///
/// When mock or server cannot be started.
pub async fn run() -> Result<bool, servers::DemoError> {
    let output = DemoOutput::new();
    let servers = DemoServers::start().await?;
    output.line(&format!(
        "mock Scalekit   {}",
        servers.scalekit.environment_url()
    ));
    output.line(&format!("MCP server      {}", servers.url));
    flow::run(&servers, &output).await;
    refusals::run(&servers, &output).await;
    servers.stop().await;
    Ok(output.finish())
}
