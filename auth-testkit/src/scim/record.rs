//! A directory, its users and its groups.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::SystemTime;

use crate::values::id;

/// The directory of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScimDirectory {
    /// `dir_` and digits.
    pub(crate) id: String,
    pub(crate) organization: String,
    pub(crate) name: String,
    pub(crate) is_enabled: bool,
    groups: Vec<ScimGroup>,
    /// By the number of their creation.
    users: BTreeMap<u64, ScimUser>,
    /// The numbers of users by their e-mail addresses in lower case.
    numbers: HashMap<String, u64>,
    created: u64,
    /// The ids that users and groups have or had.
    taken: HashSet<String>,
}

/// A user of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScimUser {
    /// `diruser_` and digits.
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) given_name: String,
    pub(crate) family_name: String,
    pub(crate) is_active: bool,
    /// By id.
    pub(crate) groups: Vec<String>,
    pub(crate) updated: SystemTime,
}

/// A group of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScimGroup {
    /// `dirgroup_` and digits.
    pub(crate) id: String,
    pub(crate) name: String,
    /// The role that it gives to its members.
    pub(crate) role: Option<String>,
    pub(crate) updated: SystemTime,
}

impl ScimDirectory {
    /// An empty one, which is enabled.
    pub(crate) fn new(organization: &str) -> Self {
        Self {
            id: id::derived("dir", organization),
            organization: organization.to_owned(),
            name: "Okta".to_owned(),
            is_enabled: true,
            groups: Vec::new(),
            users: BTreeMap::new(),
            numbers: HashMap::new(),
            created: 0,
            taken: HashSet::new(),
        }
    }

    /// The id of the next user with this e-mail address, unless another is chosen.
    pub(crate) fn next_user_id(&self, email: &str) -> String {
        self.next_id("diruser", email)
    }

    /// The id of the next group of this name, unless another is chosen.
    pub(crate) fn next_group_id(&self, name: &str) -> String {
        self.next_id("dirgroup", name)
    }

    /// The same in each directory with the same past, and one that no user or group has or had: who is created under a
    /// name that another had before is someone else.
    fn next_id(&self, prefix: &str, name: &str) -> String {
        let mut name = format!("{} {name}", self.organization);
        loop {
            let id = id::derived(prefix, &name);
            if !self.taken.contains(&id) {
                return id;
            }
            name = id;
        }
    }

    /// In the order of their creation.
    pub(crate) fn users(&self) -> impl ExactSizeIterator<Item = &ScimUser> {
        self.users.values()
    }

    /// By e-mail address, in either case.
    pub(crate) fn user(&self, email: &str) -> Option<&ScimUser> {
        self.users.get(self.numbers.get(&email.to_lowercase())?)
    }

    /// Adds a user, or puts one with the same e-mail address in the place of the other.
    pub(crate) fn put(&mut self, user: ScimUser) {
        let created = &mut self.created;
        let number = *self
            .numbers
            .entry(user.email.to_lowercase())
            .or_insert_with(|| {
                *created += 1;
                *created
            });
        self.taken.insert(user.id.clone());
        self.users.insert(number, user);
    }

    /// Adds a group, of a name that no other has.
    pub(crate) fn add_group(&mut self, group: ScimGroup) {
        self.taken.insert(group.id.clone());
        self.groups.push(group);
    }

    /// Gives a user another e-mail address, without a change of the place in the list.
    pub(crate) fn rename(&mut self, email: &str, new: &str) {
        if let Some(number) = self.numbers.remove(&email.to_lowercase()) {
            self.numbers.insert(new.to_lowercase(), number);
        }
    }

    pub(crate) fn remove(&mut self, email: &str) -> Option<ScimUser> {
        let number = self.numbers.remove(&email.to_lowercase())?;
        self.users.remove(&number)
    }

    /// Removes a group, also from its members.
    pub(crate) fn remove_group(&mut self, name: &str) -> Option<ScimGroup> {
        let place = self.groups.iter().position(|group| group.name == name)?;
        let removed = self.groups.remove(place);
        for user in self.users.values_mut() {
            user.groups.retain(|id| *id != removed.id);
        }
        Some(removed)
    }

    /// In the order of their creation.
    pub(crate) fn groups(&self) -> impl ExactSizeIterator<Item = &ScimGroup> {
        self.groups.iter()
    }

    pub(crate) fn group_mut(&mut self, name: &str) -> Option<&mut ScimGroup> {
        self.groups.iter_mut().find(|group| group.name == name)
    }

    pub(crate) fn group(&self, name: &str) -> Option<&ScimGroup> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The groups of a user.
    pub(crate) fn groups_of<'a>(
        &'a self,
        user: &'a ScimUser,
    ) -> impl Iterator<Item = &'a ScimGroup> {
        let ids = user.groups.iter();
        ids.filter_map(|id| self.groups.iter().find(|group| group.id == *id))
    }

    /// How many members each group has, by id.
    pub(crate) fn member_counts(&self) -> HashMap<&str, usize> {
        let mut counts = HashMap::new();
        for id in self.users.values().flat_map(|user| &user.groups) {
            *counts.entry(id.as_str()).or_default() += 1;
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(email: &str) -> ScimUser {
        ScimUser {
            id: format!("diruser_{email}"),
            email: email.to_owned(),
            given_name: String::new(),
            family_name: String::new(),
            is_active: true,
            groups: Vec::new(),
            updated: SystemTime::UNIX_EPOCH,
        }
    }

    fn emails(directory: &ScimDirectory) -> Vec<&str> {
        directory.users().map(|user| user.email.as_str()).collect()
    }

    #[test]
    fn users_keep_their_places_and_are_found_in_either_case() {
        let mut directory = ScimDirectory::new("org_1");
        for email in ["a@x", "b@x", "c@x"] {
            directory.put(user(email));
        }
        directory.put(user("B@x"));
        assert_eq!(emails(&directory), ["a@x", "B@x", "c@x"]);
        directory.rename("A@x", "d@x");
        directory.put(user("d@x"));
        assert_eq!(emails(&directory), ["d@x", "B@x", "c@x"]);
        assert!(directory.user("a@x").is_none());
        assert!(directory.remove("b@X").is_some());
        assert!(directory.remove("b@X").is_none());
        directory.put(user("b@x"));
        assert_eq!(emails(&directory), ["d@x", "c@x", "b@x"]);
    }
}
