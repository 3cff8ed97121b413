//! One event of each type, with the members that Scalekit documents. What is personal or secret contains `private`.

use serde_json::{Value, json};

pub(crate) const TIME: &str = "2026-11-01T00:00:00Z";
pub(crate) const ORGANIZATION: &str = "org_1";
pub(crate) const USER: &str = "usr_1";
pub(crate) const EMAIL: &str = "private.ada@example.com";

/// A change of a sample.
pub(crate) type Change = fn(&mut Value);

/// The event of this type, with this id.
pub(crate) fn event(event_type: &str, id: &str) -> Value {
    let (object, data) = payload(event_type);
    let mut event = json!({
        "spec_version": "1",
        "id": id,
        "type": event_type,
        "occurred_at": TIME,
        "environment_id": "env_1",
        "object": object,
        "display_name": "A private name",
        "data": data,
    });
    if event_type.starts_with("organization.") || event_type.starts_with("user.") {
        event["organization_id"] = ORGANIZATION.into();
    }
    event
}

fn payload(event_type: &str) -> (&'static str, Value) {
    let (group, action) = event_type.split_once('.').unwrap();
    match (group, action) {
        ("connected_account", action) => ("ConnectedAccount", account(action)),
        ("organization", "created" | "updated") => ("Organization", organization()),
        ("organization", "deleted") => ("Organization", {
            let mut organization = organization();
            organization["deleted_at"] = TIME.into();
            organization
        }),
        ("organization", action) if action.starts_with("directory.group_") => {
            ("DirectoryGroup", directory_group(action))
        }
        ("organization", action) if action.starts_with("directory.user_") => {
            ("DirectoryUser", directory_user(action))
        }
        ("organization", "directory_enabled" | "directory_disabled") => (
            "Directory",
            json!({"directory_type": "SCIM", "enabled": false, "id": "dir_1",
                "organization_id": ORGANIZATION, "provider": "OKTA", "updated_at": TIME}),
        ),
        ("organization", action) if action.starts_with("domain_") => (
            "Organization",
            json!({"id": "dom_1", "domain": "private.example.com", "domain_type": "ORGANIZATION_DOMAIN",
                "organization_id": ORGANIZATION, "environment_id": "env_1", "txt_record_key": "_scalekit",
                "txt_record_secret": "private-record", "verification_status": "PENDING",
                "verification_method": "DNS", "updated_at": TIME}),
        ),
        ("organization", action) if action.starts_with("sso_") => ("Connection", {
            let mut connection = json!({"id": "conn_1", "organization_id": ORGANIZATION,
                "connection_type": "OIDC", "provider": "OKTA"});
            if action.ends_with("abled") {
                connection["enabled"] = action.ends_with("enabled").into();
                connection["status"] = "COMPLETED".into();
            }
            connection
        }),
        ("permission", _) => (
            "Permission",
            json!({"description": "private", "id": "perm_1", "name": "todo:read"}),
        ),
        ("role", _) => (
            "Role",
            json!({"description": "private", "display_name": "private", "extends": "member",
                "id": "role_1", "name": "admin"}),
        ),
        ("user", "login" | "logout") => {
            ("User", json!({"user": user(), "user_session": session()}))
        }
        ("user", _) => (
            "OrgMembership",
            json!({"organization": organization(), "user": user()}),
        ),
        _ => panic!("{event_type}"),
    }
}

fn account(action: &str) -> Value {
    let mut account = json!({"authorization_type": "OAUTH", "connection_id": "conn_1", "id": "ca_1",
        "identifier": EMAIL, "provider": "GITHUB", "status": "ACTIVE"});
    match action {
        "status_updated" => {
            account["old_status"] = "ACTIVE".into();
            account["status"] = "EXPIRED".into();
            account["connection_name"] = "private".into();
        }
        "deleted" | "token_refresh_succeeded" => account["last_used_at"] = TIME.into(),
        _ => {}
    }
    account["token_expires_at"] = TIME.into();
    account
}

fn organization() -> Value {
    json!({"id": ORGANIZATION, "create_time": TIME, "display_name": "private", "external_id": "private",
        "metadata": null, "region_code": "US", "update_time": TIME,
        "settings": {"features": [{"enabled": true, "name": "sso"}]}})
}

fn directory_group(action: &str) -> Value {
    let mut group = json!({"directory_id": "dir_1", "display_name": "private", "external_id": null,
        "id": "dirgroup_1", "organization_id": ORGANIZATION, "raw_attributes": {}});
    if action.ends_with("deleted") {
        group["dp_id"] = "private".into();
    }
    group
}

fn directory_user(action: &str) -> Value {
    let mut user = json!({"id": "diruser_1", "organization_id": ORGANIZATION, "dp_id": "private",
        "email": EMAIL});
    if !action.ends_with("deleted") {
        let more = json!({"active": true, "name": "private", "given_name": "private",
            "family_name": "private", "preferred_username": "private", "nickname": "private",
            "roles": [{"role_name": "admin"}], "groups": [{"id": "dirgroup_1", "name": "private"}],
            "custom_attributes": {"mobile_phone_number": "private"}, "raw_attributes": {},
            "phone_number": "private"});
        let members = more.as_object().unwrap().clone();
        user.as_object_mut().unwrap().extend(members);
    }
    user
}

fn user() -> Value {
    json!({"create_time": TIME, "email": EMAIL, "external_id": "ext_private", "id": USER,
        "last_login_time": TIME, "metadata": {}, "update_time": TIME,
        "user_profile": {"custom_attributes": null, "email_verified": true, "external_identities": [],
            "family_name": "private", "gender": "", "given_name": "private", "groups": null,
            "id": "usp_1", "locale": "", "metadata": {}, "name": "private", "phone_number": "",
            "phone_number_verified": false, "picture": "private", "preferred_username": ""}})
}

fn session() -> Value {
    json!({"absolute_expires_at": TIME, "authenticated_organizations": [ORGANIZATION], "created_at": TIME,
        "expired_at": null, "idle_expires_at": TIME, "last_active_at": TIME, "logout_at": null,
        "organization_id": ORGANIZATION, "session_id": "ses_1", "status": "ACTIVE", "updated_at": TIME,
        "user_id": USER, "device": {"browser": "Chrome", "ip": "192.0.2.1",
            "location": {"city": "private", "latitude": "1.0"}, "os": "macOS"}})
}
