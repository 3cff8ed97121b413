//! A user as the API shows one.

use serde_json::{Value, json};

use super::access::{self, CREATED};
use crate::oauth::state::State;
use crate::settings::{Membership, Settings, User};
use crate::values::{id, timestamp};

pub(super) fn shown(settings: &Settings, state: &State, user: &User) -> Value {
    let listed = settings.changes.listed(user);
    let memberships = listed.memberships.iter();
    let memberships = memberships.map(|one| membership(settings, user, one));
    let mut shown = json!({
        "id": user.id(),
        "environment_id": settings.environment_id(),
        "email": user.email,
        "create_time": CREATED,
        "update_time": CREATED,
        "metadata": {},
        "memberships": memberships.collect::<Vec<_>>(),
        "user_profile": {
            "id": id::derived("usp", &user.sub),
            "given_name": user.name(),
            "family_name": "",
            "name": user.name(),
            "email_verified": user.email_verified,
            "groups": [],
            "external_identities": [],
        },
    });
    if let Some(external_id) = &user.external_id {
        shown["external_id"] = external_id.as_str().into();
    }
    let mut sessions = state.sessions.newest_first();
    if let Some(last) = sessions.find(|session| session.user.sub == user.sub) {
        shown["last_login_time"] = timestamp::format(last.created()).into();
    }
    shown
}

fn membership(settings: &Settings, user: &User, membership: &Membership) -> Value {
    let organization = settings.directory.described(&membership.organization);
    let access = settings.access(user, Some(&organization.id));
    let status = match settings.changes.is_inactive(user, &organization.id) {
        true => "INACTIVE",
        false => "ACTIVE",
    };
    let joined = settings.changes.joined_at(user, &organization.id);
    let joined = joined.map_or_else(|| CREATED.to_owned(), timestamp::format);
    let roles = access.roles.iter().map(|name| access::named_role(name));
    json!({
        "organization_id": organization.id,
        "membership_status": status,
        "roles": roles.collect::<Vec<_>>(),
        "permissions": access.permissions,
        "name": organization.name,
        "display_name": organization.name,
        "join_time": joined,
    })
}
