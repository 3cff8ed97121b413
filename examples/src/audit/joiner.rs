//! [`Joiner`]: finds the login of each line, in one pass over both.

use std::iter::Peekable;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::audit_error::AuditError;
use super::audit_line::AuditLine;
use super::cell;
use super::login::{Caller, Login, lower};
use super::login_index::{Found, LoginIndex};

/// The login of a line; see [`Found`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Joined(pub(super) Found);

impl Joined {
    /// A short, stable label.
    pub(super) fn as_str(&self) -> &'static str {
        match self.0 {
            Found::One { .. } => "login",
            Found::Ambiguous => "ambiguous",
            Found::Nothing => "none",
            Found::Unknown => "unknown",
        }
    }

    /// The id of the login.
    pub(super) fn id(&self) -> Option<&str> {
        match &self.0 {
            Found::One { id, .. } => Some(id),
            _ => None,
        }
    }

    /// The e-mail address of the user who has logged in.
    pub(super) fn email(&self) -> Option<&str> {
        match &self.0 {
            Found::One { email, .. } => email.as_deref(),
            _ => None,
        }
    }

    /// When the user has logged in.
    pub(super) fn time(&self) -> Option<SystemTime> {
        match self.0 {
            Found::One { time, .. } => Some(time),
            _ => None,
        }
    }
}

/// The bounds of a join.
#[derive(Debug, Clone, Copy)]
pub(super) struct JoinSettings {
    /// How long before a line its login may be.
    pub(super) window: Duration,
    /// How much lines, and logins, may be out of order.
    pub(super) slack: Duration,
    /// The most logins in memory.
    pub(super) max_logins: usize,
}

/// Logins in the order of their times.
pub(super) type Logins = Box<dyn Iterator<Item = Result<Login, AuditError>>>;

pub(super) struct Joiner {
    logins: Peekable<Logins>,
    index: LoginIndex,
    settings: JoinSettings,
    latest_line: SystemTime,
    latest_login: SystemTime,
}

impl Joiner {
    pub(super) fn new(logins: Logins, settings: JoinSettings) -> Self {
        Self {
            logins: logins.peekable(),
            index: LoginIndex::new(settings.max_logins),
            settings,
            latest_line: UNIX_EPOCH,
            latest_login: UNIX_EPOCH,
        }
    }

    /// Adds a login that was not among the others.
    pub(super) fn add(&mut self, login: Login) {
        self.latest_login = self.latest_login.max(login.time);
        self.index.add(login);
    }

    /// The login of a line; `None` for a line without a client or a time, which no login belongs to.
    ///
    /// # Errors
    ///
    /// Those of the logins, and [`AuditError::Usage`] if they are not in the order of their times.
    pub(super) fn join(&mut self, line: &AuditLine) -> Result<Option<Joined>, AuditError> {
        let (Some(time), Some(client)) = (line.time, &line.client) else {
            return Ok(None);
        };
        self.advance(time)?;
        let caller = Caller {
            organization: line.organization.as_deref().map(Into::into),
            client: client.as_str().into(),
        };
        let email: Option<Arc<str>> = line.email.as_deref().map(lower);
        let since = earlier(time, self.settings.window);
        Ok(Some(Joined(self.index.find(
            &caller,
            email.as_ref(),
            since,
            time,
        ))))
    }

    /// Reads the logins up to this time, and forgets those that are too old for any further line.
    fn advance(&mut self, time: SystemTime) -> Result<(), AuditError> {
        let slack = self.settings.slack;
        while let Some(next) = self.logins.next_if(|next| {
            next.as_ref()
                .map_or(true, |login| earlier(login.time, slack) <= time)
        }) {
            let login = next?;
            if login.time < earlier(self.latest_login, slack) {
                return Err(AuditError::usage(format!(
                    "the logins are not in the order of their times: one of {} comes after one of {}; sort them, the \
                     oldest first (such as with tac), or allow more with --slack",
                    cell::time(login.time),
                    cell::time(self.latest_login),
                )));
            }
            self.add(login);
        }
        self.latest_line = self.latest_line.max(time);
        let horizon = earlier(earlier(self.latest_line, self.settings.window), slack);
        self.index.forget_before(horizon);
        Ok(())
    }
}

fn earlier(time: SystemTime, by: Duration) -> SystemTime {
    time.checked_sub(by)
        .map_or(UNIX_EPOCH, |time| time.max(UNIX_EPOCH))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: JoinSettings = JoinSettings {
        window: Duration::from_secs(100),
        slack: Duration::from_secs(10),
        max_logins: 1000,
    };

    fn login(second: u64, email: &str) -> Login {
        Login {
            id: format!("ar_{second}").into(),
            time: UNIX_EPOCH + Duration::from_secs(second),
            caller: Caller {
                organization: Some("o".into()),
                client: "c".into(),
            },
            email: Some(email.into()),
        }
    }

    fn joiner(logins: &[(u64, &str)], settings: JoinSettings) -> Joiner {
        let logins: Vec<_> = logins
            .iter()
            .map(|(second, email)| Ok(login(*second, email)))
            .collect();
        Joiner::new(Box::new(logins.into_iter()), settings)
    }

    fn line(second: u64, email: &str) -> AuditLine {
        let line = format!(
            r#"{{"time":{second}.5,"auth.organization":"o","auth.client_id":"c","user.id":"usr_1","user.email":"{email}"}}"#
        );
        AuditLine::read(line.as_bytes()).unwrap()
    }

    fn joined(joiner: &mut Joiner, line: &AuditLine) -> String {
        let joined = joiner.join(line).unwrap().unwrap();
        joined.id().unwrap_or(joined.as_str()).to_owned()
    }

    #[test]
    fn lines_are_joined_with_the_logins_before_them() {
        let mut joiner = joiner(
            &[(1000, "a@x"), (995, "a@x"), (1050, "b@x"), (1200, "b@x")],
            SETTINGS,
        );
        for (second, email, expected) in [
            (990, "", "none"),
            (1000, "", "ar_1000"),
            (1049, "", "ar_1000"),
            (1050, "", "ambiguous"),
            (1050, "A@x", "ar_1000"),
            // A little out of order.
            (1045, "", "ar_1000"),
            (1100, "", "ar_1050"),
            (1151, "", "none"),
            (1500, "", "none"),
            // Its logins are forgotten.
            (1210, "", "unknown"),
        ] {
            assert_eq!(
                joined(&mut joiner, &line(second, email)),
                expected,
                "{second} {email}"
            );
        }
        let anonymous = AuditLine::read(br#"{"time":1500}"#).unwrap();
        assert_eq!(joiner.join(&anonymous).unwrap(), None);
    }

    #[test]
    fn logins_that_are_not_sorted_are_refused() {
        let mut control = joiner(&[(1000, "a@x"), (990, "a@x")], SETTINGS);
        assert_eq!(joined(&mut control, &line(1000, "")), "ar_1000");
        let error = joiner(&[(1000, "a@x"), (989, "a@x")], SETTINGS)
            .join(&line(1000, ""))
            .unwrap_err();
        assert!(error.to_string().contains("--slack"), "{error}");
        assert!(!error.to_string().contains("a@x"), "{error}");
    }

    #[test]
    fn memory_is_bounded_by_the_window_and_by_a_number() {
        let logins = (0..10_000).map(|second| Ok(login(second, "a@x")));
        let mut joiner_of_window = Joiner::new(Box::new(logins.clone()), SETTINGS);
        let settings = JoinSettings {
            max_logins: 20,
            ..SETTINGS
        };
        let mut joiner_of_number = Joiner::new(Box::new(logins), settings);
        for second in 0..10_000 {
            let line = line(second, "");
            assert_eq!(joined(&mut joiner_of_window, &line), format!("ar_{second}"));
            let expected = if second < 10 {
                format!("ar_{second}")
            } else {
                "unknown".to_owned()
            };
            assert_eq!(joined(&mut joiner_of_number, &line), expected);
            assert!(joiner_of_window.index.len() <= 100 + 2 * 10 + 1);
            assert!(joiner_of_number.index.len() <= 20);
        }
    }
}
