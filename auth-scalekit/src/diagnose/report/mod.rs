//! The findings: what they are called, hold and look like.

mod check;
mod collector;
mod finding;
pub(super) mod format;

pub use check::CHECKS;
pub(super) use check::Check;
pub(super) use collector::Report;
pub use finding::{Diagnosis, Finding, Severity};
