//! Looks for the tools that probes call: those that were named, those of the names that the suite knows, and those
//! that show by their answers what they do.

use serde_json::{Map, json};

use super::credentials::SUBJECT;
use super::http::HttpReply;
use super::mcp::{self, Listed, Session};
use super::outcome::CheckResult;
use super::refusal::missing_scopes;
use super::sample_arguments::sample_arguments;
use super::target::{READ, Target, WRITE};
use super::tools::{NamedTools, Tool, ToolRole, Tools};

/// More are not tried.
const TRIED: usize = 20;

/// Looks at what the server lists. A tool that was not named is called only if its annotations promise that it
/// destroys nothing (`annotations` of MCP's `Tool`).
pub(super) async fn find_tools(target: &Target<'_>, named: &NamedTools) -> CheckResult<Tools> {
    let token = target.good_of(SUBJECT);
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
    let mut tools = Tools {
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
        tools.whoami = caller.returning_sub(&token).await?;
    }
    tools.other = caller.beside(tools.write.as_ref());
    Ok(tools)
}

/// The caller that tries tools.
struct Caller<'a> {
    target: &'a Target<'a>,
    session: Session,
    listed: Vec<Listed>,
}

impl Caller<'_> {
    /// The tool that was named, else that whose name is the role's.
    fn known(&self, role: ToolRole, named: &NamedTools) -> Option<Tool> {
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
                arguments: sample_arguments(&tool.schema)?,
            })
        });
        tools.take(TRIED)
    }

    async fn call(&self, tool: &Tool, token: &str) -> CheckResult<HttpReply> {
        let call = tool.call(self.target, &self.session);
        self.target.send(&call.bearer(token)).await
    }

    fn token_for(&self, scopes: &[&str]) -> String {
        self.target.good_with(SUBJECT, self.target.scopes(scopes))
    }

    /// A tool that is refused for lack of scopes, and answers a token that has them.
    async fn in_need_of_scopes(&self) -> CheckResult<Option<(Tool, Vec<String>)>> {
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
    async fn returning_sub(&self, token: &str) -> CheckResult<Option<Tool>> {
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
