//! What to connect to, and how.

pub mod authorize_hints;
pub mod client_options;
