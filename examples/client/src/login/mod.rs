//! One authorization-code login, from discovery to tokens, and the logout.
//!
//! | file | job |
//! |---|---|
//! | `context` | what all logins of a connection share, and the tokens of an earlier one |
//! | `attempt` | one login, step by step |
//! | `identity`, `registration` | the client of a login: given, described by a document, or registered |
//! | `binding` | which issuer credentials may be sent to |
//! | `browser`, `headless` | who approves: a person in a browser, or an issuer that asks no one |
//! | `callback`, `page` | the loopback listener for the redirect, and the pages it shows |
//! | `authorization_response` | whether a redirect is the response to this login |
//! | `logout` | has the issuer revoke the tokens, and removes them here |

mod attempt;
mod authorization_response;
mod binding;
mod browser;
mod callback;
mod context;
mod headless;
mod identity;
mod logout;
mod page;
mod registration;

pub use callback::{CALLBACK_PATH, PREFERRED_PORT};
pub(crate) use context::{Context, Login};
pub use logout::{LoggedOut, logout};
