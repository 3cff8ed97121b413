//! The server under test and the issuer that it trusts: what probes are made with.

use std::ops::Deref;
use std::time::{Duration, Instant};

use auth_core::token::Scopes;
use serde_json::{Map, Value};

use super::credentials::{ApiKeys, Credentials, Holder, MARK, SUBJECT};
use super::http::{Call, HttpReply};
use super::mcp::Session;
use super::outcome::{CheckResult, expect, not_applicable, untestable};
use super::refusal::{challenges, missing_scopes};
use super::server::Server;
use super::server_control::ServerControl;
use super::tools::Tools;
use crate::mcp::Protocol;
use crate::{MockScalekit, TokenBuilder};

/// In every valid token but those that are to lack something: the first in all, the second beside what the tool
/// of [`ToolRole::Write`](super::tools::ToolRole::Write) needs, if that is another.
pub(super) const READ: &str = "mcp:read";
pub(super) const WRITE: &str = "mcp:write";

/// More scopes are not taken from a server.
const MAX_REQUIRED_SCOPES: usize = 16;

/// What probes are made with.
#[derive(Clone)]
pub(super) struct Target<'a> {
    pub(super) server: Server,
    /// The URL of the server as it was given, byte for byte.
    pub(super) resource: String,
    pub(super) issuer: &'a MockScalekit,
    pub(super) server_control: &'a dyn ServerControl,
    /// Those that may be spoken.
    pub(super) protocols: Vec<Protocol>,
    /// How long a server may take to follow what its issuer does.
    pub(super) patience: Duration,
    /// The origin of a page that may load a client into a browser.
    pub(super) page: String,
    /// What callers send.
    pub(super) credentials: Credentials,
    /// What else valid tokens carry, and those that differ from them.
    pub(super) required: RequiredByServer,
    /// What the server has for probes to call.
    pub(super) tools: Tools,
}

/// What a server requires of every token, beside what the probes need.
#[derive(Debug, Clone, Default)]
pub(super) struct RequiredByServer {
    pub(super) scopes: Vec<String>,
    pub(super) claims: Map<String, Value>,
}

impl Deref for Target<'_> {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Target<'_> {
    /// A valid access token with every scope that probes need.
    ///
    /// # Errors
    ///
    /// When callers send API keys: what only a JWT has cannot be probed.
    pub(super) fn jwt(&self) -> CheckResult<TokenBuilder> {
        match &self.credentials {
            Credentials::AccessTokens => Ok(self.token()),
            Credentials::ApiKeys(_) => not_applicable("callers send API keys, which are no JWTs"),
        }
    }

    /// The keys that callers send.
    ///
    /// # Errors
    ///
    /// When they send access tokens.
    pub(super) fn api_keys(&self) -> CheckResult<&ApiKeys> {
        match &self.credentials {
            Credentials::ApiKeys(keys) => Ok(keys),
            Credentials::AccessTokens => not_applicable(
                "callers send access tokens; a server of API keys is probed with --api-keys",
            ),
        }
    }

    fn token(&self) -> TokenBuilder {
        let token = self.issuer.token().scopes(self.all_scopes());
        let claims = self.required.claims.iter();
        let token = claims.fold(token, |token, (name, value)| {
            token.claim(name, value.clone())
        });
        token.claim("probe_mark", MARK)
    }

    /// Who has a key.
    pub(super) fn holder(&self, subject: &str, scopes: Vec<String>) -> Holder {
        let claims = self.required.claims.iter();
        let claims = claims.map(|(name, value)| {
            let text = value.as_str().map(str::to_owned);
            (name.clone(), text.unwrap_or_else(|| value.to_string()))
        });
        Holder {
            subject: subject.to_owned(),
            scopes,
            claims: claims.collect(),
        }
    }

    /// Every scope that probes need.
    pub(super) fn all_scopes(&self) -> Vec<String> {
        let write = self.tools.write_scopes().iter().map(String::as_str);
        let scopes: Vec<&str> = [READ, WRITE].into_iter().chain(write).collect();
        self.scopes(&scopes)
    }

    /// A valid credential with every scope that probes need.
    pub(super) fn good(&self) -> String {
        match &self.credentials {
            Credentials::AccessTokens => self.token().sign(),
            Credentials::ApiKeys(_) => self.good_of(SUBJECT),
        }
    }

    /// The same of this caller.
    pub(super) fn good_of(&self, subject: &str) -> String {
        self.good_with(subject, self.all_scopes())
    }

    /// A valid credential with these scopes alone, and those that every token has.
    pub(super) fn good_for(&self, scopes: &[&str]) -> String {
        match &self.credentials {
            Credentials::AccessTokens => self.token().scopes(self.scopes(scopes)).sign(),
            Credentials::ApiKeys(_) => self.good_with(SUBJECT, self.scopes(scopes)),
        }
    }

    /// A valid credential of this caller, with these scopes alone.
    pub(super) fn good_with(&self, subject: &str, scopes: Vec<String>) -> String {
        match &self.credentials {
            Credentials::AccessTokens => self.token().subject(subject).scopes(scopes).sign(),
            Credentials::ApiKeys(keys) => keys.key(self.issuer, &self.holder(subject, scopes)),
        }
    }

    /// The next valid credential of this caller, after another one.
    pub(super) fn next_of(&self, subject: &str) -> String {
        match &self.credentials {
            Credentials::AccessTokens => self.good_of(subject),
            Credentials::ApiKeys(keys) => {
                let draft = keys.draft(self.issuer, &self.holder(subject, self.all_scopes()));
                let key = self.issuer.admin().create_api_key(draft);
                key.expose().to_owned()
            }
        }
    }

    /// One that has expired, and is valid otherwise.
    pub(super) fn bad(&self) -> String {
        self.bad_with(self.all_scopes())
    }

    /// The same with these scopes alone.
    pub(super) fn bad_for(&self, scopes: &[&str]) -> String {
        self.bad_with(self.scopes(scopes))
    }

    fn bad_with(&self, scopes: Vec<String>) -> String {
        match &self.credentials {
            Credentials::AccessTokens => self.token().scopes(scopes).expired().sign(),
            Credentials::ApiKeys(keys) => keys.expired(self.issuer, &self.holder(SUBJECT, scopes)),
        }
    }

    /// These scopes and those that every token has.
    pub(super) fn scopes(&self, scopes: &[&str]) -> Vec<String> {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned());
        let mut all: Vec<String> = Vec::new();
        for scope in scopes.chain(self.required.scopes.iter().cloned()) {
            if !all.contains(&scope) {
                all.push(scope);
            }
        }
        all
    }

    /// As [`jwt`](Self::jwt), of five minutes ago: a server that has fetched the keys since then knows
    /// that a key which is not among them was never there.
    ///
    /// # Errors
    ///
    /// As [`jwt`](Self::jwt).
    pub(super) fn older_jwt(&self) -> CheckResult<TokenBuilder> {
        let begun = self.issuer.clock().now() - Duration::from_secs(300);
        Ok(self.jwt()?.issued_at(begun))
    }

    /// The request that every server answers for an admitted client; without a token.
    pub(super) fn unauthenticated_request(&self) -> Call {
        self.protocol.first(self)
    }

    /// Sends that request with a token.
    pub(super) async fn try_token(&self, token: &str) -> CheckResult<HttpReply> {
        self.send(&self.unauthenticated_request().bearer(token))
            .await
    }

    pub(super) async fn session(&self) -> CheckResult<(Session, String)> {
        let token = self.good();
        Ok((Session::begin(self, &token).await?, token))
    }

    /// The same server, over this version of MCP.
    pub(super) async fn over(&self, protocol: Protocol) -> CheckResult<Self> {
        let mut other = self.clone();
        other.server.protocol = protocol;
        if protocol == self.protocol {
            return Ok(other);
        }
        if !self.protocols.contains(&protocol) || other.control().await.is_err() {
            let version = protocol.version();
            return not_applicable(format!("the server does not speak MCP {version} here"));
        }
        Ok(other)
    }

    /// Adds the scopes that the server requires of every token to the valid tokens, as a client does that reads them from
    /// the challenge.
    pub(super) async fn take_required_scopes(&mut self) {
        let Ok(answer) = self.try_token(&self.good()).await else {
            return;
        };
        let asked = missing_scopes(&answer).unwrap_or_default();
        // These are for the tools that need them.
        let asked = asked
            .into_iter()
            .filter(|scope| scope != READ && scope != WRITE);
        let asked: Vec<String> = asked.take(MAX_REQUIRED_SCOPES).collect();
        if Scopes::new(&asked).is_ok() {
            self.required.scopes.extend(asked);
        }
    }

    /// The control: a valid token must be admitted.
    pub(super) async fn control(&self) -> CheckResult {
        let answer = self.try_token(&self.good()).await?;
        expect(answer.is_success(), || {
            let all = challenges(&answer).unwrap_or_default();
            let reason = all.iter().find_map(|c| c.parameter("error_description"));
            let reason = reason
                .map(|reason| format!(" ({reason})"))
                .unwrap_or_default();
            let status = answer.status;
            format!("a valid token gets {status}{reason}{}", hint(&answer))
        })
    }

    /// Starts the server anew, or says that this cannot be done.
    pub(super) async fn restart(&self) -> CheckResult {
        match self.server_control.restart().await {
            Ok(()) => Ok(()),
            Err(why) => untestable(why.to_string()),
        }
    }

    /// Repeats the control until it passes, or the patience ends.
    pub(super) async fn recovers(&self) -> CheckResult {
        let begun = Instant::now();
        loop {
            match self.control().await {
                Ok(()) => return Ok(()),
                Err(problem) if begun.elapsed() > self.patience => return Err(problem),
                Err(_) => tokio::time::sleep(Duration::from_millis(250)).await,
            }
        }
    }
}

/// What to do about a server that asks for scopes which valid tokens do not have.
fn hint(answer: &HttpReply) -> String {
    match missing_scopes(answer) {
        Some(scopes) => format!(
            "; if every token needs them, name its scopes: --scope '{}'",
            scopes.join(" ")
        ),
        None => String::new(),
    }
}
