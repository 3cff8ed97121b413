//! Who may log in, and what the page says of them.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

/// Users by name, with their passwords. A real table holds hashes of passwords.
#[derive(Clone)]
pub struct Users(BTreeMap<String, (String, Value)>);

impl Users {
    /// What Scalekit is to know of the user with this name and password.
    pub(super) fn log_in(&self, name: &str, password: &str) -> Option<&Value> {
        let (expected, user) = self.0.get(name)?;
        (expected == password).then_some(user)
    }
}

impl fmt::Debug for Users {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Ada, who pays, and Bob, who does not.
#[must_use]
pub fn example() -> Users {
    let user = |name: &str, plan: &str| {
        json!({
            "sub": name,
            "email": format!("{name}@acme.example"),
            "organization_external_id": "acme",
            "custom_attributes": { "plan": plan, "projects": ["apollo"] },
        })
    };
    let users = [
        ("ada", "correct horse", "pro"),
        ("bob", "battery staple", "free"),
    ];
    let users = users.map(|(name, password, plan)| {
        let user = user(name, plan);
        (name.to_owned(), (password.to_owned(), user))
    });
    Users(users.into())
}
