//! What the binaries log, and where.

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt, registry};

/// Logs to standard error what `RUST_LOG` asks for, or else `default`.
///
/// One thing is not logged whatever it asks for: below info, rmcp's OAuth module writes
/// authorization codes and vendor token fields.
pub fn init(default: &str) {
    let wanted = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let harmless = filter_fn(|event| {
        *event.level() <= Level::INFO || !event.target().starts_with("rmcp::transport::auth")
    });
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        // One filter: two of them, one around the other, lose events.
        .with_filter(wanted.and(harmless));
    registry().with(lines).init();
}
