//! Policies about the arguments of tools and prompts.
//!
//! | file | job |
//! |---|---|
//! | `condition` | [`argument`], [`Argument`]: which argument, and what it must be |
//! | `argument_policy` | [`ArgumentPolicy`]: the policy |
//! | `pointer` | JSON pointers that were checked |
//! | `compare` | when two JSON values are equal, and how numbers compare |

mod argument_policy;
mod compare;
mod condition;
mod pointer;

pub use argument_policy::ArgumentPolicy;
pub use condition::{Argument, argument, organization_is_argument};
pub use pointer::InvalidArgument;

#[cfg(test)]
mod tests;
