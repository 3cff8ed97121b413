//! One call of the API: its path, and what it names.

use std::time::SystemTime;

use http::Request;

use crate::change::{Change, Refusal};
use crate::oauth::api_error::ApiError;
use crate::oauth::state::State;
use crate::oauth::{Params, people};
use crate::settings::{Settings, User};
use crate::values::timestamp;

/// A call whose token was checked.
pub(super) struct Call<'a> {
    pub(super) settings: &'a Settings,
    pub(super) state: &'a mut State,
    pub(super) request: &'a Request<Vec<u8>>,
    pub(super) now: SystemTime,
}

impl Call<'_> {
    /// A segment of the path, counted from 0 after `/api/v1/`.
    pub(super) fn segment(&self, place: usize) -> &str {
        let mut segments = self.request.uri().path().split('/').skip(3);
        segments.nth(place).unwrap_or_default()
    }

    /// A segment of the path that is any string, percent-encoded.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` when it is not UTF-8 or not encoded correctly.
    pub(super) fn decoded(&self, place: usize) -> Result<String, ApiError> {
        decoded(self.segment(place))
            .ok_or_else(|| ApiError::invalid("the path is not percent-encoded correctly"))
    }

    /// Counts the call.
    ///
    /// # Errors
    ///
    /// `RATE_LIMITED` when there were too many in this minute.
    pub(super) fn check_rate(&mut self) -> Result<(), ApiError> {
        let Some(limit) = self.settings.management_rate_limit else {
            return Ok(());
        };
        let entered = self.state.management_calls.enter(limit.calls, self.now);
        entered.map_err(|wait| {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            ApiError::rate_limited(limit.has_retry_after.then_some(seconds))
        })
    }

    /// The environment, to be changed.
    pub(super) fn change(&mut self) -> Change<'_> {
        Change {
            settings: self.settings,
            state: self.state,
            now: self.now,
        }
    }

    /// # Errors
    ///
    /// `NOT_FOUND` when there is no user of this id.
    pub(super) fn find_user(&self, id: &str) -> Result<&User, ApiError> {
        let found = people::find(self.settings, self.state, id);
        let found = found.filter(|user| user.id() == id);
        found.ok_or_else(|| ApiError::not_found("user not found"))
    }

    /// # Errors
    ///
    /// `NOT_FOUND` when there is no user of this external id.
    pub(super) fn find_external_user(&self, external_id: &str) -> Result<&User, ApiError> {
        let mut all = people::all(self.settings, self.state).into_iter();
        let found = all.find(|user| user.external_id.as_deref() == Some(external_id));
        found.ok_or_else(|| ApiError::not_found("user not found"))
    }

    /// # Errors
    ///
    /// `NOT_FOUND` when there is no organization of this id.
    pub(super) fn check_organization(&self, id: &str) -> Result<(), ApiError> {
        match self.settings.has_organization(&self.state.user, id) {
            true => Ok(()),
            false => Err(ApiError::not_found("organization not found")),
        }
    }
}

fn decoded(segment: &str) -> Option<String> {
    let mut bytes = segment.bytes();
    let mut found = Vec::with_capacity(segment.len());
    while let Some(byte) = bytes.next() {
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        found.push(match byte {
            b'%' => u8::try_from(digit()? * 16 + digit()?).ok()?,
            other => other,
        });
    }
    String::from_utf8(found).ok()
}

/// Whether a flag of the query is set.
///
/// # Errors
///
/// `INVALID_ARGUMENT` when it is neither `true` nor `false`.
pub(super) fn flag(params: &Params, name: &'static str) -> Result<bool, ApiError> {
    match params.get(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => {
            let message = format!("{name} must be true or false");
            Err(ApiError::violation(name, "bool", &message))
        }
    }
}

/// A time in the query.
///
/// # Errors
///
/// `INVALID_ARGUMENT` for one that is not in RFC 3339.
pub(super) fn time(params: &Params, name: &'static str) -> Result<Option<SystemTime>, ApiError> {
    match params.get(name).map(timestamp::parse) {
        None => Ok(None),
        Some(Some(time)) => Ok(Some(time)),
        Some(None) => Err(ApiError::violation(
            name,
            "timestamp",
            &format!("{name} must be a time in RFC 3339, in UTC"),
        )),
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownUser(_) => Self::not_found("user not found"),
            Refusal::UnknownOrganization(_) => Self::not_found("organization not found"),
            Refusal::UnknownApiKey => Self::not_found("token not found"),
            Refusal::LateExpiry => {
                let message = "expiry must be in the year 9999 at the latest";
                Self::violation("expiry", "timestamp.lt", message)
            }
            Refusal::UnknownDirectoryUser(_) => Self::not_found("directory user not found"),
            Refusal::UnknownDirectoryGroup(_) => Self::not_found("directory group not found"),
            Refusal::DirectoryUserExists(_) | Refusal::DirectoryGroupExists(_) => {
                Self::already_exists("it is in the directory already")
            }
            Refusal::NoMember { .. } => Self::not_found("the user is not a member"),
        }
    }
}
