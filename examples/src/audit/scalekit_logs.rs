//! [`ScalekitLogs`]: the logins of one MCP server, from the management API.

use std::time::{Duration, SystemTime};

use auth_core::error::{ConfigError, ConfigErrors};
use auth_scalekit::ScalekitProvider;
use auth_scalekit::management::{
    AuthenticationLogFilter, AuthenticationRequest, Management, Pages,
};

use super::audit_error::AuditError;
use super::login::{Login, Row};

/// The logs of the Scalekit of the environment variables.
pub(super) struct ScalekitLogs {
    management: Management,
    resource: String,
}

impl ScalekitLogs {
    /// Reads SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET (or its
    /// _FILE).
    pub(super) fn from_env() -> Result<Self, AuditError> {
        let provider = ScalekitProvider::from_env()?;
        let management = provider.management().cloned().ok_or_else(|| {
            let problem = "is not set: the authentication logs need a client with the permission auth_logs:read";
            ConfigErrors::from(ConfigError::new("SCALEKIT_CLIENT_SECRET", problem))
        })?;
        let variable = "SCALEKIT_RESOURCE_ID";
        let resource = std::env::var(variable)
            .map_err(|_| ConfigErrors::from(ConfigError::new(variable, "is not set")))?;
        Ok(Self {
            management,
            resource,
        })
    }

    /// All rows between two times, the newest first.
    pub(super) fn rows(
        &self,
        since: Option<SystemTime>,
        until: Option<SystemTime>,
    ) -> Pages<AuthenticationRequest> {
        let mut filter = AuthenticationLogFilter::new().resource(&self.resource);
        if let Some(since) = since {
            filter = filter.start_time(since);
        }
        if let Some(until) = until {
            filter = filter.end_time(until);
        }
        self.management.authentication_logs(&filter)
    }

    /// The logins between two times, the oldest first, `max` at most.
    pub(super) async fn logins(
        &self,
        since: Option<SystemTime>,
        until: Option<SystemTime>,
        max: usize,
    ) -> Result<Vec<Login>, AuditError> {
        let mut rows = self.rows(since, until);
        let mut logins = Vec::new();
        while let Some(row) = rows.try_next().await? {
            if let Row::Login(login) = Row::of(&row) {
                logins.push(login);
            }
            if logins.len() > max {
                return Err(AuditError::usage(format!(
                    "the authentication logs have more than {max} logins in this time: give --since and --until, a \
                     higher --max-logins, or fetch them with fetch-logs and give --logs"
                )));
            }
        }
        logins.reverse();
        Ok(logins)
    }
}

/// The logins that are new since the last time, for a file that is followed.
pub(super) struct NewLogins {
    logs: ScalekitLogs,
    since: SystemTime,
    /// The logins of the last time that may be listed again.
    known: Vec<Login>,
    max: usize,
}

impl NewLogins {
    /// How long a row may take to appear in the logs.
    const DELAY: Duration = Duration::from_secs(60);

    pub(super) fn new(logs: ScalekitLogs, since: SystemTime, max: usize) -> Self {
        Self {
            logs,
            since,
            known: Vec::new(),
            max,
        }
    }

    /// The logins that were not there before, the oldest first.
    pub(super) async fn fetch(&mut self) -> Result<Vec<Login>, AuditError> {
        let logins = self.logs.logins(Some(self.since), None, self.max).await?;
        let known = |login: &Login| self.known.iter().any(|known| known.id == login.id);
        let new: Vec<_> = logins
            .iter()
            .filter(|login| !known(login))
            .cloned()
            .collect();
        let latest = logins.last().map_or(self.since, |login| login.time);
        self.since = latest
            .checked_sub(Self::DELAY)
            .map_or(self.since, |since| since.max(self.since));
        self.known = logins
            .into_iter()
            .filter(|login| login.time >= self.since)
            .collect();
        Ok(new)
    }
}
