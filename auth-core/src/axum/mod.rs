//! Integration with axum (feature `axum`): [`protect`] puts a router behind the layer, and extractors give
//! handlers the caller.
//!
//! | file | job |
//! |---|---|
//! | `protect` | [`protect`](protect()), [`ProtectedRouter`] |
//! | `service` | [`ProtectedService`]: the protected router as a tower service |
//! | `extract` | [`Authenticated`] and the other extractors |

mod extract;
mod protect;
mod service;

pub use extract::{Authenticated, OptionalAuthenticated, Rejection, RequireScope, RequiredScopes};
pub use protect::{ProtectedRouter, protect};
pub use service::{ProtectedFuture, ProtectedService};
