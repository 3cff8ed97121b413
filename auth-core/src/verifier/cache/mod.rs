//! Tokens that were verified recently, so that signatures are checked and issuers asked only once
//! in a while. One cache for every verifier.
//!
//! | file | job |
//! |---|---|
//! | `settings` | [`TokenCache`]: how many tokens are cached |
//! | `token_hash` | the key of a token in the cache; the token string is not kept |
//! | `seen_once` | which tokens a full cache admits |
//! | `verified_tokens` | the cache, and what has to hold for a hit |
//! | `cached_verifier` | [`CachedVerifier`]: the same for a verifier that is used without the layer |

mod cached_verifier;
mod seen_once;
mod settings;
mod token_hash;
mod verified_tokens;

pub use cached_verifier::CachedVerifier;
pub use seen_once::SeenOnce;
pub use settings::TokenCache;
pub(crate) use verified_tokens::{Lookup, VerifiedTokens};
