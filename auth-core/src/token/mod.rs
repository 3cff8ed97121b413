//! A token: as the client sends it, and as a verifier has verified it.
//!
//! | file | job |
//! |---|---|
//! | `bearer` | `Authorization` header to [`BearerToken`] (RFC 6750, section 2.1) |
//! | `auth_scheme` | credentials that arrive in another way than the header |
//! | `verified_token` | [`VerifiedToken`] and its [`Principal`]: what is known about the caller |
//! | `scope`, `scope_hierarchy` | the scopes it grants, and the narrower scopes that they include |
//! | `confirmation` | the key that it is bound to (RFC 7800) |
//! | `reuse` | for how long, and on which condition, a verified token may be cached |

mod auth_scheme;
mod bearer;
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
