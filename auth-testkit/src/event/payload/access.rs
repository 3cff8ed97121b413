//! Roles and permissions.

use serde_json::{Value, json};

use super::Facts;
use crate::values::id;

pub(super) fn role(facts: &Facts<'_>) -> Value {
    let name = facts.name.unwrap_or("member");
    json!({
        "description": format!("The role {name}"),
        "display_name": name,
        "extends": "",
        "id": id::derived("role", name),
        "name": name,
    })
}

pub(super) fn permission(facts: &Facts<'_>) -> Value {
    let name = facts.name.unwrap_or("notes:read");
    json!({
        "description": format!("The permission {name}"),
        "id": id::derived("perm", name),
        "name": name,
    })
}
