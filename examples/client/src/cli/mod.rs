//! The program `client`: its arguments, its commands and what it prints.

pub mod args;
pub mod claims;
pub(crate) mod conformance;
pub mod logging;
pub mod machine_args;
pub(crate) mod printer;
pub mod run;
pub(crate) mod spinner;
pub mod steps;
pub mod store_args;
pub(crate) mod stored;
pub mod terminal;
pub mod token_report;
