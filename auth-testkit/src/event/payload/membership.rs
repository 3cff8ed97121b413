//! Memberships: the organization and the user, without the roles.

use serde_json::{Value, json};

use super::{Facts, organization, user};

pub(super) fn payload(facts: &Facts<'_>) -> Value {
    json!({
        "organization": organization::described(facts),
        "user": user::described(facts),
    })
}
