//! Tokens that only their issuer can read: one call about each token, shared by concurrent callers, within a budget, and
//! stopped during an outage. Used by [`introspection`](crate::introspection) and `api_keys`, and knows neither.
//!
//! | step | file | what happens |
//! |---|---|---|
//! | 1 | `engine` | the order of the steps |
//! | 2 | `answer_cache` | tokens that are refused or accepted without a call |
//! | 3 | `remote::single_flight` | callers with the same token share one call |
//! | 4 | `circuit` | no calls for a while to an issuer that is down |
//! | 5 | `remote::backoff` | no calls for a while for a token whose call failed |
//! | 6 | `call_rate`, `call_budget` | how many calls are made, and run concurrently, for which tokens |
//! | 7 | `issuer` | the call, and why it failed |
//! | 8 | `accepted` | the times of the token, for each request |
//!
//! `caching` is a setting, `token_format` another, `random_token` makes tokens for probes, and `token_hash` is the key of all maps.

mod accepted;
mod answer_cache;
mod caching;
mod call_budget;
mod call_rate;
mod circuit;
mod engine;
mod issuer;
mod random_token;
mod token_format;
mod token_hash;

pub(crate) use accepted::Accepted;
pub use caching::Caching;
pub(crate) use call_budget::{MAX_CALLS, MIN_CALLS};
pub(crate) use engine::{Lookup, LookupSettings};
pub(crate) use issuer::{CallError, FailureKind, Issuer, Verdict};
pub(crate) use token_format::TokenFormat;
