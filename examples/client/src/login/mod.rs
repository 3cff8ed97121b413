//! One authorization-code login, from discovery to tokens, and its end.

pub(crate) mod attempt;
pub mod authorization_response;
pub mod browser;
pub mod callback;
pub(crate) mod context;
pub(crate) mod headless;
pub mod logout;
pub mod page;
