//! Rules about MCP operations: what each requires of its caller.
//!
//! | file | job |
//! |---|---|
//! | `builder` | [`OperationPolicyBuilder`]: adds rules, and reports mistakes in them |
//! | `operation_policy` | [`OperationPolicy`]: evaluates the rules that apply to a request |
//! | `rule` | one rule, and the operations to which it applies |
//! | `pattern` | names with `*` |

mod builder;
mod operation_policy;
mod pattern;
mod rule;

pub use builder::OperationPolicyBuilder;
pub use operation_policy::OperationPolicy;
pub(crate) use operation_policy::OperationSource;
#[cfg(feature = "cedar")]
pub(crate) use pattern::Pattern;
