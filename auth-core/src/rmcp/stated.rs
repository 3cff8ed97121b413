//! Reads what a primitive states in its `_meta`, and finds the mistakes in it.

use rmcp::model::MetaObject;
use serde_json::{Map, Value};

use crate::policy::{
    Policy, RequirePermission, RequireRole, RequireScopes, Requirement, all_of, any_of,
};
use crate::token::Scopes;

/// The member that names scopes, or that no token is needed.
pub(super) const SECURITY_SCHEMES: &str = "securitySchemes";

/// The member that names what no scope can give.
pub(super) const REQUIRES: &str = "auth-core/requires";

/// The members of [`REQUIRES`].
pub(super) const ROLES: &str = "roles";
pub(super) const PERMISSIONS: &str = "permissions";

/// What a primitive with this `_meta` requires; `None` if it states nothing.
///
/// The error has all mistakes, each as the rest of a sentence about the primitive.
pub(super) fn read(meta: Option<&MetaObject>) -> Result<Option<Requirement>, Vec<String>> {
    let Some(MetaObject(meta)) = meta else {
        return Ok(None);
    };
    let mut reader = Reader::default();
    meta.keys().for_each(|key| reader.check_spelling(key));
    let schemes = meta
        .get(SECURITY_SCHEMES)
        .map(|schemes| reader.schemes(schemes));
    let beyond_scopes = meta
        .get(REQUIRES)
        .map(|requires| reader.beyond_scopes(requires));
    if schemes.as_ref().is_some_and(|schemes| schemes.public) && beyond_scopes.is_some() {
        reader.problem(format!(
            "requires roles or permissions, but {SECURITY_SCHEMES} has \"noauth\": take out one of them"
        ));
    }
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }
    Ok(match (schemes, beyond_scopes) {
        (None, None) => None,
        (Some(Schemes { public: true, .. }), _) => Some(Requirement::Public),
        (schemes, beyond_scopes) => {
            let alternatives = schemes.unwrap_or_default().scopes;
            let policies = scopes_policy(alternatives)
                .into_iter()
                .chain(beyond_scopes.unwrap_or_default());
            Some(Requirement::Policy(single(policies.collect())))
        }
    })
}

/// The security schemes of a primitive, of which a caller needs one.
#[derive(Default)]
struct Schemes {
    /// Whether one of them needs no token.
    public: bool,
    /// The scopes of each of the others.
    scopes: Vec<Scopes>,
}

/// The policy about scopes, unless one of the alternatives needs none.
fn scopes_policy(alternatives: Vec<Scopes>) -> Option<Box<dyn Policy>> {
    if alternatives.iter().any(Scopes::is_empty) {
        return None;
    }
    let mut policies: Vec<_> = alternatives
        .into_iter()
        .map(RequireScopes::or_nothing)
        .collect();
    match policies.len() {
        0 => None,
        1 => policies.pop().map(|only| Box::new(only) as Box<dyn Policy>),
        _ => Some(Box::new(any_of(policies))),
    }
}

/// One policy that requires all of them. Without any, it allows every caller.
fn single(mut policies: Vec<Box<dyn Policy>>) -> Box<dyn Policy> {
    match policies.len() {
        0 => Box::new(RequireScopes::or_nothing(Scopes::default())),
        1 => policies.remove(0),
        _ => Box::new(all_of(policies)),
    }
}

/// Reads the members, and collects what is wrong with them.
#[derive(Default)]
struct Reader {
    problems: Vec<String>,
}

impl Reader {
    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// Reports a member that can only be a misspelt requirement.
    fn check_spelling(&mut self, key: &str) {
        let letters: String = key
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        let meant = match letters.as_str() {
            "securityscheme" | "securityschemes" => SECURITY_SCHEMES,
            letters if letters.starts_with("authcore") => REQUIRES,
            _ => return,
        };
        if key != meant {
            self.problem(format!(
                "has the member {key:?} in its _meta: write it {meant:?}"
            ));
        }
    }

    fn schemes(&mut self, value: &Value) -> Schemes {
        let mut schemes = Schemes::default();
        let Some(all) = value.as_array() else {
            self.problem(format!(
                "has {SECURITY_SCHEMES} of another type than an array: use \
                 [{{\"type\": \"oauth2\", \"scopes\": [..]}}]"
            ));
            return schemes;
        };
        if all.is_empty() {
            self.problem(format!(
                "requires nothing, since its {SECURITY_SCHEMES} is empty: use authenticated() for any \
                 caller with a token, or public() for a primitive that needs none"
            ));
        }
        for scheme in all {
            let Some(scheme) = scheme.as_object() else {
                self.problem(format!(
                    "has a member of {SECURITY_SCHEMES} that is not an object: use {{\"type\": \"oauth2\"}}"
                ));
                continue;
            };
            match scheme.get("type").and_then(Value::as_str) {
                Some("noauth") => {
                    schemes.public = true;
                    self.known_members("a \"noauth\" scheme", scheme, &["type"]);
                }
                Some("oauth2") => {
                    self.known_members("an \"oauth2\" scheme", scheme, &["type", "scopes"]);
                    schemes.scopes.push(self.scopes(scheme.get("scopes")));
                }
                other => self.problem(format!(
                    "has a security scheme of the type {}: use \"oauth2\" or \"noauth\"",
                    other.map_or_else(|| "unknown".into(), |other| format!("{other:?}"))
                )),
            }
        }
        schemes
    }

    fn scopes(&mut self, value: Option<&Value>) -> Scopes {
        let Some(value) = value else {
            return Scopes::default();
        };
        let Some(scopes) = strings(value) else {
            self.problem(
                "has scopes of another type than an array of strings: use [\"notes:read\"]".into(),
            );
            return Scopes::default();
        };
        Scopes::new(scopes).unwrap_or_else(|error| {
            self.problem(format!("has a scope that cannot be required: {error}"));
            Scopes::default()
        })
    }

    fn beyond_scopes(&mut self, value: &Value) -> Vec<Box<dyn Policy>> {
        let Some(requires) = value.as_object() else {
            self.problem(format!(
                "has {REQUIRES} of another type than an object: use {{\"roles\": [..]}}"
            ));
            return Vec::new();
        };
        if requires.is_empty() {
            self.problem(format!(
                "has {REQUIRES} without members: add roles or permissions, or take it out"
            ));
        }
        self.known_members(REQUIRES, requires, &[ROLES, PERMISSIONS]);
        let roles = self.names(requires, ROLES).into_iter();
        let roles = roles.map(|names| Box::new(RequireRole::one_of(names)) as Box<dyn Policy>);
        let permissions = self.names(requires, PERMISSIONS).into_iter();
        let permissions =
            permissions.map(|names| Box::new(RequirePermission::one_of(names)) as Box<dyn Policy>);
        roles.chain(permissions).collect()
    }

    /// The names that a member requires: each a list of which one is enough.
    fn names(&mut self, requires: &Map<String, Value>, member: &str) -> Vec<Vec<String>> {
        let Some(value) = requires.get(member) else {
            return Vec::new();
        };
        let one = |value: &Value| match value {
            Value::String(name) => Some(vec![name.clone()]),
            alternatives => strings(alternatives)
                .map(|names| names.into_iter().map(Into::into).collect::<Vec<String>>()),
        };
        let all: Option<Vec<Vec<String>>> = value
            .as_array()
            .and_then(|all| all.iter().map(one).collect());
        let usable = all.filter(|all| {
            let named =
                |names: &Vec<String>| !names.is_empty() && !names.iter().any(String::is_empty);
            !all.is_empty() && all.iter().all(named)
        });
        usable.unwrap_or_else(|| {
            self.problem(format!(
                "has {member} in {REQUIRES} that are not names: use an array of strings, or of arrays of \
                 strings of which one is enough"
            ));
            Vec::new()
        })
    }

    fn known_members(&mut self, place: &str, object: &Map<String, Value>, known: &[&str]) {
        for member in object.keys() {
            if !known.contains(&member.as_str()) {
                self.problem(format!(
                    "has the unknown member {member:?} in {place}: use {}",
                    known.join(" and ")
                ));
            }
        }
    }
}

fn strings(value: &Value) -> Option<Vec<&str>> {
    value.as_array()?.iter().map(Value::as_str).collect()
}

#[cfg(test)]
mod tests;
