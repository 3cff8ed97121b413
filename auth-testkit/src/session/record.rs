//! One session.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use crate::settings::User;
use crate::values::timestamp;

/// How long a session lasts without a refresh, as in Scalekit's example of one.
const IDLE: Duration = Duration::from_secs(7 * 86_400);

/// How long a session lasts at most, as in Scalekit's example of one.
const ABSOLUTE: Duration = Duration::from_secs(30 * 86_400);

/// Who has signed in, where, and with which client.
#[derive(Debug)]
pub(crate) struct Login<'a> {
    pub(crate) user: &'a User,
    /// The id of one of the user's; none of a user who has none.
    pub(crate) organization: Option<&'a str>,
    pub(crate) client_id: &'a str,
}

/// The session of a user.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    /// `ses_` and digits.
    pub(crate) id: String,
    /// As the user was at the login.
    pub(crate) user: Arc<User>,
    pub(crate) organization: Option<String>,
    pub(crate) client_id: String,
    pub(super) created: SystemTime,
    pub(super) last_active: SystemTime,
    pub(super) end: Option<(End, SystemTime)>,
}

/// What ends a session before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Revoked,
    LoggedOut,
}

/// What has become of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Active,
    Expired,
    Revoked,
    Logout,
}

impl Status {
    /// As the API names it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Logout => "logout",
        }
    }
}

impl Session {
    pub(crate) fn new(id: String, login: &Login<'_>, now: SystemTime) -> Self {
        Self {
            id,
            user: Arc::new(login.user.clone()),
            organization: login.organization.map(str::to_owned),
            client_id: login.client_id.to_owned(),
            created: now,
            last_active: now,
            end: None,
        }
    }

    /// When the user has signed in.
    pub(crate) fn created(&self) -> SystemTime {
        self.created
    }

    /// When the session has expired, or will expire unless it is refreshed.
    fn expires(&self) -> SystemTime {
        self.idle_expires().min(self.absolute_expires())
    }

    fn idle_expires(&self) -> SystemTime {
        self.last_active + IDLE
    }

    fn absolute_expires(&self) -> SystemTime {
        self.created + ABSOLUTE
    }

    pub(crate) fn status(&self, now: SystemTime) -> Status {
        match self.end {
            Some((End::Revoked, _)) => Status::Revoked,
            Some((End::LoggedOut, _)) => Status::Logout,
            None if now >= self.expires() => Status::Expired,
            None => Status::Active,
        }
    }

    /// What users sign in with.
    pub(crate) fn device() -> Value {
        json!({
            "user_agent": "Mozilla/5.0 (mock-scalekit)",
            "os": "Linux",
            "os_version": "6",
            "browser": "Firefox",
            "browser_version": "140",
            "device_type": "Desktop",
            "ip": "192.0.2.1",
            "location": {
                "region": "IN",
                "region_subdivision": "MH",
                "city": "Pune",
                "latitude": "18.52",
                "longitude": "73.86",
            },
        })
    }

    /// The members that all forms of a session have.
    pub(crate) fn times_and_status(&self, now: SystemTime) -> Map<String, Value> {
        let status = self.status(now);
        let updated = self.end.map_or(self.last_active, |(_, at)| at);
        let members = json!({
            "session_id": self.id,
            "user_id": self.user.id(),
            "status": status.name(),
            "created_at": timestamp::format(self.created),
            "updated_at": timestamp::format(updated),
            "idle_expires_at": timestamp::format(self.idle_expires()),
            "absolute_expires_at": timestamp::format(self.absolute_expires()),
            "last_active_at": timestamp::format(self.last_active),
        });
        let Value::Object(mut members) = members else {
            unreachable!("written as an object")
        };
        let ended = match (status, self.end) {
            (Status::Expired, _) => Some(("expired_at", self.expires())),
            (Status::Logout, Some((_, at))) => Some(("logout_at", at)),
            _ => None,
        };
        if let Some((name, at)) = ended {
            members.insert(name.to_owned(), timestamp::format(at).into());
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn session(now: SystemTime) -> Session {
        let login = Login {
            user: &User::new("usr_7"),
            organization: Some("org_7"),
            client_id: "m2m_7",
        };
        Session::new("ses_7".to_owned(), &login, now)
    }

    #[test]
    fn a_session_expires_when_it_is_idle_and_at_last_anyway() {
        let start = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        let second = Duration::from_secs(1);
        let mut session = session(start);
        assert_eq!(session.status(start + 7 * DAY - second), Status::Active);
        assert_eq!(session.status(start + 7 * DAY), Status::Expired);
        session.last_active = start + 29 * DAY;
        assert_eq!(session.status(start + 30 * DAY - second), Status::Active);
        assert_eq!(session.status(start + 30 * DAY), Status::Expired);
        let members = session.times_and_status(start + 40 * DAY);
        let expired = timestamp::format(start + 30 * DAY);
        assert_eq!(members["expired_at"], expired);
    }

    #[test]
    fn what_has_ended_a_session_stays_its_status() {
        let start = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        for (end, status, has_logout) in [
            (None, Status::Active, false),
            (Some(End::Revoked), Status::Revoked, false),
            (Some(End::LoggedOut), Status::Logout, true),
        ] {
            let mut session = session(start);
            session.end = end.map(|end| (end, start + DAY));
            let later = start + 2 * DAY;
            assert_eq!(session.status(later), status);
            let members = session.times_and_status(later);
            assert_eq!(members["status"], status.name());
            assert_eq!(members.contains_key("logout_at"), has_logout, "{status:?}");
            if end.is_some() {
                assert_eq!(session.status(start + 40 * DAY), status);
            }
        }
    }
}
