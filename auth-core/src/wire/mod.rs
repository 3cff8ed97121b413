//! The HTTP responses of the layer, and the reader of challenges for clients and diagnoses.
//!
//! | file | job |
//! |---|---|
//! | `refusal` | [`Refusal`]: every reason for which a request is not forwarded |
//! | `challenge` | its status, `WWW-Authenticate` and body, in one match |
//! | [`challenges`] | reads `WWW-Authenticate` of any server, and reports what is malformed |
//! | `well_known` | the metadata documents (RFC 9728, section 3) |
//! | `unread_body` | the rest of a refused request's body, so that the connection can be used again |

pub(crate) mod challenge;
pub mod challenges;
mod refusal;
pub(crate) mod unread_body;
pub(crate) mod well_known;

pub(crate) use challenge::ChallengeWriter;
pub use refusal::Refusal;
