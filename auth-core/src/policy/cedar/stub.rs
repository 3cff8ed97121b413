//! The schema that does not depend on tools, as text: who calls, what is called, and with what the
//! schema generator surrounds the arguments of tools.

use std::fmt::Write;

use crate::operation::Primitive;
use crate::operation::method::{METHODS, Target};

/// The names of the primitives of a server. Where a list is empty, policies may name any.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    pub(super) tools: Vec<String>,
    pub(super) prompts: Vec<String>,
}

/// The actions of requests without an operation, by the HTTP method: a stream is opened, a session
/// ends, an answer to the server arrives.
pub(super) const HTTP_ACTIONS: [(&str, &str); 3] = [
    ("GET", "http/GET"),
    ("DELETE", "http/DELETE"),
    ("POST", "http/POST"),
];

/// The types and actions that every server has. The annotations mark, for the schema generator,
/// what the actions of tools are attached to.
const TYPES: &str = r#"
  entity Organization, Role;
  @mcp_principal("User")
  entity User in [Organization, Role] = {
    issuer: String,
    client_id?: String,
    organization?: String,
    scopes: Set<String>,
    roles: Set<String>,
    permissions: Set<String>
  };
  @mcp_principal("Machine")
  entity Machine in [Organization, Role] = {
    issuer: String,
    client_id?: String,
    organization?: String,
    scopes: Set<String>,
    roles: Set<String>,
    permissions: Set<String>
  };
  entity Server;
  entity ResourceTemplate;
  entity Resource in [ResourceTemplate] = { uri: String };
  entity Skill = { uri: String };
  entity Claims tags Set<String>;
  @mcp_context("claims")
  type TokenClaims = Claims;
  @mcp_context("authentication")
  type Authentication = { time?: datetime, acr?: String, amr: Set<String> };
  @mcp_context("now")
  type Now = datetime;
  entity PromptArguments tags String;
  @mcp_action("tools/call")
  action "tools/call";
  action "session", "lists";
"#;

/// The contexts of actions that the schema generator does not make.
const CONTEXT: &str = "claims: TokenClaims, authentication: Authentication, now: Now";

/// The schema of a namespace, before the tools.
pub(super) fn stub(namespace: &str, names: &Names) -> String {
    let mut text = format!("namespace {namespace} {{\n{TYPES}");
    // Writing to a `String` does not fail.
    let _ = writeln!(
        text,
        "  @mcp_resource(\"Tool\")\n  {}",
        entity("Tool", &names.tools)
    );
    let _ = writeln!(text, "  {}", entity("Prompt", &names.prompts));
    for method in METHODS {
        if method.target != Target::Name(Primitive::Tool) {
            text.push_str(&action(method.name, method.target));
        }
    }
    for (_, name) in HTTP_ACTIONS {
        text.push_str(&action(name, Target::Nothing));
    }
    text.push_str("}\n");
    text
}

/// An entity type. With names, policies that name another one are refused.
fn entity(kind: &str, names: &[String]) -> String {
    if names.is_empty() {
        return format!("entity {kind};");
    }
    let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    format!("entity {kind} enum [{}];", names.join(", "))
}

fn action(name: &str, target: Target) -> String {
    let resources = match target {
        Target::Nothing | Target::Subscriptions => "Server",
        Target::Name(primitive) => type_of(primitive),
        // The file of a skill is read as a resource.
        Target::Uri(_) => "Resource, Skill, ResourceTemplate",
        Target::UriInBody(Primitive::Skill) => "Skill",
        Target::UriInBody(_) => "Resource, ResourceTemplate",
        // Without a target it is about the server.
        Target::Reference => "Prompt, ResourceTemplate, Server",
    };
    let group = group(name).map_or_else(String::new, |group| format!(" in [\"{group}\"]"));
    let input = match name {
        "prompts/get" => ", input: PromptArguments",
        _ => "",
    };
    format!(
        "  action {}{group} appliesTo {{ principal: [User, Machine], resource: [{resources}], \
         context: {{ {CONTEXT}{input} }} }};\n",
        quoted(name)
    )
}

/// The group of an action: what every client does to be connected, and what it does to look around.
fn group(name: &str) -> Option<&'static str> {
    let is_of_session = name.starts_with("notifications/")
        || name.starts_with("http/")
        || matches!(
            name,
            "initialize" | "ping" | "server/discover" | "logging/setLevel" | "subscriptions/listen"
        );
    match name {
        _ if is_of_session => Some("session"),
        _ if name.ends_with("/list") => Some("lists"),
        _ => None,
    }
}

/// The entity type of a primitive.
pub(super) fn type_of(primitive: Primitive) -> &'static str {
    match primitive {
        Primitive::Tool => "Tool",
        Primitive::Prompt => "Prompt",
        Primitive::Resource => "Resource",
        Primitive::ResourceTemplate => "ResourceTemplate",
        Primitive::Skill => "Skill",
    }
}

/// A string literal of Cedar.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}
