//! Tokens without a person in front of a browser: for the client itself, an enterprise's user, a workload.

pub(crate) mod enterprise;
pub mod grant;
pub(crate) mod machine;
pub mod private_key;
pub(crate) mod token_form;
