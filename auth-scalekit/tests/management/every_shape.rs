//! Answers of each call whose members are unknown, absent, null, of another type, or numbers as strings.

use std::collections::BTreeSet;

use auth_scalekit::management::ManagementErrorKind::Unreadable;
use auth_scalekit::management::{DirectoryUserFilter, ManagementError, MembershipStatus};
use serde_json::{Value, json};

use crate::calls::{self, Found, Row};
use crate::further::Further;
use crate::harness::ok;

/// Members whose content is not read here: the keys are those of the application, or the value is kept as JSON.
const OPAQUE: [&str; 7] = [
    "metadata",
    "custom_attributes",
    "protected_metadata",
    "user_detail",
    "group_detail",
    "events",
    "secrets",
];

/// Members that decide something: one of another type makes the answer unreadable.
const DECIDING: [&str; 27] = [
    "id",
    "environment_id",
    "organization_id",
    "external_id",
    "auth_request_id",
    "connection_id",
    "resource_id",
    "client_id",
    "consent_id",
    "external_user_id",
    "group_id",
    "role_name",
    "extends",
    "memberships",
    "membership_status",
    "status",
    "expires_at",
    "expiry",
    "roles",
    "permissions",
    "scopes",
    "audience",
    "redirect_uris",
    "groups",
    "enabled",
    "email_verified",
    "value",
];

/// Calls `visit` with the pointer of each object, and with the names of its members.
fn objects(value: &Value, pointer: &str, visit: &mut impl FnMut(&str, Vec<&String>)) {
    match value {
        Value::Object(members) => {
            visit(pointer, members.keys().collect());
            for (name, value) in members {
                if !OPAQUE.contains(&&**name) {
                    objects(value, &format!("{pointer}/{name}"), visit);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                objects(item, &format!("{pointer}/{index}"), visit);
            }
        }
        _ => {}
    }
}

fn numbers_as_strings(value: &mut Value) {
    match value {
        Value::Number(number) => *value = json!(number.to_string()),
        Value::Array(items) => items.iter_mut().for_each(numbers_as_strings),
        Value::Object(members) => members.values_mut().for_each(numbers_as_strings),
        _ => {}
    }
}

async fn answered(api: &Further, row: &Row, body: &Value) -> Result<Found, ManagementError> {
    api.reset().await;
    api.always(row, ok(body)).await;
    row.call(&api.management).await
}

#[tokio::test]
async fn unknown_members_and_numbers_as_strings_change_nothing() {
    let api = Further::start().await;
    for row in calls::all() {
        let control = answered(&api, &row, &row.answer).await.unwrap();
        let mut more = row.answer.clone();
        objects(&row.answer, "", &mut |pointer, _| {
            more.pointer_mut(pointer).unwrap()["new"] = json!([{ "a": null }]);
        });
        let found = answered(&api, &row, &more).await.unwrap();
        assert_eq!(found, control, "{}", row.name);
        let mut strings = row.answer.clone();
        numbers_as_strings(&mut strings);
        let found = answered(&api, &row, &strings).await.unwrap();
        assert_eq!(found, control, "{}", row.name);
    }
}

#[tokio::test]
async fn null_is_absent_and_another_type_is_unreadable_or_absent() {
    let api = Further::start().await;
    let mut described = BTreeSet::new();
    for row in calls::all() {
        let control = answered(&api, &row, &row.answer).await.unwrap();
        let mut members = Vec::new();
        objects(&row.answer, "", &mut |pointer, names| {
            members.extend(
                names
                    .into_iter()
                    .map(|name| (pointer.to_owned(), name.clone())),
            );
        });
        let mut unreadable = 0;
        for (object, name) in &members {
            let with = |value: Option<Value>| {
                let mut body = row.answer.clone();
                let object = body.pointer_mut(object).unwrap().as_object_mut().unwrap();
                match value {
                    Some(value) => object.insert(name.clone(), value),
                    None => object.remove(name),
                };
                body
            };
            let context = format!("{}: {object}/{name}", row.name);
            let absent = answered(&api, &row, &with(None)).await;
            let null = answered(&api, &row, &with(Some(Value::Null))).await;
            match (&absent, &null) {
                (Ok(absent), Ok(null)) => assert_eq!(absent, null, "{context}"),
                (Err(absent), Err(null)) => {
                    assert_eq!(absent.kind(), Unreadable, "{context}");
                    assert_eq!(absent.to_string(), null.to_string(), "{context}");
                }
                other => panic!("{context}: {other:?}"),
            }
            // No member is a list of numbers.
            match answered(&api, &row, &with(Some(json!([1])))).await {
                // Of a member that is not read.
                Ok(found) if found == control => {}
                // Of one that only describes.
                Ok(found) => {
                    assert!(!DECIDING.contains(&&**name), "{context}");
                    assert_eq!(found, absent.unwrap(), "{context}");
                    described.insert(name.clone());
                }
                Err(error) => {
                    assert_eq!(error.kind(), Unreadable, "{context}");
                    assert!(
                        error.to_string().contains(name.as_str()),
                        "{error}: {context}"
                    );
                    unreadable += 1;
                }
            }
        }
        assert_eq!(unreadable == 0, row.is_change(), "{}", row.name);
    }
    for name in [
        "description",
        "display_name",
        "create_time",
        "email",
        "timestamp",
    ] {
        assert!(described.contains(name), "{name}: {described:?}");
    }
}

/// Such as an unset time of Go, in one row of many.
#[tokio::test]
async fn a_member_that_only_describes_makes_no_list_unreadable() {
    let api = Further::start().await;
    let row = calls::named("GET /api/v1/users");
    for (pointer, value, is_readable) in [
        ("/last_login_time", json!("2026-11-01T00:00:00Z"), true),
        ("/last_login_time", json!("0001-01-01T00:00:00Z"), true),
        ("/email", json!("x".repeat(8193)), true),
        ("/memberships/0/join_time", json!(0), true),
        (
            "/memberships/0/expires_at",
            json!("0001-01-01T00:00:00Z"),
            false,
        ),
        ("/memberships/0/membership_status", json!(7), false),
        ("/memberships/0/permissions", json!("todo:read"), false),
        ("/external_id", json!("x".repeat(8193)), false),
    ] {
        let mut body = row.answer.clone();
        let mut odd = body["users"][0].clone();
        *odd.pointer_mut(pointer).unwrap() = value.clone();
        body["users"].as_array_mut().unwrap().push(odd);
        let found = answered(&api, &row, &body).await;
        let items = found.map(|found| found.items).map_err(|error| error.kind());
        let expected = if is_readable { Ok(2) } else { Err(Unreadable) };
        assert_eq!(items, expected, "{pointer}: {value}");
    }
}

#[tokio::test]
async fn a_directory_writes_whether_a_user_is_active_as_it_likes() {
    let api = Further::start().await;
    let row = calls::named(
        "GET /api/v1/organizations/{organization_id}/directories/{directory_id}/users",
    );
    for (written, active) in [
        (json!(true), Some(true)),
        (json!(false), Some(false)),
        (json!("True"), Some(true)),
        (json!("False"), Some(false)),
        (json!("true"), Some(true)),
        (json!("on leave"), None),
        (json!(1), None),
        (json!(null), None),
    ] {
        let mut body = row.answer.clone();
        body["users"][0]["user_detail"]["active"] = written.clone();
        api.reset().await;
        api.always(&row, ok(&body)).await;
        let filter = DirectoryUserFilter::new()
            .group("dirgroup_1")
            .include_detail();
        let users = api.management.directory_users("org_1", "dir_1", &filter);
        let users = users.collect_up_to(1).await.unwrap();
        assert_eq!(users[0].active, active, "{written}");
    }
}

/// In many organizations, each with all its permissions.
#[tokio::test]
async fn a_user_may_have_many_memberships() {
    let api = Further::start().await;
    for name in [
        "GET /api/v1/users/{id}",
        "GET /api/v1/users:external/{external_id}",
    ] {
        let row = calls::named(name);
        for (memberships, is_readable) in [(1, true), (1000, true), (20_000, false)] {
            let mut body = row.answer.clone();
            let membership = body["user"]["memberships"][0].clone();
            body["user"]["memberships"] = json!(vec![membership; memberships]);
            let found = answered(&api, &row, &body).await;
            assert_eq!(found.is_ok(), is_readable, "{name}: {memberships}");
        }
    }
}

#[tokio::test]
async fn enums_are_open() {
    let api = Further::start().await;
    let row = calls::named("GET /api/v1/users/{id}");
    for (written, status, is_active) in [
        (json!("ACTIVE"), Some(MembershipStatus::Active), true),
        (json!("active"), Some(MembershipStatus::Active), true),
        (json!("INACTIVE"), Some(MembershipStatus::Inactive), false),
        (
            json!("PENDING_INVITE"),
            Some(MembershipStatus::PendingInvite),
            false,
        ),
        (
            json!("INVITE_EXPIRED"),
            Some(MembershipStatus::InviteExpired),
            false,
        ),
        (
            json!("PAUSED"),
            Some(MembershipStatus::Other("PAUSED".into())),
            false,
        ),
        (json!(null), None, false),
    ] {
        let mut body = row.answer.clone();
        body["user"]["memberships"][0]["membership_status"] = written.clone();
        api.reset().await;
        api.always(&row, ok(&body)).await;
        let user = api.management.user("usr_1").await.unwrap();
        let membership = user.membership_in("org_1").unwrap();
        assert_eq!(membership.membership_status, status);
        assert_eq!(membership.is_active(), is_active, "{written}");
        assert!(user.membership_in("org_2").is_none());
    }
}
