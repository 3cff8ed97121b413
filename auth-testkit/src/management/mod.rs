//! Scalekit's management API beside the token endpoints. Every call needs a token of a client of the environment
//! (`skc_`) that has its permission, and is refused in the format of gRPC's gateway.
//!
//! | file | what it does |
//! |---|---|
//! | `calls` | the table of all calls, with their permissions |
//! | `call` | one call: its path, and what it names |
//! | `sessions` | shows and revokes one session |
//! | `user_sessions` | lists and revokes the sessions of a user |
//! | `organizations` | lists and shows organizations |
//! | `users` | lists and shows users |
//! | `organization_users` | lists and finds the users of an organization |
//! | `memberships` | creates, changes and ends memberships |
//! | `members` | the roles and permissions of a member |
//! | `roles`, `permissions` | lists and shows these |
//! | `events` | lists what has happened |
//! | `api_keys` | creates, lists, validates and changes API keys |
//! | `directories` | lists the directory of an organization, its users and groups |
//! | `resources`, `resource_clients`, `consents` | the MCP server, its clients and the consents of users |
//! | `auth_logs` | lists who has tried to sign in |
//! | `user`, `access`, `api_key`, `resource` | how these are shown |
//! | `body`, `page`, `ids` | bodies, pages of a list, and ids in paths |

mod access;
mod api_key;
mod api_keys;
mod auth_logs;
mod body;
mod call;
mod calls;
mod consents;
mod directories;
mod events;
mod ids;
mod members;
mod memberships;
mod organization_users;
mod organizations;
mod page;
mod permissions;
mod resource;
mod resource_clients;
mod resources;
mod roles;
mod sessions;
mod user;
mod user_sessions;
mod users;

use std::time::SystemTime;

use http::Request;

use crate::endpoint::Endpoint;
use crate::oauth::api_error;
use crate::oauth::management_token;
use crate::oauth::reply::Reply;
use crate::oauth::state::State;
use crate::settings::Settings;
use call::Call;

#[cfg(feature = "cli")]
pub(crate) use api_key::shown as described_api_key;
pub(crate) use calls::answers;

/// The reply of an endpoint of the API to a request with a method that it allows. The token is checked before anything
/// else.
///
/// # Panics
///
/// For an endpoint that is none of the API.
pub(crate) fn respond(
    endpoint: Endpoint,
    settings: &Settings,
    state: &mut State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let api_call = calls::find(endpoint, request.method());
    let head = (request.headers(), now);
    let authorized = management_token::check(settings, state, head, api_call.permission);
    let call = &mut Call {
        settings,
        state,
        request,
        now,
    };
    let admitted = authorized.and_then(|()| call.check_rate());
    let outcome = admitted.and_then(|()| (api_call.answer)(call));
    api_error::reply(api_call.success, outcome)
}
