//! What a protected MCP server publishes about itself, and the trait that combines it with a
//! verifier.
//!
//! | file | job |
//! |---|---|
//! | `auth_provider` | [`AuthProvider`], and [`ResourceServer`], the provider made of a verifier |
//! | `metadata` | [`ProtectedResourceMetadata`] (RFC 9728) |
//! | `public_url` | [`PublicUrl`]: the URL of the MCP server as clients know it |
//! | `chain` | a provider followed by further verifiers |

mod auth_provider;
mod chain;
mod metadata;
mod public_url;

pub use auth_provider::{
    AuthProvider, DocumentError, DocumentSource, PublicDocument, ResourceServer,
};
pub(crate) use metadata::WELL_KNOWN_SUFFIX;
pub use metadata::{BearerMethod, ProtectedResourceMetadata};
pub use public_url::{PublicUrl, UrlError};
