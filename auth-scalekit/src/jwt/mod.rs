//! JSON Web Tokens as access tokens: [`JwtVerifier`] for one or more issuers. Independent of the issuer.
//!
//! | file | job |
//! |---|---|
//! | `verifier` | the order of the checks |
//! | `builder` | the settings |
//! | `discovery` | the location of an issuer's keys, by its metadata |
//! | `compact` | the three parts of a token |
//! | `header`, `token_type` | the checks of the JOSE header |

mod builder;
mod compact;
mod discovery;
mod header;
mod token_type;
mod verifier;

#[cfg(feature = "diagnose")]
pub(crate) use compact::Compact;
#[cfg(test)]
pub(crate) use header::JoseHeader;

/// How a token may be signed; defined beside the keys, which are for one algorithm each.
pub use crate::jwks::algorithm::Algorithm;
pub use builder::JwtVerifierBuilder;
#[cfg(feature = "diagnose")]
pub(crate) use builder::LARGEST_MAX_TOKEN_BYTES;
pub(crate) use builder::{DEFAULT_MAX_TOKEN_BYTES, DEFAULT_REUSE};
pub(crate) use builder::{vet_leeway, vet_max_token_bytes, vet_reuse};
pub use token_type::TokenTypes;
pub use verifier::JwtVerifier;
