//! OAuth 2.1 as Scalekit speaks it: one endpoint or rule per file, and the state that they share.

pub(crate) mod api_error;
mod auth_method;
mod authorization_request;
mod authorization_response;
mod authorize;
mod byoa;
mod client;
mod client_auth;
mod client_metadata_document;
mod code;
mod consent;
mod consent_page;
mod error;
mod grant;
mod id_jag;
pub mod identity_provider;
mod introspect;
mod login;
pub(crate) mod management_token;
mod metadata;
mod params;
pub(crate) mod people;
mod pkce;
mod rate_window;
mod redirect_uri;
mod refresh;
mod register;
pub(crate) mod reply;
mod resource;
mod revoke;
mod scope;
pub(crate) mod state;
mod token;
mod token_refusal;
mod token_response;
mod unusual_token_response;
mod user_consents;
mod userinfo;

use std::time::SystemTime;

use http::{Request, StatusCode};

use crate::endpoint::Endpoint;
use crate::settings::{AuthorizationServer, Settings};
use reply::Reply;
use state::State;

pub use client::Client;
pub(crate) use client_auth::basic_credentials;
pub(crate) use client_metadata_document::vet_id as vet_document_url;
pub(crate) use introspect::access_token as valid_access_token;
pub(crate) use params::Params;
pub(crate) use redirect_uri::vet_all as vet_redirect_uris;

/// The reply of an endpoint to a request with a method that it allows.
///
/// # Panics
///
/// For [`Endpoint::Other`], which is never served, and the endpoints of the MCP server and the management API.
pub(crate) fn respond(
    endpoint: Endpoint,
    settings: &Settings,
    state: &mut State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    use AuthorizationServer::{Environment, Resource};
    match endpoint {
        Endpoint::Keys => reply::json_bytes(StatusCode::OK, state.keys.lock().document()),
        Endpoint::MetadataPathInserted | Endpoint::MetadataPathAppended => {
            reply::json(StatusCode::OK, &metadata::of_resource(settings))
        }
        Endpoint::OpenidConfiguration => {
            reply::json(StatusCode::OK, &metadata::of_environment(settings))
        }
        Endpoint::Authorize => authorize::respond(settings, state, Resource, request, now),
        Endpoint::EnvironmentAuthorize => {
            authorize::respond(settings, state, Environment, request, now)
        }
        Endpoint::Consent => consent::respond(settings, state, request, now),
        Endpoint::Token => token::respond(settings, state, Resource, request, now),
        Endpoint::EnvironmentToken => token::respond(settings, state, Environment, request, now),
        Endpoint::Introspect => introspect::respond(settings, state, request, now),
        Endpoint::Revoke => revoke::respond(settings, state, request),
        Endpoint::Userinfo => userinfo::respond(settings, state, request, now),
        Endpoint::Register => register::respond(settings, state, request, now),
        Endpoint::LoginRequestUser | Endpoint::LoginRequest | Endpoint::LoginCallback => {
            let page = settings.login_page.as_ref();
            let page = page.expect("these are served only if there is a login page");
            match endpoint {
                Endpoint::LoginRequestUser => {
                    byoa::respond_to_user(settings, state, page, request, now)
                }
                Endpoint::LoginRequest => {
                    byoa::respond_with_login_request(settings, state, request, now)
                }
                _ => byoa::respond_to_callback(settings, state, page, request, now),
            }
        }
        _ => unreachable!("other rooms answer these, and unknown paths are not served"),
    }
}
