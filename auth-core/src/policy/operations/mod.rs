//! What each MCP operation requires of its caller.
//!
//! | file | job |
//! |---|---|
//! | `builder` | [`OperationPolicyBuilder`]: one rule after another |
//! | `rules` | [`OperationPolicy`]: which rules concern an operation, and what they answer |
//! | `pattern` | names with `*` |

mod builder;
mod pattern;
mod rules;

pub use builder::OperationPolicyBuilder;
pub(crate) use rules::Found;
pub use rules::OperationPolicy;
