//! Tokens that were verified a moment ago: a signature is checked, and an issuer asked, once in a while and
//! not at every request. One cache for every verifier.
//!
//! | file | job |
//! |---|---|
//! | `reuse` | what a verifier says of a token: until when, and while what holds, it may be reused |
//! | `settings` | [`TokenCache`]: how many tokens are kept |
//! | `token_hash` | a token's name in the cache, so that its text is kept nowhere |
//! | `seen_once` | what a full cache takes in |
//! | `cache` | the cache: what has to hold at each hit |
//! | `cached` | [`CachedVerifier`]: the same for a verifier that is used without the layer |

mod cache;
mod cached;
mod reuse;
mod seen_once;
mod settings;
mod token_hash;

pub(crate) use cache::{Lookup, VerifiedTokens};
pub use cached::CachedVerifier;
pub(crate) use reuse::Reuse;
pub use reuse::Validity;
pub use seen_once::SeenOnce;
pub use settings::TokenCache;
