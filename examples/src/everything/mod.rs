//! An MCP server that has everything that the official conformance suite asks for, to show that
//! protection costs no conformance: the `everything` binary serves it behind the auth layer, or
//! without, and `examples/interop/conformance` compares the two.
//!
//! The names of tools, prompts and resources are the suite's.
//!
//! | module | job |
//! |---|---|
//! | [`handler`] | the MCP server: which module answers which request |
//! | `tools` | the tools, a file for each kind |
//! | `prompts`, `resources`, `completion` | the same for those |
//! | `ask` | asking the client, in the way of each protocol version |
//! | `state` | what the client carries between the rounds of a call, sealed |
//! | `tasks` | work that goes on after the answer |
//! | `session`, `changes` | what a session remembers, and what it is told |
//! | [`cli`], [`run`](mod@run) | the command line |

mod ask;
mod caller;
mod changes;
pub mod cli;
mod completion;
pub mod handler;
mod prompts;
mod resources;
pub mod run;
mod session;
mod state;
mod tasks;
mod tools;

pub use handler::{Everything, site};
pub use run::run;
