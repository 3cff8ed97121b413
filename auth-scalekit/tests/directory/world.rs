//! An environment with any number of users, and changes of it that are drawn at random.

use std::collections::BTreeSet;

use auth_testkit::{Admin, DirectoryUserDraft, MockScalekit, MockScalekitBuilder, User};

/// Names of groups.
const GROUPS: [&str; 4] = ["Ops", "Dev", "Sales", "Legal"];

/// Users spread over organizations. Each is a member of one, and is in its directory.
pub(crate) struct World {
    organizations: usize,
    users: usize,
    random: u64,
    /// Members, and users of directories, by number.
    members: BTreeSet<usize>,
    in_directory: BTreeSet<usize>,
    /// Members who left the directory.
    inactive: BTreeSet<usize>,
    /// Groups that were renamed, and their names now.
    renamed: Vec<(usize, String)>,
}

impl World {
    pub(crate) fn new(organizations: usize, users: usize, seed: u64) -> Self {
        Self {
            organizations,
            users,
            random: seed.wrapping_mul(2).wrapping_add(0x9e37_79b9_7f4a_7c15),
            members: (0..users).collect(),
            in_directory: (0..users).collect(),
            inactive: BTreeSet::new(),
            renamed: Vec::new(),
        }
    }

    pub(crate) fn organizations(&self) -> Vec<String> {
        (0..self.organizations).map(organization_id).collect()
    }

    pub(crate) fn subjects(&self) -> Vec<String> {
        (0..self.users).map(subject).collect()
    }

    /// The mock, with the world as it begins.
    pub(crate) fn describe(&self, mut builder: MockScalekitBuilder) -> MockScalekitBuilder {
        for number in 0..self.users {
            let user = User::new(subject(number))
                .email(email(number))
                .organization(self.organization_of(number));
            builder = match number {
                0 => builder.user(user),
                _ => builder.also_user(user),
            };
        }
        for organization in 0..self.organizations {
            let numbers = (organization..self.users).step_by(self.organizations);
            let drafts = numbers.map(|number| draft(number, &[GROUPS[number % 3]]));
            // A user in all groups, so that each exists.
            let first = DirectoryUserDraft::new(format!("root{organization}@example.com"));
            let drafts = std::iter::once(first.groups(GROUPS)).chain(drafts);
            builder = builder.directory_users(organization_id(organization), drafts);
        }
        builder
    }

    /// Changes something; returns what.
    pub(crate) fn change(&mut self, scalekit: &MockScalekit) -> &'static str {
        let admin = scalekit.admin();
        let number = self.draw(self.users);
        let organization = self.organization_of(number);
        match self.draw(100) {
            0..30 => self.change_member(&admin, number, &organization),
            30..95 => self.change_user(&admin, number, &organization),
            95..98 => self.rename_group(&admin, number % self.organizations),
            _ => {
                let switch = self.draw(2);
                match switch {
                    0 => admin.disable_directory(&organization),
                    _ => admin.enable_directory(&organization),
                };
                "directory"
            }
        }
    }

    fn change_member(
        &mut self,
        admin: &Admin<'_>,
        number: usize,
        organization: &str,
    ) -> &'static str {
        let (subject, roles) = (subject(number), [""; 0]);
        let was_inactive = self.inactive.remove(&number);
        if !was_inactive && self.members.remove(&number) {
            admin.remove_member(&subject, organization);
            "member removed"
        } else {
            self.members.insert(number);
            admin.add_member(&subject, organization, roles);
            "member added"
        }
    }

    fn change_user(
        &mut self,
        admin: &Admin<'_>,
        number: usize,
        organization: &str,
    ) -> &'static str {
        let group = self.draw(3);
        // A renamed group is not named again.
        let is_renamed = |it: &(usize, String)| it.0 == number % self.organizations;
        let groups: &[&str] = match self.renamed.iter().any(is_renamed) {
            true => &GROUPS[3..],
            false => &GROUPS[group..=group],
        };
        if self.in_directory.insert(number) {
            admin.create_directory_user(organization, draft(number, groups));
            return "user created";
        }
        match self.draw(4) {
            0 => {
                self.in_directory.remove(&number);
                self.inactive.insert(number);
                admin.delete_directory_user(&email(number), organization);
                "user deleted"
            }
            1 => {
                self.inactive.insert(number);
                admin.deactivate_directory_user(&email(number), organization);
                "user deactivated"
            }
            _ => {
                self.inactive.remove(&number);
                admin.update_directory_user(&email(number), organization, draft(number, groups));
                "user updated"
            }
        }
    }

    /// The first group of the organization.
    fn rename_group(&mut self, admin: &Admin<'_>, organization: usize) -> &'static str {
        let new = format!("Group {}", self.draw(1_000_000));
        let known = self.renamed.iter_mut().find(|it| it.0 == organization);
        let old = match known {
            Some((_, name)) => std::mem::replace(name, new.clone()),
            None => {
                self.renamed.push((organization, new.clone()));
                GROUPS[0].to_owned()
            }
        };
        admin.rename_directory_group(&old, &organization_id(organization), &new);
        "group renamed"
    }

    /// The things in an order that is drawn at random.
    pub(crate) fn shuffled<T>(&mut self, mut things: Vec<T>) -> Vec<T> {
        for index in (1..things.len()).rev() {
            let other = self.draw(index + 1);
            things.swap(index, other);
        }
        things
    }

    pub(crate) fn draw(&mut self, below: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        usize::try_from(self.random >> 16).unwrap_or(0) % below
    }

    fn organization_of(&self, number: usize) -> String {
        organization_id(number % self.organizations)
    }
}

fn draft(number: usize, groups: &[&str]) -> DirectoryUserDraft {
    DirectoryUserDraft::new(email(number)).groups(groups.iter().copied())
}

fn email(number: usize) -> String {
    format!("user{number}@example.com")
}

fn subject(number: usize) -> String {
    format!("usr_{}", 1_000 + number)
}

fn organization_id(number: usize) -> String {
    format!("org_{}", 100 + number)
}
