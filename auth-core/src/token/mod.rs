//! A token: as the client sends it, and as a verifier vouches for it.
//!
//! | file | job |
//! |---|---|
//! | `bearer` | `Authorization` header to [`BearerToken`] (RFC 6750, section 2.1) |
//! | `auth_scheme` | the same rules for credentials that arrive in another way |
//! | `verified_token` | [`VerifiedToken`] and its [`Principal`]: what a verifier vouches for |
//! | `claims` | its claims, kept as JSON until one is read |
//! | `scope`, `scope_hierarchy` | the scopes it grants, and those that they include |
//! | `confirmation` | the key that it is bound to (RFC 7800) |
//! | `reuse` | until when, and on which condition, it may be used without verifying it again |

mod auth_scheme;
mod bearer;
mod claims;
mod confirmation;
mod reuse;
mod scope;
mod scope_hierarchy;
mod verified_token;

pub use auth_scheme::{credentials, pasted_token};
pub(crate) use bearer::Presented;
pub use bearer::{BearerToken, MalformedCredentials};
pub use confirmation::Confirmation;
pub(crate) use reuse::Reuse;
pub use reuse::Validity;
pub use scope::{InvalidScope, Scope, Scopes};
pub use scope_hierarchy::{HierarchyError, ScopeHierarchy};
pub use verified_token::{Principal, VerifiedToken};
