//! Fuzz targets: one function per parser, for `cargo fuzz` and for `tests/fuzz_targets.rs` alike.
//! Each takes arbitrary bytes, and panics if an invariant does not hold.
//!
//! | file | targets |
//! |---|---|
//! | `bearer` | [`bearer`](bearer()) |
//! | `json` | [`json`](json()) |
//! | `operations` | [`message`], [`list`] |
//! | `urls` | [`public_url`] |
//! | `resource_metadata` | [`resource_metadata`](resource_metadata()) |
//! | `challenge` | [`challenge`](challenge()), read back by `challenge_reader` |
//! | `challenges` | [`challenges`](challenges()), compared with `challenge_reader` |
//! | `scopes` | invariants of scopes, for the challenges and metadata of the layer |
#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is how a fuzz target reports a finding, and names say what is tried"
)]

mod bearer;
mod challenge;
mod challenge_reader;
mod challenges;
mod json;
mod operations;
mod resource_metadata;
mod scopes;
mod urls;

pub use bearer::bearer;
pub use challenge::challenge;
pub use challenges::challenges;
pub use json::json;
pub use operations::{list, message};
pub use resource_metadata::resource_metadata;
pub use urls::public_url;
