//! OAuth 2.1 as Scalekit speaks it, one endpoint or rule per file.

pub(crate) mod authorize;
mod client;
mod client_auth;
mod code;
mod error;
mod grant;
mod issue;
pub(crate) mod metadata;
mod params;
mod pkce;
mod redirect_uri;
mod refresh;
pub(crate) mod register;
mod resource;
mod scope;
pub(crate) mod token;

pub use client::Client;
pub(crate) use client::Registered;
pub(crate) use client_auth::basic_credentials;
pub(crate) use code::Code;
pub(crate) use params::Params;
pub(crate) use redirect_uri::vet as vet_redirect_uri;
pub(crate) use refresh::RefreshToken;
