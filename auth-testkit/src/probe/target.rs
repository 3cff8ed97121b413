//! The server under test and the issuer that it trusts: what probes are made with.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use serde_json::{Map, Value};
use url::Url;

use super::challenge::{self, Challenge};
use super::http::{Answer, Call, Connection};
use super::mcp::{self, Session, Wire};
use super::outcome::{Found, expect, failed, untestable};
use super::subject::Subject;
use crate::{MockScalekit, TokenBuilder};

/// The scopes that the tools `read` and `write` need.
pub(super) const READ: &str = "mcp:read";
pub(super) const WRITE: &str = "mcp:write";

/// In every good token, to be found where no token may be.
pub(super) const MARK: &str = "probe-mark-5d1f0a";

pub(super) struct Target<'a> {
    pub(super) url: Url,
    /// As it was given, byte for byte.
    pub(super) resource: String,
    pub(super) issuer: &'a MockScalekit,
    pub(super) subject: &'a dyn Subject,
    pub(super) wire: Wire,
    /// How long a server may take to follow what its issuer does.
    pub(super) patience: Duration,
    /// The origin of a page that may load a client into a browser.
    pub(super) page: String,
    /// What else good tokens carry, and those that differ from them.
    pub(super) carried: Carried,
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
        let token = self.issuer.token().scopes(self.scopes(&[READ, WRITE]));
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
        scopes.chain(self.carried.scopes.iter().cloned()).collect()
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

    /// That a good token is let in.
    pub(super) async fn control(&self) -> Found {
        let answer = self.try_token(&self.good()).await?;
        expect(answer.is_success(), || {
            let said = challenges(&answer).unwrap_or_default();
            let said = said.iter().find_map(|c| c.get("error_description"));
            let said = said.map(|said| format!(" ({said})")).unwrap_or_default();
            let status = answer.status;
            format!(
                "a good token is answered {status}{said}{}",
                missing_scopes(&answer)
            )
        })
    }

    /// A tool that the server should have.
    pub(super) async fn need_tool(&self, session: &Session, token: &str, tool: &str) -> Found {
        let list = session.request(self, "tools/list", serde_json::json!({}));
        let answer = self.send(&list.bearer(token)).await?;
        match mcp::tools(&answer).iter().any(|known| known == tool) {
            true => Ok(()),
            false => untestable(format!("the server has no tool {tool}")),
        }
    }

    /// Starts the server anew, or says that this cannot be done.
    pub(super) async fn restart(&self) -> Found {
        match self.subject.restart().await {
            Ok(()) => Ok(()),
            Err(why) => untestable(why),
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
fn missing_scopes(answer: &Answer) -> String {
    let all = challenges(answer).unwrap_or_default();
    let mut all = all.iter();
    let missing = all.find(|challenge| challenge.get("error") == Some("insufficient_scope"));
    match missing.and_then(|challenge| challenge.get("scope")) {
        Some(scope) => format!("; if every token needs them, name its scopes: --scope '{scope}'"),
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
