//! What each MCP operation requires of its caller.
//!
//! | file | job |
//! |---|---|
//! | `builder` | [`OperationPolicyBuilder`]: one rule after another |
//! | `operation_policy` | [`OperationPolicy`]: which rules concern an operation, and what they answer |
//! | `pattern` | names with `*` |

mod builder;
mod operation_policy;
mod pattern;

pub use builder::OperationPolicyBuilder;
pub(crate) use operation_policy::Found;
pub use operation_policy::OperationPolicy;
