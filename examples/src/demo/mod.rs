//! The whole job in one process: a mock Scalekit, a protected MCP server and a client that logs
//! in, each on a free port of loopback.
//!
//! | module | job |
//! |---|---|
//! | [`servers`] | starts mock and server |
//! | [`flow`] | the seven steps, from the first request to authenticated tool calls |
//! | [`refusals`] | what the server turns away, and how |
//! | [`output`] | prints what happens, and keeps count of what did not |

pub mod flow;
pub mod output;
pub mod refusals;
pub mod servers;

use output::Script;
use servers::Stage;

/// Plays the demo; returns whether each part did what it says.
///
/// # Errors
///
/// When mock or server cannot be started.
pub async fn run() -> Result<bool, servers::StageError> {
    let script = Script::new();
    let stage = Stage::start().await?;
    script.line(&format!(
        "mock Scalekit   {}",
        stage.scalekit.environment_url()
    ));
    script.line(&format!("MCP server      {}", stage.url));
    flow::play(&stage, &script).await;
    refusals::play(&stage, &script).await;
    stage.stop().await;
    Ok(script.finish())
}
