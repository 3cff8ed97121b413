//! Sessions of the revisions before 2026-07-28, bound to whom they were given to.

mod binding;
mod key;
mod seal;

pub use binding::SessionBinding;
pub(crate) use binding::Opened;
pub use key::{InvalidSessionKey, SessionKey};
