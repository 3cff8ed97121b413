//! Rules about MCP operations: what each requires of its caller.
//!
//! | file | job |
//! |---|---|
//! | `builder` | [`OperationPolicyBuilder`]: adds rules, and reports mistakes in them |
//! | `operation_policy` | [`OperationPolicy`]: evaluates the rules that apply to a request |
//! | `inventory` | [`Inventory`]: the primitives of a server, and the rules that they state themselves |
//! | `coverage` | [`Coverage`]: compares the inventory with the rules |
//! | `rule_set` | all rules, with an index of those about a single name |
//! | `rule` | one rule, and the operations to which it applies |
//! | `pattern` | names with `*` |

mod builder;
mod coverage;
mod inventory;
mod operation_policy;
mod pattern;
mod rule;
mod rule_set;

pub use builder::OperationPolicyBuilder;
pub use coverage::Coverage;
pub use inventory::Inventory;
pub use operation_policy::OperationPolicy;
pub(crate) use operation_policy::OperationSource;
pub(in crate::policy) use pattern::Pattern;
#[cfg(feature = "rmcp")]
pub(crate) use rule::Requirement;
