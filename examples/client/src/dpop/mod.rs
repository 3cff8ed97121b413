//! Tokens that are of no use without this client's key (RFC 9449, DPoP).
//!
//! An authorization server that offers it gets a proof with each token request, and binds the tokens to
//! the key of the proof. A server then gets a fresh proof with each request. To an authorization
//! server that does not offer it nothing of this is sent.
//!
//! | module | job |
//! |---|---|
//! | [`key`] | the key: making, keeping, signing |
//! | [`proof`] | one proof for one request |
//! | [`nonce`] | what a server wants to find in the next proof |
//! | [`session`] | what one connection knows: who takes proofs, which key, the newest nonces |

pub(crate) mod key;
pub(crate) mod nonce;
pub(crate) mod proof;
pub(crate) mod session;
