//! `GET /api/v1/organizations/{organization}/directories`, `…/{directory}`, and its users and groups.

use std::collections::HashMap;
use std::time::SystemTime;

use serde_json::{Value, json};

use super::access::CREATED;
use super::page::{Limits, Page};
use super::{Call, call, ids};
use crate::oauth::Params;
use crate::oauth::api_error::ApiError;
use crate::scim::{ScimDirectory, ScimGroup, ScimUser};
use crate::values::timestamp;

const LIMITS: Limits = Limits::up_to(30);

/// Of an organization without a directory it is empty.
pub(super) fn list(call: &Call<'_>) -> Result<Value, ApiError> {
    check_organization(call)?;
    let directory = call.state.scim.of_organization(call.segment(1));
    let shown: Vec<Value> = directory.map(shown).into_iter().collect();
    Ok(json!({ "directories": shown }))
}

pub(super) fn show(call: &Call<'_>) -> Result<Value, ApiError> {
    Ok(json!({ "directory": shown(find(call)?) }))
}

/// The users of a directory, those included who are inactive.
pub(super) fn users(call: &Call<'_>) -> Result<Value, ApiError> {
    let directory = find(call)?;
    let params = Params::of_query(call.request);
    let page = Page::asked(&params, LIMITS)?;
    let has_detail = call::flag(&params, "include_detail")?;
    let updated_after = call::time(&params, "updated_after")?;
    let group = params.get("directory_group_id");
    if let Some(group) = group {
        ids::check(group, "dirgroup", "directory_group_id")?;
    }
    let found = directory.users().filter(|user| {
        group.is_none_or(|group| user.groups.iter().any(|one| one == group))
            && updated_after.is_none_or(|time| user.updated > time)
    });
    let counts = directory.member_counts();
    let cut = page.cut(found);
    Ok(cut
        .map(|user| user_shown(directory, user, (&counts, has_detail)))
        .shown("users"))
}

pub(super) fn groups(call: &Call<'_>) -> Result<Value, ApiError> {
    let directory = find(call)?;
    let params = Params::of_query(call.request);
    let page = Page::asked(&params, LIMITS)?;
    let has_detail = call::flag(&params, "include_detail")?;
    // There are none of other directories.
    call::flag(&params, "include_external_groups")?;
    let updated_after = call::time(&params, "updated_after")?;
    let groups = directory.groups();
    let found = groups.filter(|group| updated_after.is_none_or(|time| group.updated > time));
    let counts = directory.member_counts();
    let cut = page.cut(found);
    Ok(cut
        .map(|group| {
            let mut shown = group_shown(group, &counts);
            if has_detail {
                shown["group_detail"] = json!({ "displayName": group.name });
            }
            shown
        })
        .shown("groups"))
}

/// # Errors
///
/// `INVALID_ARGUMENT` for what cannot be an id, `NOT_FOUND` when the organization has no such directory.
fn find<'a>(call: &'a Call<'_>) -> Result<&'a ScimDirectory, ApiError> {
    check_organization(call)?;
    let id = call.segment(3);
    ids::check(id, "dir", "directory_id")?;
    let found = call.state.scim.of_organization(call.segment(1));
    let found = found.filter(|directory| directory.id == id);
    found.ok_or_else(|| ApiError::not_found("directory not found"))
}

/// One is known that has a directory, too.
fn check_organization(call: &Call<'_>) -> Result<(), ApiError> {
    let id = call.segment(1);
    ids::check(id, "org", "organization_id")?;
    let has_directory = call.state.scim.of_organization(id).is_some();
    match has_directory && !call.settings.changes.is_deleted(id) {
        true => Ok(()),
        false => call.check_organization(id),
    }
}

fn shown(directory: &ScimDirectory) -> Value {
    let updated = |times: &mut dyn Iterator<Item = SystemTime>| {
        times
            .max()
            .map_or_else(|| CREATED.to_owned(), timestamp::format)
    };
    let users_updated = updated(&mut directory.users().map(|user| user.updated));
    let groups_updated = updated(&mut directory.groups().map(|group| group.updated));
    let (users, groups) = (directory.users().len(), directory.groups().len());
    let assigned = directory.groups().filter_map(|group| {
        let role = group.role.as_ref()?;
        Some(json!({ "group_id": group.id, "role_name": role }))
    });
    json!({
        "id": directory.id,
        "name": directory.name,
        "directory_type": "SCIM",
        "organization_id": directory.organization,
        "enabled": directory.is_enabled,
        "directory_provider": "OKTA",
        "last_synced_at": users_updated.clone().max(groups_updated.clone()),
        "status": "COMPLETED",
        "total_users": users,
        "total_groups": groups,
        "secrets": [],
        "stats": {
            "total_users": users,
            "total_groups": groups,
            "user_updated_at": users_updated,
            "group_updated_at": groups_updated,
        },
        "role_assignments": { "assignments": assigned.collect::<Vec<_>>() },
        "attribute_mappings": { "attributes": [] },
    })
}

fn user_shown(
    directory: &ScimDirectory,
    user: &ScimUser,
    (counts, has_detail): (&HashMap<&str, usize>, bool),
) -> Value {
    let groups = directory.groups_of(user);
    let groups = groups.map(|group| group_shown(group, counts));
    let mut shown = json!({
        "id": user.id,
        "email": user.email,
        "emails": [user.email],
        "preferred_username": user.email,
        "given_name": user.given_name,
        "family_name": user.family_name,
        "updated_at": timestamp::format(user.updated),
        "groups": groups.collect::<Vec<_>>(),
    });
    if has_detail {
        shown["user_detail"] = json!({ "userName": user.email, "active": user.is_active });
    }
    shown
}

fn group_shown(group: &ScimGroup, counts: &HashMap<&str, usize>) -> Value {
    json!({
        "id": group.id,
        "display_name": group.name,
        "total_users": counts.get(group.id.as_str()).copied().unwrap_or_default(),
        "updated_at": timestamp::format(group.updated),
    })
}
