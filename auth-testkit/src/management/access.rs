//! Roles and permissions as the API shows them.

use serde_json::{Value, json};

use crate::values::id;

/// When everything that the mock is configured with was made. Tests compare no such times.
pub(super) const CREATED: &str = "2026-01-01T00:00:00Z";

/// A role in a membership.
pub(super) fn named_role(name: &str) -> Value {
    json!({ "id": id::derived("role", name), "name": name, "display_name": name })
}

/// A role without its permissions.
pub(super) fn role(name: &str) -> Value {
    let mut role = named_role(name);
    role["description"] = format!("The role {name}").into();
    role["default_creator"] = false.into();
    role["default_member"] = false.into();
    role["dependent_roles_count"] = 0.into();
    role["is_org_role"] = false.into();
    role
}

/// A permission of a member.
pub(super) fn member_permission(name: &str) -> Value {
    json!({
        "id": id::derived("perm", name),
        "name": name,
        "description": format!("The permission {name}"),
        "tags": [],
    })
}

/// A permission of the environment, or of Scalekit itself.
pub(super) fn permission(name: &str, is_of_scalekit: bool) -> Value {
    json!({
        "id": id::derived("perm", name),
        "name": name,
        "description": format!("The permission {name}"),
        "create_time": CREATED,
        "update_time": CREATED,
        "is_scalekit_permission": is_of_scalekit,
    })
}
