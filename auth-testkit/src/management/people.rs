//! Who there is: the users of the directory, the one who signs in by default, and those who have signed in.

use crate::oauth::state::State;
use crate::settings::{Settings, User};

/// Each user once, by `sub`.
pub(super) fn all<'a>(settings: &'a Settings, state: &'a State) -> Vec<&'a User> {
    let of_directory = std::iter::once(&state.user).chain(settings.other_users(&state.user));
    let mut found: Vec<&User> = of_directory.collect();
    let mut known: std::collections::HashSet<&str> =
        found.iter().map(|user| user.sub.as_str()).collect();
    for session in state.sessions.newest_first() {
        if known.insert(&session.user.sub) {
            found.push(&session.user);
        }
    }
    found
}
