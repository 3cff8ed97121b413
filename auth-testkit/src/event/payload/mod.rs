//! The payloads, each as Scalekit's samples have it: a function for each shape.

mod access;
mod connected_account;
mod connection;
mod directory;
mod directory_user;
mod domain;
mod membership;
mod organization;
mod user;

pub(crate) use organization::shown as organization_shown;

use std::time::SystemTime;

use serde_json::{Map, Value};

use super::EventType;
use crate::session::Session;
use crate::settings::{Organization, User};

/// What an event is about.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) now: SystemTime,
    pub(crate) environment_id: &'a str,
    pub(crate) organization: Option<&'a Organization>,
    pub(crate) user: &'a User,
    /// Of a sign-in or sign-out.
    pub(crate) session: Option<&'a Session>,
    /// Of the role, permission, group or domain.
    pub(crate) name: Option<&'a str>,
    /// Whether the user of a directory is active.
    pub(crate) active: bool,
}

impl Facts<'_> {
    /// The id of the organization; empty when there is none.
    fn organization_id(&self) -> &str {
        self.organization
            .map_or("", |organization| &organization.id)
    }
}

/// What an event of this type says of its object.
pub(super) fn of(kind: EventType, facts: &Facts<'_>) -> Map<String, Value> {
    let payload = match kind.object() {
        "ConnectedAccount" => connected_account::payload(kind, facts),
        "DirectoryGroup" => directory::group(kind, facts),
        "DirectoryUser" => directory_user::payload(kind, facts),
        "Directory" => directory::payload(kind, facts),
        "Connection" => connection::payload(kind, facts),
        "Permission" => access::permission(facts),
        "Role" => access::role(facts),
        "User" => user::with_session(facts),
        "OrgMembership" => membership::payload(facts),
        _ if kind.name().contains(".domain_") => domain::payload(kind, facts),
        _ => organization::payload(kind, facts),
    };
    match payload {
        Value::Object(members) => members,
        _ => unreachable!("payloads are written as objects"),
    }
}
