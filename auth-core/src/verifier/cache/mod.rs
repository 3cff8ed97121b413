//! Tokens that were verified a moment ago: a signature is checked, and an issuer asked, once in a while and
//! not at every request. One cache for every verifier.
//!
//! | file | job |
//! |---|---|
//! | `settings` | [`TokenCache`]: how many tokens are kept |
//! | `token_hash` | a token's name in the cache, so that its text is kept nowhere |
//! | `seen_once` | what a full cache takes in |
//! | `verified_tokens` | the cache: what has to hold at each hit |
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
