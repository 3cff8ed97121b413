//! The tools that probes call.

use std::fmt;

use serde_json::{Map, Value};

use super::http::Call;
use super::mcp::Session;
use super::outcome::{CheckResult, Problem, not_applicable, untestable};
use super::server::Server;
use crate::values::catalog_enum;

catalog_enum! {
    /// What probes use a tool for.
    "role of a tool" ToolRole {
        /// Needs a scope that other tools do not need.
        Write = "write",
        /// Returns the caller's `sub`.
        Whoami = "whoami",
        /// Gets the URL of its argument `url`.
        Upstream = "upstream",
    }
}

/// A tool and the arguments to call it with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) arguments: Map<String, Value>,
}

impl Tool {
    pub(super) fn call(&self, server: &Server, session: &Session) -> Call {
        let arguments = Value::Object(self.arguments.clone());
        session.call(server, &self.name, &arguments)
    }
}

/// The tools that the user of the suite has named.
#[derive(Debug, Clone, Default)]
pub(super) struct NamedTools {
    pub(super) tools: Vec<(ToolRole, Tool)>,
    pub(super) write_scope: Option<String>,
}

impl NamedTools {
    pub(super) fn of(&self, role: ToolRole) -> Option<Tool> {
        let mut of_role = self.tools.iter().filter(|(known, _)| *known == role);
        of_role.next_back().map(|(_, tool)| tool.clone())
    }
}

/// The tools of a server that probes can use.
#[derive(Debug, Clone, Default)]
pub(super) struct Tools {
    pub(super) write: Option<Tool>,
    pub(super) write_scopes: Vec<String>,
    pub(super) whoami: Option<Tool>,
    pub(super) upstream: Option<Tool>,
    pub(super) other: Option<String>,
    /// Why the tools are unknown.
    pub(super) unseen: Option<String>,
}

impl Tools {
    /// Of a server whose tools could not be looked at.
    pub(super) fn unseen(problem: Problem) -> Self {
        let (Problem::Failed(why) | Problem::Untestable(why) | Problem::NotApplicable(why)) =
            problem;
        Self {
            unseen: Some(why),
            ..Self::default()
        }
    }

    /// The scopes that a valid token has for the tool `write`.
    pub(super) fn write_scopes(&self) -> &[String] {
        &self.write_scopes
    }

    /// A tool that any valid token may call; or the name of one that is not there.
    pub(super) fn other(&self) -> &str {
        self.other.as_deref().unwrap_or("echo")
    }

    pub(super) fn need(&self, role: ToolRole) -> CheckResult<&Tool> {
        let tool = match role {
            ToolRole::Write => &self.write,
            ToolRole::Whoami => &self.whoami,
            ToolRole::Upstream => &self.upstream,
        };
        match (tool, &self.unseen) {
            (Some(tool), _) => Ok(tool),
            (None, Some(why)) => untestable(format!("its tools could not be looked for: {why}")),
            (None, None) => not_applicable(format!(
                "the server has no tool that {}: name one with --tool {role}=NAME if it has",
                match role {
                    ToolRole::Write => "is known to need a scope that other tools do not",
                    ToolRole::Whoami => "is known to return the caller's sub",
                    ToolRole::Upstream => "is known to get a URL for its caller",
                }
            )),
        }
    }

    /// In one line, for reports; none when there are none.
    pub(super) fn summary(&self) -> Option<String> {
        let named = |role: ToolRole, tool: &Option<Tool>| {
            let tool = tool.as_ref()?;
            let needs = match role {
                ToolRole::Write => format!(" (needs {})", self.write_scopes.join(" ")),
                _ => String::new(),
            };
            Some(format!("{role} is {}{needs}", tool.name))
        };
        let all = [
            named(ToolRole::Write, &self.write),
            named(ToolRole::Whoami, &self.whoami),
            named(ToolRole::Upstream, &self.upstream),
        ];
        let all: Vec<String> = all.into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
