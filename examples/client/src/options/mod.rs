//! What to connect to, and how.

mod authorize_hints;
mod browser;
mod callback_host;
mod client_options;
mod wire;

pub use authorize_hints::AuthorizeHints;
pub use browser::Browser;
pub use callback_host::CallbackHost;
pub use client_options::{ClientOptions, vet_server};
pub use wire::Wire;
