//! Binds the sessions of MCP revisions before 2026-07-28 to their callers.
//!
//! A session id is not a credential, and a stolen one must be useless
//! ([security best practices, session hijacking](https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#session-hijacking)).
//! So the layer appends a seal to each `Mcp-Session-Id` that the inner service issues: an HMAC over the
//! id and the caller. A request must send the id with a valid seal for the same caller; the seal is
//! removed before the request is forwarded. Otherwise the session does not exist (404). Nothing is
//! stored.
//!
//! The caller is issuer, subject, client and organization, not the token, so a session survives a token
//! refresh.
//!
//! | file | job |
//! |---|---|
//! | `binding` | [`SessionBinding`]: seals the ids of responses, and checks those of requests |
//! | `seal` | the seal of one id |
//! | `key` | [`SessionKey`]: the secret |

mod binding;
mod key;
mod seal;

pub(crate) use binding::Opened;
pub use binding::SessionBinding;
pub use key::{InvalidSessionKey, SessionKey};

#[cfg(test)]
mod tests;
