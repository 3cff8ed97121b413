//! The server, the caller, and the same rules in two languages.

use std::time::{Duration, SystemTime};

use auth_core::token::{Scopes, VerifiedToken};
use serde_json::{Map, Value, json};

pub(crate) const ISSUER: &str = "https://id.example.com";
pub(crate) const TOOLS: usize = 100;

/// Permits a role to call a tool with a scope.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    role: usize,
    pub(crate) tool: usize,
    with_arguments: bool,
}

/// `count` rules, and the one in the middle.
pub(crate) fn rules(count: usize, with_arguments: bool) -> (Vec<Rule>, Rule) {
    let rules = (0..count).map(|at| Rule {
        role: at / TOOLS,
        tool: at % TOOLS,
        with_arguments,
    });
    let rules: Vec<_> = rules.collect();
    let middle = rules[count / 2];
    (rules, middle)
}

impl Rule {
    pub(crate) fn in_cedar(self) -> String {
        let Self { role, tool, .. } = self;
        let input = match self.with_arguments {
            true => "&& context.input has priority && context.input.priority < 9",
            false => "",
        };
        format!(
            "permit(principal in MCP::Role::\"role_{role}\", action == MCP::Action::\"tool_{tool}\", resource) \
             when {{ principal.scopes.contains(\"scope_{tool}\") {input} }};\n"
        )
    }

    pub(crate) fn in_cel(self) -> String {
        let Self { role, tool, .. } = self;
        let input = match self.with_arguments {
            true => "&& has(input.priority) && input.priority < 9",
            false => "",
        };
        format!(
            "action == \"tool_{tool}\" && \"role_{role}\" in principal.roles \
             && \"scope_{tool}\" in principal.scopes {input}"
        )
    }

    /// A caller that it permits to call the tool, or one in another role.
    pub(crate) fn caller(self, is_permitted: bool) -> VerifiedToken {
        let Self { role, tool, .. } = self;
        let role = if is_permitted {
            format!("role_{role}")
        } else {
            "none".to_owned()
        };
        let claims = json!({
            "iss": ISSUER,
            "sub": "usr_71230498123049812",
            "oid": "org_71230498123049813",
            "client_id": "skc_71230498123049814",
            "roles": ["member", role],
            "permissions": ["notes:edit", "billing:see"],
            "custom_claims": { "plan": "pro", "level": 3 },
            "auth_time": 1_767_225_600,
            "amr": ["pwd", "otp"],
        });
        let expires_at = SystemTime::now() + Duration::from_secs(3600);
        VerifiedToken::assertion(ISSUER, "usr_71230498123049812", expires_at)
            .with_client_id("skc_71230498123049814")
            .with_organization("org_71230498123049813")
            .with_scopes(Scopes::parse(&format!("openid profile scope_{tool}")).unwrap())
            .with_claims(claims.as_object().unwrap().clone())
            .reusable_until(expires_at)
    }
}

/// The tools as `tools/list` has them.
pub(crate) fn tools() -> impl Iterator<Item = Value> {
    (0..TOOLS).map(|tool| {
        json!({
            "name": format!("tool_{tool}"),
            "inputSchema": {
                "type": "object",
                "properties": {
                    "project": { "type": "string" },
                    "text": { "type": "string" },
                    "priority": { "type": "integer" },
                },
                "required": ["project"],
            },
        })
    })
}

pub(crate) fn arguments() -> Map<String, Value> {
    let arguments = json!({ "project": "p_1", "text": "milk and bread", "priority": 3 });
    arguments.as_object().unwrap().clone()
}
