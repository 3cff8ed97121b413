//! Scalekit's management API beside the token endpoints: sessions, the users of an organization, and events. Every
//! call needs a token of a client of the environment (`skc_`), and is refused in the format of gRPC's gateway.
//!
//! | file | what it does |
//! |---|---|
//! | `sessions` | shows and revokes one session |
//! | `user_sessions` | lists and revokes the sessions of a user |
//! | `organization_users` | finds the users of an organization |
//! | `events` | lists what has happened |
//! | `user` | a user as the API shows one |
//! | `page`, `ids` | pages of a list, and ids in paths |

mod events;
mod ids;
mod organization_users;
mod page;
mod sessions;
mod user;
mod user_sessions;

use std::time::SystemTime;

use http::Request;
use serde_json::Value;

use crate::endpoint::Endpoint;
use crate::oauth::api_error::{self, ApiError};
use crate::oauth::management_token;
use crate::oauth::reply::Reply;
use crate::oauth::state::State;
use crate::settings::Settings;

/// A call of the API, whose token is checked before anything else.
struct Call<'a> {
    settings: &'a Settings,
    state: &'a mut State,
    request: &'a Request<Vec<u8>>,
    now: SystemTime,
}

impl Call<'_> {
    /// A segment of the path, counted from 0 after `/api/v1/`.
    fn segment(&self, place: usize) -> &str {
        let mut segments = self.request.uri().path().split('/').skip(3);
        segments.nth(place).unwrap_or_default()
    }
}

/// The reply of an endpoint of the API to a request with a method that it allows.
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
    let authorized = management_token::check(settings, state, request.headers(), now);
    let call = &mut Call {
        settings,
        state,
        request,
        now,
    };
    api_error::reply(authorized.and_then(|()| answer(endpoint, call)))
}

fn answer(endpoint: Endpoint, call: &mut Call<'_>) -> Result<Value, ApiError> {
    match endpoint {
        Endpoint::Session => sessions::show(call),
        Endpoint::RevokeSession => sessions::revoke(call),
        Endpoint::UserSessions => user_sessions::list(call),
        Endpoint::RevokeUserSessions => user_sessions::revoke(call),
        Endpoint::SearchOrganizationUsers => organization_users::search(call),
        Endpoint::Events => events::list(call),
        _ => unreachable!("other modules answer these"),
    }
}
