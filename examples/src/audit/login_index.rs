//! [`LoginIndex`]: the logins of a window, found by caller, in bounded memory.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use super::login::{Caller, Login};

/// The logins of one user: time and id, the earliest first.
type Logins = VecDeque<(SystemTime, Arc<str>)>;
/// The users of one caller, by e-mail address.
type Users = BTreeMap<Option<Arc<str>>, Logins>;

/// Which login a line belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    One {
        id: Arc<str>,
        time: SystemTime,
        email: Option<Arc<str>>,
    },
    /// Several users have logged in.
    Ambiguous,
    /// There is none.
    Nothing,
    /// Logins that could decide were forgotten.
    Unknown,
}

pub(super) struct LoginIndex {
    callers: HashMap<Caller, Users>,
    /// All logins in the order in which they were added, to forget the first.
    order: VecDeque<(SystemTime, Caller, Option<Arc<str>>)>,
    max: usize,
    /// The latest login that was forgotten.
    forgotten: Option<SystemTime>,
}

impl LoginIndex {
    /// Keeps at most `max` logins.
    pub(super) fn new(max: usize) -> Self {
        Self {
            callers: HashMap::new(),
            order: VecDeque::new(),
            max,
            forgotten: None,
        }
    }

    /// How many logins are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    pub(super) fn add(&mut self, login: Login) {
        // Names that are there already are shared.
        let caller = match self.callers.get_key_value(&login.caller) {
            Some((caller, _)) => caller.clone(),
            None => login.caller,
        };
        let users = self.callers.entry(caller.clone()).or_default();
        let email = match users.get_key_value(&login.email) {
            Some((email, _)) => email.clone(),
            None => login.email,
        };
        let logins = users.entry(email.clone()).or_default();
        let place = logins.partition_point(|(time, _)| *time <= login.time);
        logins.insert(place, (login.time, login.id));
        self.order.push_back((login.time, caller, email));
        if self.order.len() > self.max {
            self.forget_first();
        }
    }

    /// Forgets the logins before this time.
    pub(super) fn forget_before(&mut self, time: SystemTime) {
        while self.order.front().is_some_and(|(first, ..)| *first < time) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        let Some((_, caller, email)) = self.order.pop_front() else {
            return;
        };
        let Some(users) = self.callers.get_mut(&caller) else {
            return;
        };
        if let Some(logins) = users.get_mut(&email) {
            let time = logins.pop_front().map(|(time, _)| time);
            self.forgotten = self.forgotten.max(time);
            if logins.is_empty() {
                users.remove(&email);
            }
        }
        if users.is_empty() {
            self.callers.remove(&caller);
        }
    }

    /// The latest login of this caller, and user if known, from `since` to `until`.
    pub(super) fn find(
        &self,
        caller: &Caller,
        email: Option<&Arc<str>>,
        since: SystemTime,
        until: SystemTime,
    ) -> Found {
        let is_complete = self.forgotten.is_none_or(|forgotten| forgotten < since);
        let nothing = if is_complete {
            Found::Nothing
        } else {
            Found::Unknown
        };
        let Some(users) = self.callers.get(caller) else {
            return nothing;
        };
        if let Some(email) = email {
            let email = Some(Arc::clone(email));
            let latest = users
                .get(&email)
                .and_then(|logins| latest(logins, since, until));
            return latest.map_or(nothing, |login| one(login, &email));
        }
        let mut found = users
            .iter()
            .filter_map(|(email, logins)| Some((latest(logins, since, until)?, email)));
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Found::Ambiguous,
            (Some((login, email)), None) if is_complete => one(login, email),
            _ => nothing,
        }
    }
}

fn one((time, id): &(SystemTime, Arc<str>), email: &Option<Arc<str>>) -> Found {
    Found::One {
        id: Arc::clone(id),
        time: *time,
        email: email.clone(),
    }
}

fn latest(
    logins: &Logins,
    since: SystemTime,
    until: SystemTime,
) -> Option<&(SystemTime, Arc<str>)> {
    let after = logins.partition_point(|(time, _)| *time <= until);
    let login = logins.get(after.checked_sub(1)?)?;
    (login.0 >= since).then_some(login)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    fn caller(client: &str) -> Caller {
        Caller {
            organization: None,
            client: client.into(),
        }
    }

    fn login(second: u64, client: &str, email: Option<&str>) -> Login {
        Login {
            id: format!("ar_{second}").into(),
            time: at(second),
            caller: caller(client),
            email: email.map(Into::into),
        }
    }

    /// The id of the login, or the name of another result.
    fn find(
        index: &LoginIndex,
        client: &str,
        email: Option<&str>,
        since: u64,
        until: u64,
    ) -> String {
        let email = email.map(Into::into);
        match index.find(&caller(client), email.as_ref(), at(since), at(until)) {
            Found::One { id, .. } => id.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn the_latest_login_of_the_only_user_is_found() {
        let mut index = LoginIndex::new(100);
        for (second, client, email) in [
            (10, "a", Some("ada@x")),
            // Out of order.
            (30, "a", Some("ada@x")),
            (20, "a", Some("ada@x")),
            (15, "b", Some("ada@x")),
            (16, "b", Some("bob@x")),
            (17, "c", None),
        ] {
            index.add(login(second, client, email));
        }
        for (client, email, since, until, expected) in [
            ("a", None, 0, 40, "ar_30"),
            ("a", None, 0, 30, "ar_30"),
            ("a", None, 0, 29, "ar_20"),
            ("a", None, 21, 29, "Nothing"),
            ("a", None, 0, 9, "Nothing"),
            ("a", Some("ada@x"), 0, 40, "ar_30"),
            ("a", Some("bob@x"), 0, 40, "Nothing"),
            ("b", None, 0, 40, "Ambiguous"),
            ("b", None, 16, 40, "ar_16"),
            ("b", Some("ada@x"), 0, 40, "ar_15"),
            ("c", None, 0, 40, "ar_17"),
            ("d", None, 0, 40, "Nothing"),
        ] {
            assert_eq!(
                find(&index, client, email, since, until),
                expected,
                "{client} {email:?} {since} {until}"
            );
        }
    }

    #[test]
    fn what_was_forgotten_is_not_guessed() {
        let mut index = LoginIndex::new(3);
        for second in 1..=4 {
            index.add(login(second, "a", Some("ada@x")));
        }
        assert_eq!(index.len(), 3);
        assert_eq!(
            find(&index, "a", None, 2, 9),
            "ar_4",
            "the window is complete"
        );
        assert_eq!(
            find(&index, "a", None, 1, 9),
            "Unknown",
            "a login of another user could be missing"
        );
        assert_eq!(
            find(&index, "a", Some("ada@x"), 1, 9),
            "ar_4",
            "the latest one of this user is not"
        );
        assert_eq!(find(&index, "a", Some("bob@x"), 1, 9), "Unknown");
        assert_eq!(find(&index, "b", None, 1, 9), "Unknown");
        index.add(login(5, "a", Some("bob@x")));
        assert_eq!(
            find(&index, "a", None, 1, 9),
            "Ambiguous",
            "whatever else there was"
        );
        index.forget_before(at(9));
        assert_eq!((index.len(), index.callers.len()), (0, 0));
        assert_eq!(find(&index, "a", None, 6, 9), "Nothing");
    }
}
