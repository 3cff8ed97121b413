//! `GET /api/v1/users`, `…/{user}` and `/api/v1/users:external/{external_id}`.

use serde_json::{Value, json};

use super::page::{Limits, Page};
use super::{Call, ids, user};
use crate::oauth::api_error::ApiError;
use crate::oauth::{Params, people};
use crate::settings::User;

const LIMITS: Limits = Limits::between(10, 100);

pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    let (settings, state) = (call.settings, &*call.state);
    let page = Page::asked(&Params::of_query(call.request), LIMITS)?;
    let cut = page.cut(people::all(settings, state).into_iter());
    Ok(cut
        .map(|user| user::shown(settings, state, user))
        .shown("users"))
}

pub(super) fn show(call: &Call<'_>) -> Result<Value, ApiError> {
    let id = call.segment(1);
    ids::check(id, "usr", "id")?;
    Ok(wrapped(call, call.find_user(id)?))
}

pub(super) fn show_external(call: &Call<'_>) -> Result<Value, ApiError> {
    let external_id = call.decoded(1)?;
    Ok(wrapped(call, call.find_external_user(&external_id)?))
}

pub(super) fn wrapped(call: &Call<'_>, user: &User) -> Value {
    json!({ "user": user::shown(call.settings, call.state, user) })
}
