//! A protected MCP server, as a library: the `server` binary and the demo run it, and the servers of the package
//! `fixtures` are served with it.
//!
//! | module | job |
//! |---|---|
//! | [`tools`] | the MCP server itself: its tools, and who may call them |
//! | [`server_spec`] | what is served, and the settings of the layers around it |
//! | [`app`](mod@app) | the same behind the auth layer, ready to serve |
//! | `health` | the routes that report whether the server is alive, and whether it is ready |
//! | [`ping`] | answers clients that ping although the protocol has no ping |
//! | [`listen`], [`stop`](mod@stop) | the port, and serving until the signal to stop |
//! | [`cli`], [`run`] | the command line |

pub mod app;
pub mod cli;
mod health;
pub mod listen;
pub mod ping;
pub mod run;
pub mod server_spec;
pub mod stop;
pub mod tools;

pub use app::app;
pub use listen::{Listening, serve};
pub use server_spec::ServerSpec;
