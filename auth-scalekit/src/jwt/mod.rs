//! JSON Web Tokens as access tokens. Nothing here knows Scalekit.

mod algorithm;
mod compact;
mod header;
pub(crate) mod numeric_date;
mod rules;
pub(crate) mod strict_json;
mod verifier;

pub(crate) use algorithm::Algorithm;
pub(crate) use rules::Rules;
pub(crate) use verifier::{DEFAULT_MAX_TOKEN_BYTES, JwtVerifier};
