//! What users have granted to clients of the resource, until it is deleted.

use std::time::SystemTime;

use super::client;
use crate::settings::User;
use crate::values::id;

/// The consent of a user for a client.
#[derive(Debug)]
pub(crate) struct UserConsent {
    /// `usrcnst_` and digits.
    pub(crate) id: String,
    pub(crate) sub: String,
    /// That of the customer's system, or else the id of the user.
    pub(crate) external_user_id: String,
    /// As the client names itself.
    client_id: String,
    /// As the API names the client.
    pub(crate) issued_client_id: String,
    pub(crate) client_name: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) granted: SystemTime,
}

/// One for each user and client, in the order of the last grant.
#[derive(Debug, Default)]
pub(crate) struct UserConsents(Vec<UserConsent>);

impl UserConsents {
    /// Adds the scopes to those that the user has granted to the client before.
    pub(super) fn grant(
        &mut self,
        user: &User,
        (client_id, client_name): (&str, &str),
        scopes: &[String],
        now: SystemTime,
    ) {
        let mut all = self.0.iter();
        let place = all.position(|one| one.sub == user.sub && one.client_id == client_id);
        let before = place.map(|place| self.0.remove(place));
        let (id, mut granted) = match before {
            Some(before) => (before.id, before.scopes),
            None => (id::fresh("usrcnst"), Vec::new()),
        };
        for scope in scopes {
            if !granted.contains(scope) {
                granted.push(scope.clone());
            }
        }
        self.0.push(UserConsent {
            id,
            sub: user.sub.clone(),
            external_user_id: user.external_id.clone().unwrap_or_else(|| user.id()),
            client_id: client_id.to_owned(),
            issued_client_id: client::issued_id(client_id),
            client_name: client_name.to_owned(),
            scopes: granted,
            granted: now,
        });
    }

    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &UserConsent> {
        self.0.iter().rev()
    }

    /// User and client of a consent, as the state names them.
    pub(crate) fn parties(&self, id: &str, issued_client_id: &str) -> Option<(String, String)> {
        let mut all = self.0.iter();
        let found = all.find(|one| one.id == id && one.issued_client_id == issued_client_id)?;
        Some((found.sub.clone(), found.client_id.clone()))
    }

    pub(super) fn remove(&mut self, sub: &str, client_id: &str) {
        self.0
            .retain(|one| one.sub != sub || one.client_id != client_id);
    }

    pub(super) fn remove_of_client(&mut self, client_id: &str) {
        self.0.retain(|one| one.client_id != client_id);
    }
}
