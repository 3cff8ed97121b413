//! Tokens that are bound to a key of this client (RFC 9449, DPoP).
//!
//! An authorization server that offers DPoP gets a proof with each token request, and binds the tokens to the key of
//! the proof. The MCP server then gets a fresh proof with each request. Where DPoP is not offered, no proof is sent.
//!
//! | file | job |
//! |---|---|
//! | `key` | the key: generates, stores, signs |
//! | `proof` | the proof of one request |
//! | `nonce` | the nonce that a server requires in the next proof |
//! | `session` | the state of one connection: who accepts proofs, which key signs, the newest nonces |

mod key;
mod nonce;
mod proof;
mod session;

pub(crate) use nonce::{USE_DPOP_NONCE, is_required_by_issuer};
pub(crate) use proof::DPOP;
pub(crate) use session::{DpopSession, TokenPresentation};
