//! What a protected MCP server publishes about itself, and the trait that combines it with a
//! verifier.
//!
//! | file | job |
//! |---|---|
//! | `auth_provider` | [`AuthProvider`], and [`ResourceServer`], the provider made of a verifier |
//! | `metadata` | [`ProtectedResourceMetadata`] (RFC 9728) |
//! | `public_documents` | the documents of several MCP endpoints on one host |
//! | `public_url` | [`PublicUrl`]: the URL of the MCP server as clients know it |
//! | `readiness` | whether the server can verify tokens, for its `/ready` route |

mod auth_provider;
mod metadata;
mod public_documents;
mod public_url;
mod readiness;

pub use auth_provider::{
    AuthProvider, DocumentError, DocumentSource, PublicDocument, ResourceServer,
};
pub(crate) use metadata::WELL_KNOWN_SUFFIX;
pub use metadata::{BearerMethod, ProtectedResourceMetadata};
pub use public_documents::PublicDocuments;
pub(crate) use public_url::is_loopback;
pub use public_url::{PublicUrl, UrlError};
pub(crate) use readiness::join_all;
pub use readiness::{NotReady, Readiness};
