//! The endpoints over real HTTP: what they grant, and each refusal beside an accepted control.

// A test reports a wrong assumption by panicking, in shared functions too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout
)]

#[path = "../support/mod.rs"]
mod support;

mod advertised;
mod authorize;
mod byoa;
mod code;
mod consent;
mod consent_page;
mod directory;
mod discovery;
mod documents;
mod environment;
mod id_jag;
mod introspection;
mod leniencies;
mod machine;
mod mcp_server;
mod methods;
mod overriding;
mod recording;
mod redaction;
mod redirect_uris;
mod refresh;
mod register;
mod schemes;
mod time;
mod transcript;
