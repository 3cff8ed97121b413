//! OAuth 2.1 as Scalekit speaks it, one endpoint or rule per file.

pub(crate) mod authorize;
mod client;
mod client_auth;
mod client_metadata_document;
mod code;
pub(crate) mod consent;
mod consent_page;
mod error;
mod grant;
mod id_jag;
pub(crate) mod introspect;
mod issue;
pub(crate) mod metadata;
mod params;
mod pkce;
mod place;
mod redirect_uri;
mod refresh;
pub(crate) mod register;
mod resource;
pub(crate) mod revoke;
mod scope;
pub(crate) mod token;
pub(crate) mod userinfo;

pub use client::Client;
pub(crate) use client::Registered;
pub(crate) use client_auth::basic_credentials;
pub(crate) use client_metadata_document::{Document, vet_id as vet_document_url};
pub(crate) use code::Code;
pub(crate) use consent::Question;
pub(crate) use params::Params;
pub(crate) use place::Place;
pub(crate) use redirect_uri::vet_all as vet_redirect_uris;
pub(crate) use refresh::RefreshToken;
