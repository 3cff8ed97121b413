//! The server that `mock-scalekit probe` is made for: each of its tools is there to be probed.
//!
//! ```sh
//! cargo build --release -p examples --bin probed
//! cargo run --release -p auth-testkit --features cli -- \
//!     probe http://127.0.0.1:8100/mcp -- target/release/probed
//! ```
//!
//! It reads SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID and SCALEKIT_MCP_URL, which the probe sets. It
//! serves before its issuer gives keys, so that there is something to probe in an outage.

mod run;
mod tools;

pub use run::run;
pub use tools::{Echo, Tools, Upstream, site};
