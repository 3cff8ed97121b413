//! The tools that probes call: those that were named, those of the names that the suite knows, and those that
//! show what they are.

use std::fmt;

use serde_json::{Map, Value, json};

use super::http::{Answer, Call};
use super::mcp::{self, Listed, Session};
use super::outcome::{Found, Problem, not_applicable, untestable};
use super::target::{READ, Target, WRITE, challenges};
use crate::values::catalog_enum;

/// More are not tried.
const TRIED: usize = 20;

/// Of the caller who looks for tools.
const SUBJECT: &str = "usr_probe_5d1f0a";

catalog_enum! {
    /// What a tool is there for, as far as probes use it.
    "role of a tool" ToolRole {
        /// Needs a scope that other tools do not need.
        Write = "write",
        /// Tells the caller its own `sub`.
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
    pub(super) fn call(&self, target: &Target<'_>, session: &Session) -> Call {
        let arguments = Value::Object(self.arguments.clone());
        session.call(target, &self.name, &arguments)
    }
}

/// What the user of the suite says of the server's tools.
#[derive(Debug, Clone, Default)]
pub(super) struct Named {
    pub(super) tools: Vec<(ToolRole, Tool)>,
    pub(super) write_scope: Option<String>,
}

impl Named {
    fn of(&self, role: ToolRole) -> Option<Tool> {
        let mut of_role = self.tools.iter().filter(|(known, _)| *known == role);
        of_role.next_back().map(|(_, tool)| tool.clone())
    }
}

/// The tools of a server, as far as they are of use to probes.
#[derive(Debug, Clone, Default)]
pub(super) struct Tools {
    write: Option<Tool>,
    write_scopes: Vec<String>,
    whoami: Option<Tool>,
    upstream: Option<Tool>,
    other: Option<String>,
    /// Why nobody knows which tools there are.
    unseen: Option<String>,
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

    /// Looks at what the server lists. A tool that nobody named is called only if it says of itself that it
    /// destroys nothing (`annotations` of MCP's `Tool`).
    pub(super) async fn find(target: &Target<'_>, named: &Named) -> Found<Self> {
        let token = target.token().subject(SUBJECT).sign();
        let session = Session::begin(target, &token).await?;
        let list = session.request(target, "tools/list", json!({}));
        let listed = mcp::tools(&target.send(&list.bearer(&token)).await?);
        let caller = Caller {
            target,
            session,
            listed,
        };
        let scope = named.write_scope.clone();
        let scope = scope.unwrap_or_else(|| WRITE.to_owned());
        let mut tools = Self {
            write: caller.known(ToolRole::Write, named),
            write_scopes: vec![scope],
            whoami: caller.known(ToolRole::Whoami, named),
            upstream: caller.known(ToolRole::Upstream, named),
            other: None,
            unseen: None,
        };
        if tools.write.is_none()
            && let Some((tool, scopes)) = caller.in_need_of_scopes().await?
        {
            (tools.write, tools.write_scopes) = (Some(tool), scopes);
        }
        if tools.whoami.is_none() {
            tools.whoami = caller.telling_sub(&token).await?;
        }
        tools.other = caller.beside(tools.write.as_ref());
        Ok(tools)
    }

    /// The scopes that a good token has for the tool `write`.
    pub(super) fn write_scopes(&self) -> &[String] {
        &self.write_scopes
    }

    /// A tool that any valid token may call; or the name of one that is not there.
    pub(super) fn other(&self) -> &str {
        self.other.as_deref().unwrap_or("echo")
    }

    pub(super) fn need(&self, role: ToolRole) -> Found<&Tool> {
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
                    ToolRole::Write => "is known to need a scope of its own",
                    ToolRole::Whoami => "is known to tell the caller's sub",
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

/// Somebody who looks for tools.
struct Caller<'a> {
    target: &'a Target<'a>,
    session: Session,
    listed: Vec<Listed>,
}

impl Caller<'_> {
    /// The tool that was named, else that whose name is the role's.
    fn known(&self, role: ToolRole, named: &Named) -> Option<Tool> {
        let by_name = || {
            let mut listed = self.listed.iter();
            let listed = listed.find(|tool| tool.name == role.name())?;
            Some(Tool {
                name: listed.name.clone(),
                arguments: Map::new(),
            })
        };
        named.of(role).or_else(by_name)
    }

    /// Those that may be tried, with arguments that fit their schemas.
    fn harmless(&self) -> impl Iterator<Item = Tool> {
        let harmless = self.listed.iter().filter(|tool| tool.is_harmless);
        let tools = harmless.filter_map(|tool| {
            Some(Tool {
                name: tool.name.clone(),
                arguments: arguments(&tool.schema)?,
            })
        });
        tools.take(TRIED)
    }

    async fn call(&self, tool: &Tool, token: &str) -> Found<Answer> {
        let call = tool.call(self.target, &self.session);
        self.target.send(&call.bearer(token)).await
    }

    fn token_for(&self, scopes: &[&str]) -> String {
        self.target.token_for(scopes).subject(SUBJECT).sign()
    }

    /// A tool that is refused for want of scopes, and answers who has them.
    async fn in_need_of_scopes(&self) -> Found<Option<(Tool, Vec<String>)>> {
        let had = self.target.scopes(&[READ]);
        for tool in self.harmless() {
            let answer = self.call(&tool, &self.token_for(&[READ])).await?;
            let Some(asked) = missing_scopes(&answer) else {
                continue;
            };
            let lacking: Vec<String> = asked.into_iter().filter(|one| !had.contains(one)).collect();
            let with: Vec<&str> = lacking.iter().map(String::as_str).chain([READ]).collect();
            let answer = self.call(&tool, &self.token_for(&with)).await?;
            if !lacking.is_empty() && mcp::text(&answer).is_some() {
                return Ok(Some((tool, lacking)));
            }
        }
        Ok(None)
    }

    /// A tool whose answer holds the caller's `sub`.
    async fn telling_sub(&self, token: &str) -> Found<Option<Tool>> {
        for tool in self.harmless().filter(|tool| tool.arguments.is_empty()) {
            let answer = self.call(&tool, token).await?;
            if mcp::text(&answer).is_some_and(|text| text.contains(SUBJECT)) {
                return Ok(Some(tool));
            }
        }
        Ok(None)
    }

    fn beside(&self, write: Option<&Tool>) -> Option<String> {
        let is_other = |name: &str| write.is_none_or(|write| write.name != name);
        let mut listed = self.listed.iter();
        if listed.any(|tool| tool.name == "echo") && is_other("echo") {
            return Some("echo".to_owned());
        }
        let mut harmless = self.listed.iter().filter(|tool| tool.is_harmless);
        let other = harmless.find(|tool| is_other(&tool.name))?;
        Some(other.name.clone())
    }
}

/// The scopes that a 403 asks for; none when it is about something else.
pub(super) fn missing_scopes(answer: &Answer) -> Option<Vec<String>> {
    if answer.status != 403 {
        return None;
    }
    let all = challenges(answer).unwrap_or_default();
    let mut all = all.iter();
    let missing = all.find(|one| one.get("error") == Some("insufficient_scope"))?;
    let scopes = missing.get("scope")?.split(' ');
    let scopes = scopes.filter(|scope| !scope.is_empty());
    Some(scopes.map(str::to_owned).collect())
}

/// Values for what a schema requires; none when one cannot be thought of.
fn arguments(schema: &Value) -> Option<Map<String, Value>> {
    match sample(
        &json!({ "type": "object", "properties": schema["properties"],
        "required": schema["required"] }),
        0,
    )? {
        Value::Object(members) => Some(members),
        _ => None,
    }
}

/// Schemas that are nested deeper are for other tools.
const MAX_DEPTH: usize = 4;

fn sample(schema: &Value, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH || schema["format"].is_string() || schema["pattern"].is_string() {
        return None;
    }
    let given = [
        &schema["const"],
        &schema["default"],
        &schema["enum"][0],
        &schema["examples"][0],
    ];
    if let Some(given) = given.into_iter().find(|given| !given.is_null()) {
        return Some(given.clone());
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first()?.as_str()?,
        kind => kind.as_str()?,
    };
    Some(match kind {
        "string" => json!("probe"),
        "integer" | "number" if schema["minimum"].is_number() => schema["minimum"].clone(),
        "integer" | "number" => json!(1),
        "boolean" => json!(false),
        "null" => Value::Null,
        "array" if schema["minItems"].as_u64().unwrap_or_default() == 0 => json!([]),
        "object" => {
            let mut members = Map::new();
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str()?;
                let value = sample(&schema["properties"][name], depth + 1)?;
                members.insert(name.to_owned(), value);
            }
            Value::Object(members)
        }
        _ => return None,
    })
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_made_of_what_a_schema_requires() {
        for (schema, expected) in [
            (json!({}), Some(json!({}))),
            (
                json!({ "properties": { "a": { "type": "string" } } }),
                Some(json!({})),
            ),
            (
                json!({ "required": ["a"], "properties": { "a": { "type": "string" } } }),
                Some(json!({ "a": "probe" })),
            ),
            (
                json!({ "required": ["a"], "properties": { "a": { "type": ["integer", "null"], "minimum": 3 } } }),
                Some(json!({ "a": 3 })),
            ),
            (
                json!({ "required": ["a"], "properties": { "a": { "enum": ["x", "y"] } } }),
                Some(json!({ "a": "x" })),
            ),
            (
                json!({ "required": ["a"], "properties": { "a": {
                    "type": "object", "required": ["b"], "properties": { "b": { "type": "boolean" } }
                } } }),
                Some(json!({ "a": { "b": false } })),
            ),
            // Nobody can think of one.
            (json!({ "required": ["a"] }), None),
            (
                json!({ "required": ["a"], "properties": { "a": { "type": "string", "format": "uri" } } }),
                None,
            ),
            (
                json!({ "required": ["a"], "properties": { "a": { "type": "array", "minItems": 1 } } }),
                None,
            ),
            (json!({ "required": [7] }), None),
        ] {
            let made = arguments(&schema).map(Value::Object);
            assert_eq!(made, expected, "{schema}");
        }
    }

    #[test]
    fn a_schema_without_an_end_is_left_alone() {
        let mut schema = json!({ "type": "string" });
        for _ in 0..10 {
            schema = json!({ "type": "object", "required": ["a"], "properties": { "a": schema } });
        }
        assert_eq!(arguments(&schema), None);
    }
}
