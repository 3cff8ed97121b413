//! The grants: what a client shows to the authorization server to get a token.
//!
//! The authorization code is the business of [`login`](crate::login); the others need no browser.
//!
//! | file | job |
//! |---|---|
//! | `grant` | which grant to use |
//! | `preregistered`, `private_key` | a client that was registered by hand, and how it authenticates |
//! | `machine` | gets a token by a grant that no person approves |
//! | `token_form` | the token requests of these grants |
//! | `enterprise` | the two exchanges of enterprise-managed authorization |

mod enterprise;
mod grant;
mod machine;
mod preregistered;
mod private_key;
mod token_form;

pub use grant::{Grant, SignedIn};
pub(crate) use machine::MachineGrant;
pub(crate) use preregistered::Preregistered;
pub use private_key::PrivateKey;
pub(crate) use token_form::{TokenRequest, append_client_assertion};
