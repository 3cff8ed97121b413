//! The organizations, roles, users and clients that the values of a file describe.

use std::collections::BTreeMap;

use super::directories::directories;
use super::error::DirectoryError;
use super::field::{Field, Table};
use super::ids::{Taken, defined, email, id, scope, vet_role};
use super::node::Node;
use crate::settings::directory::{Directory, MachineClient, Organization};
use crate::settings::{Membership, User};
use crate::values::Secret;

/// # Errors
///
/// The first thing that is wrong, with its place.
pub(super) fn directory(node: &Node) -> Result<Directory, DirectoryError> {
    let file =
        Field::root(node).table(&["organizations", "roles", "users", "clients", "directories"])?;
    let organizations = organizations(&file)?;
    let roles = roles(&file)?;
    let read = Directory {
        organizations,
        roles,
        ..Directory::default()
    };
    Ok(Directory {
        users: users(&file, &read)?,
        clients: clients(&file, &read)?,
        scim: directories(&file, &read)?,
        ..read
    })
}

fn organizations(file: &Table<'_>) -> Result<Vec<Organization>, DirectoryError> {
    let (mut ids, mut external_ids) = (Taken::default(), Taken::default());
    let items = file.need("organizations")?;
    let items = items.filled_list("every user is a member of an organization")?;
    let read = items.iter().map(|item| {
        let table = item.table(&["id", "name", "external_id"])?;
        let field = table.need("id")?;
        let id = id(&field, &["org_"])?;
        ids.take(&field, &id)?;
        Ok(Organization {
            name: table.string("name")?.unwrap_or_else(|| id.clone()),
            external_id: unique(&table, "external_id", &mut external_ids)?,
            id,
        })
    });
    read.collect()
}

fn roles(file: &Table<'_>) -> Result<BTreeMap<String, Vec<String>>, DirectoryError> {
    let Some(section) = file.get("roles") else {
        return Ok(BTreeMap::new());
    };
    let roles = section.entries()?.into_iter().map(|(name, permissions)| {
        vet_role(&permissions, name)?;
        // A role may give no permission: what it means is for the server to decide.
        Ok((name.to_owned(), scopes(&permissions.list()?)?))
    });
    roles.collect()
}

fn users(file: &Table<'_>, directory: &Directory) -> Result<Vec<User>, DirectoryError> {
    let (mut subs, mut emails, mut external_ids) =
        (Taken::default(), Taken::default(), Taken::default());
    let items = file.need("users")?.filled_list("one user has to sign in")?;
    let read = items.iter().map(|item| {
        let table = item.table(&[
            "id",
            "email",
            "external_id",
            "organizations",
            "custom_claims",
        ])?;
        let field = table.need("id")?;
        let sub = id(&field, &["usr_"])?;
        subs.take(&field, &sub)?;
        let field = table.need("email")?;
        let email = email(&field)?;
        emails.take(&field, &email)?;
        Ok(User {
            external_id: unique(&table, "external_id", &mut external_ids)?,
            memberships: memberships(&table, directory)?,
            roles: Vec::new(),
            permissions: Vec::new(),
            custom_claims: table.object("custom_claims")?,
            email_verified: true,
            email,
            sub,
        })
    });
    read.collect()
}

fn memberships(user: &Table<'_>, directory: &Directory) -> Result<Vec<Membership>, DirectoryError> {
    let mut taken = Taken::default();
    let items = user.need("organizations")?;
    let items = items.filled_list("name the organization that the user signs in to")?;
    let read = items.iter().map(|item| {
        let table = item.table(&["id", "roles"])?;
        let field = table.need("id")?;
        let known = directory.organizations.iter();
        let known = known.map(|organization| organization.id.as_str());
        let id = defined(&field, ("organization has the id", "organizations"), known)?;
        taken.take(&field, &id)?;
        let mut roles = Vec::new();
        let mut taken = Taken::default();
        for role in table.items("roles", "leave it out for a member without a role")? {
            let known = directory.roles.keys().map(String::as_str);
            let name = defined(&role, ("role is called", "roles"), known)?;
            taken.take(&role, &name)?;
            roles.push(name);
        }
        Ok(Membership {
            organization: Organization::of_id(id),
            roles: Some(roles),
        })
    });
    read.collect()
}

fn clients(file: &Table<'_>, directory: &Directory) -> Result<Vec<MachineClient>, DirectoryError> {
    let mut ids = Taken::default();
    let items = file.items("clients", "leave it out if no client is a machine")?;
    let read = items.iter().map(|item| {
        let table = item.table(&["id", "secret", "organization", "scopes", "custom_claims"])?;
        let field = table.need("id")?;
        let id = id(&field, &["m2m_", "m2morg_"])?;
        ids.take(&field, &id)?;
        let known = directory.organizations.iter();
        let known = known.map(|organization| organization.id.as_str());
        let what = ("organization has the id", "organizations");
        let organization = table
            .get("organization")
            .map(|field| defined(&field, what, known));
        let scopes = table.items("scopes", "leave it out to allow all scopes of the resource")?;
        Ok(MachineClient {
            id,
            secret: Secret::new(table.need("secret")?.string()?),
            organization: organization.transpose()?,
            scopes: Some(self::scopes(&scopes)?).filter(|scopes| !scopes.is_empty()),
            custom_claims: table.object("custom_claims")?,
        })
    });
    read.collect()
}

/// Permissions or scopes, each once.
fn scopes(items: &[Field<'_>]) -> Result<Vec<String>, DirectoryError> {
    let mut taken = Taken::default();
    let scopes = items.iter().map(|item| {
        let scope = scope(item)?;
        taken.take(item, &scope)?;
        Ok(scope)
    });
    scopes.collect()
}

/// A string that no other entry has, or none.
fn unique(
    table: &Table<'_>,
    name: &str,
    taken: &mut Taken,
) -> Result<Option<String>, DirectoryError> {
    let Some(field) = table.get(name) else {
        return Ok(None);
    };
    let value = field.string()?;
    taken.take(&field, value)?;
    Ok(Some(value.to_owned()))
}
