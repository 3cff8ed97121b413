//! [`requires`], [`authenticated`] and [`public`]: what a primitive requires, as its `_meta`.

use rmcp::model::MetaObject;
use serde_json::{Map, Value, json};

use super::stated::{PERMISSIONS, REQUIRES, ROLES, SECURITY_SCHEMES};

/// Begins a requirement; at least one of its methods must follow.
///
/// Nothing is checked here, where a mistake could only panic. A string that is not a scope, or a
/// requirement without content, is an error when the
/// [policy is built](crate::policy::OperationPolicyBuilder::build).
///
/// ```
/// use auth_core::rmcp::requires;
/// use rmcp::model::Resource;
///
/// let payroll = Resource::new("file:///payroll.csv", "payroll")
///     .with_meta(requires().scopes("files:read hr:read").role_in(["hr", "owner"]).meta());
/// # let _ = payroll;
/// ```
pub fn requires() -> Requires {
    Requires::default()
}

/// States that every caller with a valid token may use the primitive, if the caller has what
/// every request requires.
pub fn authenticated() -> Unconditional {
    Unconditional("oauth2")
}

/// States that the primitive needs no token. Another rule about it takes precedence.
pub fn public() -> Unconditional {
    Unconditional("noauth")
}

/// What a primitive requires of its callers: all that is named.
#[derive(Debug, Clone, Default, PartialEq)]
#[must_use = "call meta(), and give it to the tool, prompt or resource"]
pub struct Requires {
    scopes: Vec<String>,
    roles: Vec<Value>,
    permissions: Vec<Value>,
}

impl Requires {
    /// Requires all of these scopes, which are separated by spaces.
    pub fn scopes(mut self, scopes: &str) -> Self {
        let before = self.scopes.len();
        let named = scopes.split(' ').filter(|scope| !scope.is_empty());
        self.scopes.extend(named.map(Into::into));
        if self.scopes.len() == before {
            // Not a scope, so that it is reported.
            self.scopes.push(scopes.into());
        }
        self
    }

    /// Requires this role.
    pub fn role(mut self, role: &str) -> Self {
        self.roles.push(role.into());
        self
    }

    /// Requires at least one of these roles.
    pub fn role_in<T: Into<String>>(mut self, roles: impl IntoIterator<Item = T>) -> Self {
        self.roles.push(strings(roles));
        self
    }

    /// Requires this permission.
    pub fn permission(mut self, permission: &str) -> Self {
        self.permissions.push(permission.into());
        self
    }

    /// Requires at least one of these permissions.
    pub fn permission_in<T: Into<String>>(
        mut self,
        permissions: impl IntoIterator<Item = T>,
    ) -> Self {
        self.permissions.push(strings(permissions));
        self
    }

    /// The requirement as the `_meta` of a primitive.
    #[must_use]
    pub fn meta(self) -> MetaObject {
        self.add_to(MetaObject::new())
    }

    /// Adds the requirement to other `_meta`. An earlier requirement in it is replaced.
    #[must_use]
    pub fn add_to(self, mut meta: MetaObject) -> MetaObject {
        let beyond_scopes: Map<String, Value> =
            [(ROLES, self.roles), (PERMISSIONS, self.permissions)]
                .into_iter()
                .filter(|(_, names)| !names.is_empty())
                .map(|(member, names)| (member.into(), names.into()))
                .collect();
        let schemes = match (self.scopes.is_empty(), beyond_scopes.is_empty()) {
            (false, _) => json!([{"type": "oauth2", "scopes": self.scopes}]),
            (true, false) => json!([{"type": "oauth2"}]),
            // Requires nothing, which is reported.
            (true, true) => json!([]),
        };
        set(&mut meta, schemes, beyond_scopes);
        meta
    }
}

/// A requirement without conditions: any valid token, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "call meta(), and give it to the tool, prompt or resource"]
pub struct Unconditional(&'static str);

impl Unconditional {
    /// The requirement as the `_meta` of a primitive.
    #[must_use]
    pub fn meta(self) -> MetaObject {
        self.add_to(MetaObject::new())
    }

    /// Adds the requirement to other `_meta`. An earlier requirement in it is replaced.
    #[must_use]
    pub fn add_to(self, mut meta: MetaObject) -> MetaObject {
        set(&mut meta, json!([{"type": self.0}]), Map::new());
        meta
    }
}

fn strings<T: Into<String>>(names: impl IntoIterator<Item = T>) -> Value {
    names
        .into_iter()
        .map(|name| Value::String(name.into()))
        .collect()
}

fn set(meta: &mut MetaObject, schemes: Value, beyond_scopes: Map<String, Value>) {
    meta.0.insert(SECURITY_SCHEMES.into(), schemes);
    if beyond_scopes.is_empty() {
        meta.0.remove(REQUIRES);
    } else {
        meta.0.insert(REQUIRES.into(), beyond_scopes.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_requirement_is_written_as_clients_read_it() {
        for (meta, expected) in [
            (
                requires().scopes("notes:write").meta(),
                json!({"securitySchemes": [{"type": "oauth2", "scopes": ["notes:write"]}]}),
            ),
            (
                requires().scopes("a  b").scopes("c").meta(),
                json!({"securitySchemes": [{"type": "oauth2", "scopes": ["a", "b", "c"]}]}),
            ),
            (
                requires()
                    .role("auditor")
                    .role_in(["admin", "owner"])
                    .meta(),
                json!({
                    "securitySchemes": [{"type": "oauth2"}],
                    "auth-core/requires": {"roles": ["auditor", ["admin", "owner"]]},
                }),
            ),
            (
                requires()
                    .scopes("a")
                    .permission("x")
                    .permission_in(["y"])
                    .meta(),
                json!({
                    "securitySchemes": [{"type": "oauth2", "scopes": ["a"]}],
                    "auth-core/requires": {"permissions": ["x", ["y"]]},
                }),
            ),
            (
                authenticated().meta(),
                json!({"securitySchemes": [{"type": "oauth2"}]}),
            ),
            (
                public().meta(),
                json!({"securitySchemes": [{"type": "noauth"}]}),
            ),
        ] {
            assert_eq!(serde_json::to_value(&meta).unwrap(), expected);
        }
    }

    #[test]
    fn other_members_of_the_meta_are_kept_and_an_earlier_requirement_is_replaced() {
        let mut meta = requires().role("admin").meta();
        meta.0.insert("ui".into(), json!({"resourceUri": "ui://x"}));
        let meta = public().add_to(meta);
        let expected = json!({
            "ui": {"resourceUri": "ui://x"},
            "securitySchemes": [{"type": "noauth"}],
        });
        assert_eq!(serde_json::to_value(&meta).unwrap(), expected);
    }

    /// <https://modelcontextprotocol.io/specification/2026-07-28/basic#meta>
    #[test]
    fn the_key_is_one_that_mcp_allows() {
        let (prefix, name) = REQUIRES.split_once('/').unwrap();
        for label in prefix.split('.') {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            assert!(label.bytes().all(allowed), "{label}");
            assert!(label.starts_with(|first: char| first.is_ascii_alphabetic()));
            assert!(label.ends_with(|last: char| last.is_ascii_alphanumeric()));
        }
        let reserved = ["mcp", "modelcontextprotocol"];
        let second = prefix.split('.').nth(1);
        assert!(second.is_none_or(|second| !reserved.contains(&second)));
        assert!(
            name.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{name}"
        );
    }
}
