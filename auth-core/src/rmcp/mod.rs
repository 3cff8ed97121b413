//! Integration with rmcp (feature `rmcp`): [`Caller`], the caller as an argument of a tool.

mod caller;

pub use caller::Caller;
