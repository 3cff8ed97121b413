//! The program `client`: its arguments, its commands and what it prints.
//!
//! | file | job |
//! |---|---|
//! | `args`, `machine_args`, `store_args` | the command line |
//! | `run`, `stored` | the commands |
//! | [`terminal`], `printer`, `spinner`, [`steps`] | what is shown of a login, and of results |
//! | `token_report`, `time` | stored tokens as text, without secrets |
//! | `conformance` | the settings by which the official conformance suite drives the client |
//! | [`logging`] | what the binaries log |

mod args;
mod conformance;
pub mod logging;
mod machine_args;
mod printer;
mod run;
mod spinner;
pub mod steps;
mod store_args;
mod stored;
pub mod terminal;
mod time;
mod token_report;

pub use args::Cli;
pub use run::run;
