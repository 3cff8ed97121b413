//! The server under test and the issuer that it trusts: what probes are made with.

use std::time::{Duration, Instant};

use auth_core::Scopes;
use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value};
use url::Url;

use super::challenge::{self, Challenge};
use super::http::{Answer, Call, Connection};
use super::mcp::{self, Session, Wire};
use super::outcome::{Found, expect, failed, not_applicable, untestable};
use super::subject::Subject;
use super::tools::{Tools, missing_scopes};
use crate::{MockScalekit, TokenBuilder};

/// In every good token but those that are to lack something: the first in all, the second beside what the tool
/// of [`ToolRole::Write`](super::tools::ToolRole::Write) needs, if that is another.
pub(super) const READ: &str = "mcp:read";
pub(super) const WRITE: &str = "mcp:write";

/// More scopes are not taken from a server.
const MAX_ASKED: usize = 16;

/// In every good token, to be found where no token may be.
pub(super) const MARK: &str = "probe-mark-5d1f0a";

#[derive(Clone)]
pub(super) struct Target<'a> {
    pub(super) url: Url,
    /// As it was given, byte for byte.
    pub(super) resource: String,
    pub(super) issuer: &'a MockScalekit,
    pub(super) subject: &'a dyn Subject,
    pub(super) wire: Wire,
    /// Those that may be spoken.
    pub(super) wires: Vec<Wire>,
    /// How long a server may take to follow what its issuer does.
    pub(super) patience: Duration,
    /// The origin of a page that may load a client into a browser.
    pub(super) page: String,
    /// What else good tokens carry, and those that differ from them.
    pub(super) carried: Carried,
    /// What the server has for probes to call.
    pub(super) tools: Tools,
}

/// What a server asks of every token, beside what the probes need.
#[derive(Debug, Clone, Default)]
pub(super) struct Carried {
    pub(super) scopes: Vec<String>,
    pub(super) claims: Map<String, Value>,
}

impl Target<'_> {
    /// A good token for everything.
    pub(super) fn token(&self) -> TokenBuilder {
        let write = self.tools.write_scopes().iter().map(String::as_str);
        let scopes: Vec<&str> = [READ, WRITE].into_iter().chain(write).collect();
        let token = self.issuer.token().scopes(self.scopes(&scopes));
        let claims = self.carried.claims.iter();
        let token = claims.fold(token, |token, (name, value)| {
            token.claim(name, value.clone())
        });
        token.claim("probe_mark", MARK)
    }

    /// A good token for these scopes alone, and those that every token has.
    pub(super) fn token_for(&self, scopes: &[&str]) -> TokenBuilder {
        self.token().scopes(self.scopes(scopes))
    }

    /// These scopes and those that every token has.
    pub(super) fn scopes(&self, scopes: &[&str]) -> Vec<String> {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned());
        let mut all: Vec<String> = Vec::new();
        for scope in scopes.chain(self.carried.scopes.iter().cloned()) {
            if !all.contains(&scope) {
                all.push(scope);
            }
        }
        all
    }

    /// As [`token`](Self::token), of five minutes ago: whoever has fetched the keys since then knows
    /// that a key which is not among them was never there.
    pub(super) fn older_token(&self) -> TokenBuilder {
        let begun = self.issuer.clock().now() - Duration::from_secs(300);
        self.token().issued_at(begun)
    }

    pub(super) fn good(&self) -> String {
        self.token().sign()
    }

    pub(super) fn authority(&self) -> String {
        authority(&self.url)
    }

    /// `Host`, and the origin without its scheme.
    pub(super) fn host(&self) -> String {
        match self.url.port() {
            Some(port) => format!("{}:{port}", self.url.host_str().unwrap_or_default()),
            None => self.url.host_str().unwrap_or_default().to_owned(),
        }
    }

    pub(super) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// A request to the MCP endpoint, without a token.
    pub(super) fn post(&self, body: &str) -> Call {
        Call {
            method: Method::POST,
            path: match self.url.query() {
                Some(query) => format!("{}?{query}", self.url.path()),
                None => self.url.path().to_owned(),
            },
            headers: mcp::headers(),
            body: Bytes::copy_from_slice(body.as_bytes()),
            unfinished: false,
        }
        .header("host", self.host())
    }

    /// A `GET` of another path.
    pub(super) fn get(&self, path: &str) -> Call {
        let mut call = self.post("").method(Method::GET).path(path);
        call.headers.remove("content-type");
        call.header("accept", "application/json")
    }

    /// The request that every server answers for whom it lets in, without a token.
    pub(super) fn knock(&self) -> Call {
        self.wire.first(self)
    }

    pub(super) async fn send(&self, call: &Call) -> Found<Answer> {
        Connection::open(&self.authority()).await?.send(call).await
    }

    /// Knocks with a token.
    pub(super) async fn try_token(&self, token: &str) -> Found<Answer> {
        self.send(&self.knock().bearer(token)).await
    }

    pub(super) async fn session(&self) -> Found<(Session, String)> {
        let token = self.good();
        Ok((Session::begin(self, &token).await?, token))
    }

    /// The same server, over this version of MCP.
    pub(super) async fn over(&self, wire: Wire) -> Found<Self> {
        let other = Self {
            wire,
            ..self.clone()
        };
        if wire == self.wire {
            return Ok(other);
        }
        if !self.wires.contains(&wire) || other.control().await.is_err() {
            let version = wire.version();
            return not_applicable(format!("the server does not speak MCP {version} here"));
        }
        Ok(other)
    }

    /// Puts the scopes into every token that the server asks of it, as clients do that are told of them.
    pub(super) async fn take_asked_scopes(&mut self) {
        let Ok(answer) = self.try_token(&self.good()).await else {
            return;
        };
        let asked = missing_scopes(&answer).unwrap_or_default();
        // These are for the tools that need them.
        let asked = asked
            .into_iter()
            .filter(|scope| scope != READ && scope != WRITE);
        let asked: Vec<String> = asked.take(MAX_ASKED).collect();
        if Scopes::new(&asked).is_ok() {
            self.carried.scopes.extend(asked);
        }
    }

    /// That a good token is let in.
    pub(super) async fn control(&self) -> Found {
        let answer = self.try_token(&self.good()).await?;
        expect(answer.is_success(), || {
            let said = challenges(&answer).unwrap_or_default();
            let said = said.iter().find_map(|c| c.get("error_description"));
            let said = said.map(|said| format!(" ({said})")).unwrap_or_default();
            let status = answer.status;
            format!("a good token is answered {status}{said}{}", hint(&answer))
        })
    }

    /// Starts the server anew, or says that this cannot be done.
    pub(super) async fn restart(&self) -> Found {
        match self.subject.restart().await {
            Ok(()) => Ok(()),
            Err(why) => untestable(why.to_string()),
        }
    }

    /// Asks again until a good token is let in.
    pub(super) async fn recovers(&self) -> Found {
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

/// What to do about a server that asks for scopes which good tokens do not have.
fn hint(answer: &Answer) -> String {
    match missing_scopes(answer) {
        Some(scopes) => format!(
            "; if every token needs them, name its scopes: --scope '{}'",
            scopes.join(" ")
        ),
        None => String::new(),
    }
}

/// Host and port, to connect to.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{host}:{port}")
}

/// # Errors
///
/// When `WWW-Authenticate` is malformed.
pub(super) fn challenges(answer: &Answer) -> Found<Vec<Challenge>> {
    challenge::read(&answer.values("www-authenticate")).or_else(failed)
}

/// The Bearer challenge of an answer.
pub(super) fn bearer(answer: &Answer) -> Found<Challenge> {
    let all = challenges(answer)?;
    match all
        .into_iter()
        .find(|challenge| challenge.scheme == "bearer")
    {
        Some(challenge) => Ok(challenge),
        None => failed(format!("{} without a Bearer challenge", answer.status)),
    }
}

/// A refusal of a token: 401.
pub(super) fn expect_401(what: &str, answer: &Answer) -> Found {
    expect(answer.status == 401, || {
        format!("{what} is answered {}", answer.status)
    })
}

/// A refusal of a request whose credentials are malformed: 400 (RFC 6750 section 3.1) or 401.
pub(super) fn expect_refusal(what: &str, answer: &Answer) -> Found {
    expect(matches!(answer.status.as_u16(), 400 | 401), || {
        format!("{what} is answered {}", answer.status)
    })
}
