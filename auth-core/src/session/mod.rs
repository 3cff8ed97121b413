//! Sessions of the revisions before 2026-07-28, bound to whom they were given to.

mod binding;
mod key;
mod seal;

pub(crate) use binding::Opened;
pub use binding::SessionBinding;
pub use key::{InvalidSessionKey, SessionKey};

#[cfg(test)]
mod tests;
