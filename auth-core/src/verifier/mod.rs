//! Verifying a token: the trait that an identity provider implements, and what can be made of several verifiers.
//!
//! | file | job |
//! |---|---|
//! | `token_verifier` | [`TokenVerifier`] and its input, [`VerifyRequest`] |
//! | `request_head` | [`RequestHead`]: the part of the request that a verifier may read |
//! | `error` | [`VerifyError`]: the token is invalid, or the verifier is unavailable |
//! | `chain` | one verifier after another |
//! | `cache` | tokens that were verified recently |

mod cache;
mod chain;
mod error;
mod request_head;
mod token_verifier;

#[doc(hidden)]
pub use cache::SeenOnce;
pub use cache::{CachedVerifier, TokenCache};
pub(crate) use cache::{Lookup, VerifiedTokens};
pub use chain::{ByShape, FirstOf, Or, TokenShape, TokenVerifierExt, first_of};
pub use error::{Cause, InvalidReason, InvalidToken, Unavailable, UnavailableReason, VerifyError};
pub use request_head::RequestHead;
pub(crate) use request_head::{Seen, WatchedHead};
pub use token_verifier::{MAX_LEEWAY, TokenVerifier, VerifyRequest};
