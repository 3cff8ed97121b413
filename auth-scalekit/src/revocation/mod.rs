//! Revocation of Scalekit's tokens by the server's own code.
//!
//! | file | job |
//! |---|---|
//! | `revoker` | revokes here, and ends sessions at Scalekit |
//! | `end_session_error` | [`EndSessionError`]: which of the two failed |

mod end_session_error;
mod revoker;

pub use end_session_error::EndSessionError;
pub(crate) use revoker::Revoker;
