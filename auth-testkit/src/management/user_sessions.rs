//! `GET /api/v1/users/{user}/sessions` and `POST /api/v1/users/{user}/sessions/revoke`.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::page::{Limits, Page};
use super::sessions::details;
use super::{Call, call, ids};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;
use crate::session::{Session, Status};

/// Scalekit documents none; those of its other lists.
const LIMITS: Limits = Limits::up_to(100);

/// The sessions of a user that the filter admits, the newest first.
pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let user = find_user(call)?;
    let params = Params::of_query(call.request);
    let page = Page::asked(&params, LIMITS)?;
    let filter = Filter::asked(&params)?;
    let all = call.state.sessions.newest_first();
    let of_user = all.filter(|session| session.user.id() == user);
    let cut = page.cut(of_user.filter(|session| filter.admits(session, call.now)));
    Ok(cut
        .map(|session| details(session, call.now))
        .shown("sessions"))
}

/// Revokes the sessions of a user that are active.
pub(super) fn revoke(call: &mut Call<'_>) -> Result<Value, ApiError> {
    let user = find_user(call)?;
    let (settings, state, now) = (call.settings, &mut *call.state, call.now);
    let all = state.sessions.newest_first();
    let active =
        all.filter(|session| session.user.id() == user && session.status(now) == Status::Active);
    let ids: Vec<String> = active.map(|session| session.id.clone()).collect();
    let mut revoked = Vec::new();
    for id in ids {
        state.revoke_session(settings, &id, now);
        let session = state.sessions.get(&id);
        revoked.extend(session.map(|session| session.times_and_status(now)));
    }
    Ok(json!({ "total_revoked": revoked.len(), "revoked_sessions": revoked }))
}

/// # Errors
///
/// `INVALID_ARGUMENT` when it cannot be the id of a user, `NOT_FOUND` when there is none of this id.
fn find_user(call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.segment(1);
    ids::check(id, "usr", "user_id")?;
    Ok(call.find_user(id)?.id())
}

/// `filter.status`, which can be given repeatedly, `filter.start_time` and `filter.end_time`, both inclusive.
struct Filter {
    /// Empty: all.
    statuses: Vec<Status>,
    start: Option<SystemTime>,
    end: Option<SystemTime>,
}

impl Filter {
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` for an unknown status, and for a time that is not in RFC 3339.
    fn asked(params: &Params) -> Result<Self, ApiError> {
        let statuses = params.all("filter.status").map(|name| {
            let all = [
                Status::Active,
                Status::Expired,
                Status::Revoked,
                Status::Logout,
            ];
            let found = all.into_iter().find(|status| status.name() == name);
            let message = "status must be active, expired, revoked or logout";
            found.ok_or_else(|| ApiError::violation("filter.status", "string.in", message))
        });
        Ok(Self {
            statuses: statuses.collect::<Result<_, _>>()?,
            start: call::time(params, "filter.start_time")?,
            end: call::time(params, "filter.end_time")?,
        })
    }

    fn admits(&self, session: &Session, now: SystemTime) -> bool {
        let created = session.created();
        (self.statuses.is_empty() || self.statuses.contains(&session.status(now)))
            && self.start.is_none_or(|start| created >= start)
            && self.end.is_none_or(|end| created <= end)
    }
}
