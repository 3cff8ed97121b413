//! The checks by id, their findings, and how untrusted values are formatted in them.

mod check;
mod collector;
mod finding;
pub(super) mod format;

pub use check::CHECKS;
pub(super) use check::Check;
pub(super) use collector::Collector;
pub use finding::{Diagnosis, Finding, Severity};
