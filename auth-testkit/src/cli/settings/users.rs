//! The options about users: a directory, one user that the options describe, or a login page.

use serde::Deserialize;

use super::Settings;
use crate::cli::Failure;
use crate::settings::{Directory, DirectoryError, LoginPage};
use crate::{MockScalekitBuilder, User};

impl Settings {
    /// # Errors
    ///
    /// Names the option that contradicts another, or cannot be used.
    pub(super) fn check_users(&self) -> Result<(), Failure> {
        self.check_directory()?;
        self.check_byoa()
    }

    /// # Errors
    ///
    /// When an option describes a user, and there is a directory of users.
    fn check_directory(&self) -> Result<(), Failure> {
        let described = [
            ("user", self.user.is_some()),
            ("email", self.email.is_some()),
            ("organization", self.organization.is_some()),
            ("roles", self.roles.is_some()),
            ("permissions", !self.permissions.is_empty()),
            ("also-user", !self.also_user.is_empty()),
        ];
        match described.iter().find(|(_, is_set)| *is_set) {
            Some((option, _)) if self.directory.is_some() => Err(format!(
                "{option}: cannot be set together with directory, which describes all users; put it in \
                 the file"
            )
            .into()),
            _ => Ok(()),
        }
    }

    fn check_byoa(&self) -> Result<(), Failure> {
        match (&self.byoa, &self.connection) {
            (None, Some(_)) => {
                Err("connection: needs byoa, the URL of the login page that it connects to".into())
            }
            (None, None) => Ok(()),
            (Some(url), connection) => {
                LoginPage::vet_url(url).map_err(|problem| format!("byoa: {problem}"))?;
                let vetted = connection.as_ref().map(|id| LoginPage::vet_connection(id));
                let vetted = vetted.transpose();
                vetted.map_err(|problem| format!("connection: {problem}"))?;
                Ok(())
            }
        }
    }

    /// Sets the users, and where they log in.
    pub(super) fn with_users(&self, builder: MockScalekitBuilder) -> MockScalekitBuilder {
        let mut builder = match &self.directory {
            Some(directory) => builder.directory(directory.clone()),
            None => self.described_users(builder),
        };
        if let Some(url) = &self.byoa {
            builder = builder.byoa(url);
        }
        if let Some(id) = &self.connection {
            builder = builder.connection(id);
        }
        builder
    }

    /// The users that the options describe.
    fn described_users(&self, builder: MockScalekitBuilder) -> MockScalekitBuilder {
        let mut user = match &self.user {
            Some(sub) => User::new(sub),
            None => User::default(),
        };
        if let Some(address) = &self.email {
            user = user.email(address);
        }
        if let Some(roles) = &self.roles {
            user = user.roles(roles);
        }
        let in_organization = |user: User| match &self.organization {
            Some(id) => user.organization(id),
            None => user,
        };
        let user = in_organization(user).permissions(&self.permissions);
        let others = self.also_user.iter();
        others.fold(builder.user(user), |builder, sub| {
            let other = User::new(sub).email(format!("{sub}@example.com"));
            builder.also_user(in_organization(other))
        })
    }
}

/// The option `directory`: the file of this path.
///
/// # Errors
///
/// What is wrong with the file, with what has caused it.
pub(super) fn read_file(path: &str) -> Result<Directory, String> {
    Directory::read(path).map_err(|error| with_source(&error))
}

/// The member `directory`, from JSON: the directory itself, as those who call the API may have other files.
pub(super) fn read_member<'de, D>(deserializer: D) -> Result<Option<Directory>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    let value = Option::<serde_json::Value>::deserialize(deserializer)?;
    let read = value.map(|value| Directory::of_value(&value)).transpose();
    read.map_err(serde::de::Error::custom)
}

/// The text of an error with what has caused it.
fn with_source(error: &DirectoryError) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
