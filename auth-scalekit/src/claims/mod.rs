//! The claims of a token, from a JWT or from an introspection response: one scan, one rule set, one mapping.
//! Independent of the source of the claims and of the issuer.
//!
//! | file | job |
//! |---|---|
//! | `scan` | from raw JSON to [`Claims`], in one strict pass |
//! | `rules` | the checks: trusted issuer, audience, times, subject, binding; a new check is a function here |
//! | `validity` | whether the token is valid at a given time |
//! | `numeric_date` | how times are written |
//! | `mapping` | from checked claims to a [`VerifiedToken`](auth_core::token::VerifiedToken) |
//! | `granted_scopes` | the scopes, shared by tokens that have the same |

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
