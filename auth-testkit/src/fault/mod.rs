//! Making the mock fail on purpose: what goes wrong, at which endpoint and how often.

mod catalogue;
mod effect;
mod gate;
mod guard;
mod latch;
#[cfg(feature = "cli")]
mod parameter;
mod plan;

pub use catalogue::Fault;
#[cfg(feature = "cli")]
pub(crate) use catalogue::FaultKind;
pub(crate) use effect::{Effect, Loss, Replacement};
pub use gate::Gate;
pub use guard::FaultGuard;
#[cfg(feature = "cli")]
pub(crate) use parameter::{FaultParameter, ParameterError};
pub(crate) use plan::Plan;
