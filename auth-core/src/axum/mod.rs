//! For axum (feature `axum`): [`protect`] puts a router behind the layer, extractors say who calls.

mod extract;
mod protect;
mod service;

pub use extract::{Authenticated, OptionalAuthenticated, Rejection, RequireScope, RequiredScopes};
pub use protect::{ProtectedRouter, protect};
pub use service::{ProtectedFuture, ProtectedService};
