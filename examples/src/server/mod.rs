//! A protected MCP server, as a library: the `server` binary and the demo run it, and the
//! `everything` binary serves another server with it.
//!
//! | module | job |
//! |---|---|
//! | [`tools`] | the MCP server itself: its tools, and who may call them |
//! | [`site`] | what is served, and what the layers around it have to know |
//! | [`app`](mod@app) | the same behind the auth layer, ready to serve |
//! | `health` | the routes that tell whether the server is alive, and whether it is ready |
//! | [`ping`] | a courtesy to clients that ping where there is no ping |
//! | [`listen`], [`stop`](mod@stop) | the port, and serving until the word to stop |
//! | [`cli`], [`run`] | the command line |

pub mod app;
pub mod cli;
mod health;
pub mod listen;
pub mod ping;
pub mod run;
pub mod site;
pub mod stop;
pub mod tools;

pub use app::app;
pub use listen::{Listening, serve};
pub use site::Site;
