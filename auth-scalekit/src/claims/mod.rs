//! The claims of a token, whether they come in a JWT or in the answer of an introspection endpoint: one scan, one
//! rule set, one mapping. Nothing here knows where they come from, nor Scalekit.
//!
//! | file | job |
//! |---|---|
//! | `scan` | the text of an object to [`Claims`], in one strict pass |
//! | `rules` | is the token for this server, and of a trusted issuer? |
//! | `validity` | is it good at this time? |
//! | `numeric_date` | the times in it |
//! | `mapping` | the claims that were judged to an [`AccessToken`](auth_core::AccessToken) |
//! | `granted_scopes` | its scopes, shared by all tokens that have the same |

mod granted_scopes;
mod mapping;
mod numeric_date;
mod rules;
mod scan;
mod validity;

pub(crate) use mapping::ClaimsMapping;
pub(crate) use rules::{Presence, Rules, string};
pub(crate) use scan::{ClaimNames, Claims, DEFAULT_SCOPE_CLAIMS, MAX_NAME_BYTES, reason_in_claims};
pub(crate) use validity::TokenValidity;
