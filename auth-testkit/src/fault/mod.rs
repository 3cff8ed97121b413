//! Failing on purpose: what goes wrong, where and how often.

mod catalogue;
mod effect;
mod gate;
mod guard;
mod latch;
#[cfg(feature = "cli")]
mod parameter;
mod plan;

pub use catalogue::Fault;
pub(crate) use effect::{Effect, Loss, Replacement};
pub use gate::Gate;
pub use guard::FaultGuard;
#[cfg(feature = "cli")]
pub(crate) use parameter::{FaultKind, FaultParameter, ParameterError};
pub(crate) use plan::Plan;
