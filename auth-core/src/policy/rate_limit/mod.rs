//! Quotas: how often callers may use the server (feature `rate-limit`).
//!
//! | file | job |
//! |---|---|
//! | `rate_limit` | [`RateLimit`]: the authorizer |
//! | `builder` | [`RateLimitBuilder`]: adds quotas, and reports mistakes in them |
//! | `limit` | one quota, and the requests that it counts |
//! | `key` | [`Key`]: whose requests share a budget |
//! | `quota` | [`Quota`]: how many requests in which time |
//! | `budgets` | the budgets in use, bounded in number |
//! | `cell_rate` | one decision, by the algorithm of `governor` |

mod budgets;
mod builder;
mod cell_rate;
mod key;
mod limit;
mod quota;
#[allow(clippy::module_inception, reason = "the type of this name")]
mod rate_limit;

pub(super) use budgets::{Budgets, Refused, Wanted};
pub use builder::RateLimitBuilder;
pub use key::Key;
pub(super) use key::KeyHasher;
pub use quota::Quota;
pub(super) use quota::Rate;
pub(super) use rate_limit::AllInUse;
pub use rate_limit::RateLimit;

#[cfg(test)]
mod tests;
