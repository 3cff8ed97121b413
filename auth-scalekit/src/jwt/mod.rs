//! JSON Web Tokens as access tokens. Nothing here knows Scalekit.

mod algorithm;
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

pub use algorithm::Algorithm;
pub use builder::JwtVerifierBuilder;
#[cfg(feature = "diagnose")]
pub(crate) use builder::LARGEST_MAX_TOKEN_BYTES;
pub(crate) use builder::{DEFAULT_MAX_TOKEN_BYTES, DEFAULT_REUSE};
pub(crate) use builder::{vet_leeway, vet_max_token_bytes, vet_reuse};
pub use token_type::TokenTypes;
pub use verifier::JwtVerifier;
