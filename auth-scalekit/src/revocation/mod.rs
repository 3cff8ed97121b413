//! Revocation of Scalekit's tokens by the server's own code, and whether their sessions exist now.
//!
//! | file | job |
//! |---|---|
//! | `revoker` | revokes here, and ends sessions at Scalekit |
//! | `end_session_error` | [`EndSessionError`]: which of the two failed |
//! | `live_sessions` | [`ScalekitSessions`]: whether the session of a token exists now |
//! | `session_answers` | … by the answers of the last seconds |

mod end_session_error;
mod live_sessions;
mod revoker;
mod session_answers;

pub use end_session_error::EndSessionError;
pub use live_sessions::ScalekitSessions;
pub(crate) use revoker::Revoker;
