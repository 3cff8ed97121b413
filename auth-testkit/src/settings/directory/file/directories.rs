//! The directories of organizations (SCIM) that the values of a file describe.

use std::time::{Duration, SystemTime};

use super::error::DirectoryError;
use super::field::{Field, Table};
use super::ids::{Taken, defined, email, id};
use crate::scim::{ScimDirectory, ScimGroup, ScimUser};
use crate::settings::directory::Directory;

/// When everything in a file was made: the first day of 2026.
const CREATED: Duration = Duration::from_secs(1_767_225_600);

/// # Errors
///
/// The first thing that is wrong, with its place.
pub(super) fn directories(
    file: &Table<'_>,
    directory: &Directory,
) -> Result<Vec<ScimDirectory>, DirectoryError> {
    let (mut ids, mut organizations) = (Taken::default(), Taken::default());
    let items = file.items("directories", "leave it out if no organization has one")?;
    let read = items.iter().map(|item| {
        let table = item.table(&["organization", "id", "name", "groups", "users"])?;
        let field = table.need("organization")?;
        let known = directory.organizations.iter();
        let known = known.map(|organization| organization.id.as_str());
        let what = ("organization has the id", "organizations");
        let organization = defined(&field, what, known)?;
        organizations.take(&field, &organization)?;
        let mut read = ScimDirectory::new(&organization);
        if let Some(id) = own_id(&table, "dir_", &mut ids)? {
            read.id = id;
        }
        if let Some(name) = table.string("name")? {
            read.name = name;
        }
        groups(&table, directory, &mut read)?;
        users(&table, &mut read)?;
        Ok(read)
    });
    read.collect()
}

fn groups(
    table: &Table<'_>,
    directory: &Directory,
    into: &mut ScimDirectory,
) -> Result<(), DirectoryError> {
    let (mut ids, mut names) = (Taken::default(), Taken::default());
    for item in table.items("groups", "leave it out if there is none")? {
        let table = item.table(&["name", "id", "role"])?;
        let field = table.need("name")?;
        let name = field.string()?;
        names.take(&field, name)?;
        let known = directory.roles.keys().map(String::as_str);
        let role = table.get("role");
        let role = role.map(|field| defined(&field, ("role is called", "roles"), known));
        let id = own_id(&table, "dirgroup_", &mut ids)?;
        into.add_group(ScimGroup {
            id: id.unwrap_or_else(|| into.next_group_id(name)),
            name: name.to_owned(),
            role: role.transpose()?,
            updated: SystemTime::UNIX_EPOCH + CREATED,
        });
    }
    Ok(())
}

fn users(table: &Table<'_>, into: &mut ScimDirectory) -> Result<(), DirectoryError> {
    let (mut ids, mut emails) = (Taken::default(), Taken::default());
    for item in table.items("users", "leave it out if there is none")? {
        let table = item.table(&[
            "email",
            "id",
            "given_name",
            "family_name",
            "active",
            "groups",
        ])?;
        let field = table.need("email")?;
        let email = email(&field)?;
        emails.take(&field, &email.to_lowercase())?;
        let active = table.get("active").map(|field| field.bool()).transpose()?;
        let id = own_id(&table, "diruser_", &mut ids)?;
        let mailbox = email.split('@').next().unwrap_or_default().to_owned();
        let user = ScimUser {
            id: id.unwrap_or_else(|| into.next_user_id(&email)),
            given_name: table.string("given_name")?.unwrap_or(mailbox),
            family_name: table.string("family_name")?.unwrap_or_default(),
            is_active: active.unwrap_or(true),
            groups: groups_of(&table, into)?,
            updated: SystemTime::UNIX_EPOCH + CREATED,
            email,
        };
        into.put(user);
    }
    Ok(())
}

/// The ids of the groups that a user names.
fn groups_of(user: &Table<'_>, directory: &ScimDirectory) -> Result<Vec<String>, DirectoryError> {
    let mut taken = Taken::default();
    let items = user.items("groups", "leave it out for a user in no group")?;
    let ids = items.iter().map(|field: &Field<'_>| {
        let known = directory.groups().map(|group| group.name.as_str());
        let name = defined(field, ("group is called", "groups of the directory"), known)?;
        taken.take(field, &name)?;
        let group = directory.group(&name);
        Ok(group.map_or_else(String::new, |group| group.id.clone()))
    });
    ids.collect()
}

/// An id of this prefix that no other entry has, or none.
fn own_id(
    table: &Table<'_>,
    prefix: &str,
    taken: &mut Taken,
) -> Result<Option<String>, DirectoryError> {
    let Some(field) = table.get("id") else {
        return Ok(None);
    };
    let id = id(&field, &[prefix])?;
    taken.take(&field, &id)?;
    Ok(Some(id))
}
