//! Who there is: the users of the directory, the one who signs in by default, and those who have signed in.

use std::collections::HashSet;

use super::state::State;
use crate::settings::{Settings, User};

/// Each user once, by `sub`, as the settings or the login have it.
pub(crate) fn all<'a>(settings: &'a Settings, state: &'a State) -> Vec<&'a User> {
    let of_directory = std::iter::once(&state.user).chain(settings.other_users(&state.user));
    let mut found: Vec<&User> = of_directory.collect();
    let mut sessions = state.sessions.newest_first().peekable();
    // A directory may have many users, whose names need not be compared without a session.
    if sessions.peek().is_some() {
        let mut known: HashSet<&str> = found.iter().map(|user| user.sub.as_str()).collect();
        for session in sessions {
            if known.insert(&session.user.sub) {
                found.push(&session.user);
            }
        }
    }
    settings.changes.retain_users(&mut found);
    found
}

/// The user of this `sub`, id of the management API or e-mail address.
pub(crate) fn find<'a>(settings: &'a Settings, state: &'a State, name: &str) -> Option<&'a User> {
    let is_named = |user: &User| user.sub == name || user.email == name || user.id() == name;
    let of_settings = std::iter::once(&state.user).chain(settings.other_users(&state.user));
    let of_sessions = state.sessions.newest_first().map(|session| &*session.user);
    let mut all = of_settings.chain(of_sessions);
    all.find(|user| is_named(user) && settings.changes.is_user(&user.sub))
}
