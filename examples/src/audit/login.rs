//! [`Login`]: one successful login of the authentication logs.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use auth_core::support::json::{self, RawJson};
use auth_scalekit::management::{AuthenticationRequest, AuthenticationStatus};
use serde_json::json;

/// The longest id or address, in bytes.
const MAX_WORD: usize = 1024;

/// Who a login was for. Lines and logins with the same caller belong together.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Caller {
    pub(super) organization: Option<Arc<str>>,
    pub(super) client: Arc<str>,
}

/// A login. `Debug` shows its id alone.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    pub(super) id: Arc<str>,
    pub(super) time: SystemTime,
    pub(super) caller: Caller,
    /// In lower case.
    pub(super) email: Option<Arc<str>>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Login").field(&self.id).finish()
    }
}

/// What a row of the logs is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Row {
    Login(Login),
    /// A login that has not succeeded, or of another resource.
    Other,
    /// No row of the logs, or a login without a time or a client.
    Unusable,
}

impl Row {
    /// A row of the API.
    pub(super) fn of(row: &AuthenticationRequest) -> Self {
        if row.status != Some(AuthenticationStatus::Success) {
            return Self::Other;
        }
        let (Some(time), Some(client)) = (row.timestamp, row.client_id.as_deref()) else {
            return Self::Unusable;
        };
        Self::Login(Login {
            id: row.auth_request_id.as_str().into(),
            time,
            caller: Caller {
                organization: row.organization_id.as_deref().map(Into::into),
                client: client.into(),
            },
            email: row.email.as_deref().map(lower),
        })
    }

    /// A row of a dump: an object with the members of the API. With a `resource`, rows of others are skipped.
    pub(super) fn read(line: &[u8], resource: Option<&str>) -> Self {
        Self::try_read(line, resource).unwrap_or(Self::Unusable)
    }

    fn try_read(line: &[u8], resource: Option<&str>) -> Option<Self> {
        let names = [
            "auth_request_id",
            "status",
            "timestamp",
            "organization_id",
            "client_id",
            "email",
            "resource_id",
        ];
        let [id, status, time, organization, client, email, of] =
            json::members(std::str::from_utf8(line).ok()?, names).ok()?;
        let is_success = status?
            .string()?
            .is_ignoring_case(AuthenticationStatus::Success.as_str());
        let is_wanted =
            resource.is_none_or(|wanted| of.is_none_or(|of| of.is(wanted) || of.is("")));
        if !is_success || !is_wanted {
            return Some(Self::Other);
        }
        Some(Self::Login(Login {
            id: word(id)??.into(),
            time: humantime::parse_rfc3339(&word(time)??).ok()?,
            caller: Caller {
                organization: word(organization)?.map(Into::into),
                client: word(client)??.into(),
            },
            email: word(email)?.as_deref().map(lower),
        }))
    }
}

/// A row of the API as a line of a dump: what a join needs, with the names of the API.
pub(super) fn dump_line(row: &AuthenticationRequest) -> String {
    let time = row.timestamp.map(super::cell::time);
    json!({
        "auth_request_id": row.auth_request_id,
        "timestamp": time,
        "status": row.status.as_ref().map(AuthenticationStatus::as_str),
        "organization_id": row.organization_id,
        "client_id": row.client_id,
        "client_name": row.client_name,
        "email": row.email,
        "resource_id": row.resource_id,
        "connection_id": row.connection_id,
    })
    .to_string()
}

pub(super) fn lower(address: &str) -> Arc<str> {
    address.to_lowercase().into()
}

/// `None` for what is no short string; `Some(None)` if it is absent, null or empty.
#[expect(clippy::option_option, reason = "unusable and absent differ")]
fn word(value: Option<RawJson<'_>>) -> Option<Option<String>> {
    let Some(value) = value.filter(|value| value.as_str() != "null") else {
        return Some(None);
    };
    let word = value.string()?.at_most(MAX_WORD)?;
    Some((!word.is_empty()).then(|| word.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_a_dump_is_a_login_or_has_a_reason_not_to_be() {
        let row = r#"{"auth_request_id":"ar_1","status":"success","timestamp":"2026-11-01T00:00:00.5Z","organization_id":"","client_id":"c","email":"Ada@X","resource_id":"res_1"}"#;
        let Row::Login(login) = Row::read(row.as_bytes(), Some("res_1")) else {
            panic!("the control");
        };
        assert_eq!((&*login.id, &*login.caller.client), ("ar_1", "c"));
        assert_eq!(
            (login.caller.organization, login.email.as_deref()),
            (None, Some("ada@x"))
        );
        for (from, to, expected) in [
            ("success", "FAILED", Row::Other),
            ("res_1", "res_2", Row::Other),
            ("\"c\"", "\"\"", Row::Unusable),
            ("\"c\"", "null", Row::Unusable),
            ("\"c\"", "7", Row::Unusable),
            ("2026-11-01T00:00:00.5Z", "2026-11-01", Row::Unusable),
            ("ar_1", "", Row::Unusable),
            ("\"Ada@X\"", "[]", Row::Unusable),
            ("\"status\"", "\"state\"", Row::Unusable),
            ("{", "[", Row::Unusable),
        ] {
            assert_eq!(
                Row::read(row.replace(from, to).as_bytes(), Some("res_1")),
                expected,
                "{to}"
            );
        }
    }
}
