//! [`CedarBuilder`]: what a server offers, whose users policies name, and where the policies are.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::authorizer::{Cedar, InForce, Issuers};
use super::policies::Policies;
use super::question::Template;
use super::schema::ServerSchema;
use super::tools::Tool;
use crate::error::{ConfigError, ConfigErrors};
use crate::policy::operations::Pattern;
use crate::support::Clock;
use crate::support::reload::{Reloaded, ReloadedBuilder};

/// Settings of [`Cedar`].
#[derive(Debug)]
#[must_use = "call build() to get the authorizer"]
pub struct CedarBuilder {
    namespace: String,
    issuers: Vec<Arc<str>>,
    tools: Vec<Tool>,
    prompts: Vec<String>,
    templates: Vec<String>,
    policies: Option<Policy>,
    sees_arguments: bool,
    file: FileSettings,
    errors: ConfigErrors,
}

#[derive(Debug)]
enum Policy {
    Text(String),
    File(PathBuf),
}

#[derive(Debug, Default)]
struct FileSettings {
    interval: Option<Duration>,
    clock: Option<Arc<dyn Clock>>,
}

impl CedarBuilder {
    pub(super) fn new() -> Self {
        Self {
            namespace: "MCP".to_owned(),
            issuers: Vec::new(),
            tools: Vec::new(),
            prompts: Vec::new(),
            templates: Vec::new(),
            policies: None,
            sees_arguments: true,
            file: FileSettings::default(),
            errors: ConfigErrors::default(),
        }
    }

    /// Adds an issuer whose tokens the policies are about, by its
    /// [canonical name](crate::token::VerifiedToken::canonical_issuer). Callers with tokens of others
    /// are refused. With one issuer the id of a caller is its subject: `MCP::User::"usr_1"`. With
    /// several it is preceded by the issuer, since a subject is unique within its issuer only:
    /// `MCP::User::"https://id.example.com|usr_1"`.
    pub fn issuer(mut self, issuer: impl Into<Arc<str>>) -> Self {
        self.issuers.push(issuer.into());
        self
    }

    /// Adds the tools of the server, as `tools/list` has them: each with `name` and `inputSchema`.
    /// rmcp's `ToolRouter::list_all` gives them. A tool that is not among them is refused.
    pub fn tools<T: Serialize>(mut self, tools: impl IntoIterator<Item = T>) -> Self {
        for tool in tools {
            let read = serde_json::to_value(tool).map_err(|error| error.to_string());
            let read = read.and_then(|description: Value| Tool::read(&description));
            if let Some(tool) = self.errors.collect("cedar tools", read) {
                self.tools.push(tool);
            }
        }
        self
    }

    /// Adds the names of the server's prompts. If there are any, policies cannot name others.
    pub fn prompts<T: Into<String>>(mut self, names: impl IntoIterator<Item = T>) -> Self {
        self.prompts.extend(names.into_iter().map(Into::into));
        self
    }

    /// Adds URI templates of the server ([RFC 6570](https://www.rfc-editor.org/rfc/rfc6570)): a
    /// resource is in each that it can be an expansion of.
    pub fn resource_templates<T: Into<String>>(
        mut self,
        templates: impl IntoIterator<Item = T>,
    ) -> Self {
        self.templates.extend(templates.into_iter().map(Into::into));
        self
    }

    /// Sets the namespace of all types, for policies that were written for another host. Default:
    /// `MCP`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Hides the arguments from policies, so that bodies are not read where headers are trusted. A
    /// policy that looks at them is then an error. Default: policies see them as `context.input`.
    pub fn without_arguments(mut self) -> Self {
        self.sees_arguments = false;
        self
    }

    /// Sets the policies.
    pub fn policies(mut self, text: impl Into<String>) -> Self {
        self.policies = Some(Policy::Text(text.into()));
        self
    }

    /// Sets the file of the policies. It is read now; [`Cedar::watch`] reads it again.
    pub fn policy_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.policies = Some(Policy::File(path.into()));
        self
    }

    /// Sets how often the file is read again once it is
    /// [watched](Cedar::watch). Default: every 5 s.
    pub fn poll_every(mut self, interval: Duration) -> Self {
        self.file.interval = Some(interval);
        self
    }

    /// Sets the clock that the watching of the file goes by. Default: the operating system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.file.clock = Some(Arc::new(clock));
        self
    }

    /// Builds the schema, and validates the policies against it.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every mistake; those in policies with line and column.
    pub fn build(self) -> Result<Cedar, ConfigErrors> {
        let mut errors = self.errors;
        if self.issuers.is_empty() {
            let problem = "has no issuer: name the one whose users the policies are about";
            errors.push(ConfigError::new("cedar", problem));
        }
        let schema = ServerSchema::new(&self.namespace, self.tools, self.prompts);
        let schema = match schema {
            Ok(schema) => Arc::new(schema),
            Err(problems) => {
                for problem in problems {
                    errors.push(ConfigError::new("cedar", problem));
                }
                return Err(errors);
            }
        };
        for left_out in &schema.left_out {
            tracing::warn!(
                tool = left_out.tool,
                argument = left_out.argument,
                "policies cannot see this argument, since Cedar cannot express its schema: {}",
                left_out.reason
            );
        }
        let policies = match self.policies {
            None => {
                let problem = "has no policies: name a file with policy_file";
                errors.push(ConfigError::new("cedar", problem));
                None
            }
            Some(Policy::Text(text)) => {
                match Policies::parse(&text, &schema.schema, self.sees_arguments) {
                    Ok(policies) => Some(InForce::Fixed(Arc::new(policies))),
                    Err(problems) => {
                        for problem in problems.iter() {
                            let line = problem.line().zip(problem.column());
                            let place = line.map_or_else(String::new, |(line, column)| {
                                format!("{line}:{column}: ")
                            });
                            let problem = format!("{place}{problem}");
                            errors.push(ConfigError::new("cedar policies", problem));
                        }
                        None
                    }
                }
            }
            Some(Policy::File(path)) => {
                let schema = Arc::clone(&schema);
                let opened = self
                    .file
                    .apply(Reloaded::builder(path))
                    .open(move |text| Policies::parse(text, &schema.schema, self.sees_arguments));
                let opened = opened.map_err(|error| format!("{error:?}"));
                errors.collect("cedar policies", opened).map(InForce::File)
            }
        };
        errors.into_result()?;
        let policies = policies.ok_or_else(ConfigErrors::default)?;
        let templates = self.templates.into_iter().map(|text| Template {
            pattern: Pattern::of_template(&text),
            text,
        });
        Ok(Cedar::new(
            schema,
            templates.collect(),
            Issuers(self.issuers),
            policies,
            self.sees_arguments,
        ))
    }
}

impl FileSettings {
    fn apply<T: Send + Sync + 'static>(self, builder: ReloadedBuilder<T>) -> ReloadedBuilder<T> {
        let builder = match self.interval {
            Some(interval) => builder.poll_every(interval),
            None => builder,
        };
        match self.clock {
            Some(clock) => builder.clock(clock),
            None => builder,
        }
    }
}
