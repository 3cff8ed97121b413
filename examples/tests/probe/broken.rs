//! Servers that are broken, each in one way, and the probes that they fail.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use auth_testkit::Defect;
use auth_testkit::probe::{Group, Probe};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::response::Parts;
use http::{HeaderValue, Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::server::{Asked, Server};

type Before = Box<dyn Fn(&Server, &mut Asked) -> Option<Response<Bytes>> + Send + Sync>;
type After = Box<dyn Fn(&Server, &Asked, &mut Parts, &mut Bytes) + Send + Sync>;

pub(crate) struct Broken {
    pub(crate) name: &'static str,
    pub(crate) breaks: Vec<&'static str>,
    pub(crate) protocol: &'static str,
    pub(crate) before: Before,
    pub(crate) after: After,
}

impl Broken {
    pub(crate) fn nothing() -> Self {
        Self {
            name: "nothing",
            breaks: Vec::new(),
            protocol: "2025-11-25",
            before: Box::new(|_, _| None),
            after: Box::new(|_, _, _, _| {}),
        }
    }

    fn stateless(mut self) -> Self {
        self.protocol = "2026-07-28";
        self
    }
}

/// Does something to requests, or answers them itself.
fn before(
    name: &'static str,
    breaks: &[&'static str],
    spoil: impl Fn(&Server, &mut Asked) -> Option<Response<Bytes>> + Send + Sync + 'static,
) -> Broken {
    Broken {
        name,
        breaks: breaks.to_vec(),
        before: Box::new(spoil),
        ..Broken::nothing()
    }
}

/// Does something to answers.
fn after(
    name: &'static str,
    breaks: &[&'static str],
    spoil: impl Fn(&Server, &Asked, &mut Parts, &mut Bytes) + Send + Sync + 'static,
) -> Broken {
    Broken {
        name,
        breaks: breaks.to_vec(),
        after: Box::new(spoil),
        ..Broken::nothing()
    }
}

/// Believes tokens that it should not: the server gets a good one of the same `sub` instead.
fn believes(
    name: &'static str,
    breaks: &[&'static str],
    which: impl Fn(&Server, &Presented) -> bool + Send + Sync + 'static,
) -> Broken {
    before(name, breaks, move |server, asked| {
        let presented = asked.presented()?;
        if which(server, &presented) {
            asked.replace_token(server, &presented);
        }
        None
    })
}

/// A token as it came, read as far as it can be.
struct Presented {
    raw: String,
    header: Value,
    claims: Value,
}

impl Presented {
    fn read(raw: &str) -> Self {
        let part = |at: usize| {
            let part = raw.split('.').nth(at)?;
            let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        Self {
            raw: raw.to_owned(),
            header: part(0).unwrap_or_default(),
            claims: part(1).unwrap_or_default(),
        }
    }

    fn sub(&self) -> &str {
        let sub = self.claims["sub"].as_str().filter(|sub| !sub.is_empty());
        sub.unwrap_or("usr_1000000001")
    }

    fn ended(&self) -> Option<u64> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        now.as_secs().checked_sub(self.claims["exp"].as_u64()?)
    }
}

impl Asked {
    fn header(&self, name: &str) -> &str {
        let value = self.parts.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    fn set(&mut self, name: &'static str, value: &str) {
        let value = HeaderValue::from_str(value).unwrap();
        self.parts.headers.insert(name, value);
    }

    fn path(&self) -> &str {
        self.parts.uri.path()
    }

    fn is_metadata(&self) -> bool {
        self.path().starts_with("/.well-known/")
    }

    fn presented(&self) -> Option<Presented> {
        let token = self.header("authorization").strip_prefix("Bearer ")?;
        Some(Presented::read(token))
    }

    fn replace_token(&mut self, server: &Server, presented: &Presented) {
        let good = server.scalekit.token().subject(presented.sub()).sign();
        self.set("authorization", &format!("Bearer {good}"));
    }

    fn believe(&mut self, token: &str) {
        self.set("authorization", &format!("Bearer {token}"));
    }

    fn message(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn calls(&self, tool: &str) -> bool {
        self.message()["params"]["name"] == tool
    }

    fn has_session(&self) -> bool {
        self.parts.headers.contains_key("mcp-session-id")
    }
}

fn instead(status: u16) -> Option<Response<Bytes>> {
    let mut response = Response::new(Bytes::from_static(b"{}"));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    Some(response)
}

fn instead_if(holds: bool, status: u16) -> Option<Response<Bytes>> {
    if holds { instead(status) } else { None }
}

/// Rewrites the challenge.
fn challenge(parts: &mut Parts, rewrite: impl Fn(&str) -> String) {
    if let Some(value) = parts.headers.get("www-authenticate") {
        let rewritten = rewrite(value.to_str().unwrap());
        let value = HeaderValue::from_str(&rewritten).unwrap();
        parts.headers.insert("www-authenticate", value);
    }
}

/// A challenge without one of its parameters.
fn without(challenge: &str, name: &str) -> String {
    let (scheme, params) = challenge.split_once(' ').unwrap_or((challenge, ""));
    let kept = params.split(", ").filter(|param| !param.starts_with(name));
    format!("{scheme} {}", kept.collect::<Vec<_>>().join(", "))
        .trim()
        .to_owned()
}

/// Rewrites a member of the metadata.
fn metadata(
    name: &'static str,
    breaks: &[&'static str],
    member: &'static str,
    rewrite: impl Fn(&Value) -> Value + Send + Sync + 'static,
) -> Broken {
    after(name, breaks, move |_, asked, parts, body| {
        if asked.is_metadata() && parts.status == 200 {
            let mut document: Value = serde_json::from_slice(body).unwrap();
            document[member] = rewrite(&document[member]);
            *body = document.to_string().into();
        }
    })
}

/// Gets a URL of the issuer, as a server that fetches too much does.
fn fetch(url: &str, authorization: Option<&str>) -> String {
    let rest = url.strip_prefix("http://").unwrap();
    let (authority, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    let authorization =
        authorization.map_or(String::new(), |value| format!("authorization: {value}\r\n"));
    let request = format!(
        "GET /{path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n{authorization}\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A reset is an answer too.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// The names of a group's probes about defects.
fn defects(group: Group) -> Vec<&'static str> {
    let all = Probe::all()
        .into_iter()
        .filter(|probe| probe.group() == group);
    let names = all.map(|probe| probe.name());
    names
        .filter(|name| name.parse::<Defect>().is_ok())
        .collect()
}

pub(crate) fn all() -> Vec<Broken> {
    [
        of_challenges(),
        of_extraction(),
        of_tokens(),
        of_scopes(),
        of_coverage(),
        of_identity(),
        of_origin_and_secrets(),
        of_keys(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn of_challenges() -> Vec<Broken> {
    vec![
        after(
            "401 without a challenge",
            &["challenge", "discovery-agrees", "challenge-scope"],
            |_, _, parts, _| {
                parts.headers.remove("www-authenticate");
            },
        ),
        after(
            "an error for no token",
            &["challenge-without-error"],
            |_, asked, parts, _| {
                if asked.header("authorization").is_empty() {
                    challenge(parts, |old| format!("{old}, error=\"invalid_token\""));
                }
            },
        ),
        before("no metadata", &["discovery", "metadata"], |_, asked| {
            instead_if(asked.is_metadata(), 404)
        }),
        after("metadata as text", &["metadata"], |_, asked, parts, _| {
            if asked.is_metadata() {
                let text = HeaderValue::from_static("text/plain");
                parts.headers.insert("content-type", text);
            }
        }),
        metadata(
            "a slash more in resource",
            &["metadata-resource"],
            "resource",
            |old| format!("{}/", old.as_str().unwrap()).into(),
        ),
        metadata(
            "a slash more in the issuer",
            &["metadata-issuer"],
            "authorization_servers",
            |old| json!([format!("{}/", old[0].as_str().unwrap())]),
        ),
        metadata(
            "tokens in queries are welcome",
            &["bearer-methods"],
            "bearer_methods_supported",
            |_| json!(["header", "query"]),
        ),
        metadata(
            "offline_access in the metadata",
            &["no-offline-access"],
            "scopes_supported",
            |_| json!(["mcp:read", "offline_access"]),
        ),
        after(
            "a challenge without scope",
            &["challenge-scope"],
            |_, _, parts, _| {
                challenge(parts, |old| without(old, "scope="));
            },
        ),
        after(
            "hosts of forwarding headers",
            &["no-reflected-host"],
            |server, asked, parts, _| {
                let host = asked.header("x-forwarded-host").to_owned();
                if !host.is_empty() {
                    let own = server.url.split('/').nth(2).unwrap().to_owned();
                    challenge(parts, |old| old.replace(&own, &host));
                }
            },
        ),
        after(
            "metadata for no page",
            &["metadata-for-pages"],
            |_, asked, parts, _| {
                if asked.is_metadata() {
                    parts.headers.remove("access-control-allow-origin");
                }
            },
        ),
        before("preflights need a token", &["preflight"], |_, asked| {
            instead_if(asked.parts.method == Method::OPTIONS, 401)
        }),
        after(
            "challenges for no page",
            &["challenge-for-pages"],
            |_, _, parts, _| {
                parts.headers.remove("access-control-expose-headers");
            },
        ),
        before(
            "metadata cannot be deleted",
            &["metadata-methods"],
            |_, asked| {
                instead_if(
                    asked.is_metadata() && asked.parts.method == Method::DELETE,
                    500,
                )
            },
        ),
    ]
}

fn of_extraction() -> Vec<Broken> {
    fn query(asked: &Asked) -> Option<String> {
        let query = asked.parts.uri.query()?;
        let token = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("access_token="));
        token.map(str::to_owned)
    }
    vec![
        before(
            "tokens in queries",
            &["token-in-query", "token-twice"],
            |_, asked| {
                if let Some(token) = query(asked) {
                    asked.believe(&token);
                }
                None
            },
        ),
        before("tokens in forms", &["token-in-form"], |_, asked| {
            instead_if(asked.body.starts_with(b"access_token="), 200)
        }),
        before("tokens in cookies", &["token-in-cookie"], |_, asked| {
            instead_if(asked.header("cookie").contains("token="), 200)
        }),
        before(
            "tokens in other headers",
            &["token-in-other-header"],
            |_, asked| instead_if(!asked.header("x-auth-token").is_empty(), 200),
        ),
        before(
            "a scheme in one case",
            &["scheme-in-any-case"],
            |_, asked| {
                let lower = asked.header("authorization").starts_with("bearer");
                instead_if(lower, 401)
            },
        ),
        before("any scheme", &["other-scheme"], |_, asked| {
            let value = asked.header("authorization").to_owned();
            if let Some((_, token)) = value.split_once(' ') {
                asked.believe(token);
            }
            None
        }),
        before("commas after tokens", &["odd-credentials"], |_, asked| {
            let value = asked.header("authorization").to_owned();
            if let Some(value) = value.strip_suffix(',') {
                asked.set("authorization", value);
            }
            None
        }),
        before("the first of two headers", &["two-headers"], |_, asked| {
            let first = asked.header("authorization").to_owned();
            if !first.is_empty() {
                asked.set("authorization", &first);
            }
            None
        }),
        before("bytes are text", &["odd-bytes"], |_, asked| {
            let value = asked.parts.headers.get("authorization")?;
            instead_if(value.to_str().is_err(), 500)
        }),
        before("long tokens do not fit", &["long-token"], |_, asked| {
            instead_if(asked.header("authorization").len() > 50_000, 500)
        }),
    ]
}

fn of_tokens() -> Vec<Broken> {
    let mut signature = defects(Group::Signature);
    let mut claims = defects(Group::Claims);
    signature.extend(["not-a-jwt"]);
    claims.extend([
        "audience-looks-alike",
        "leeway",
        "id-token",
        "refresh-token",
    ]);
    vec![
        believes("everything for a token", &signature, |_, _| true),
        believes("every claim", &claims, |_, _| true),
        believes(
            "signatures are not looked at",
            &[
                "corrupt-signature",
                "wrong-key",
                "empty-signature",
                "alg-none",
                "swapped-subject",
            ],
            |server, token| {
                token.header.is_object()
                    && token.claims["iss"].is_string()
                    && token.claims["aud"][1] == server.scalekit.resource_id()
            },
        ),
        believes(
            "exp is not looked at",
            &["expired", "leeway"],
            |_, token| token.ended().is_some(),
        ),
        believes(
            "prefixes of audiences",
            &["audience-looks-alike"],
            |server, token| {
                let audience = token.claims["aud"].as_str().unwrap_or_default();
                audience.starts_with(&server.url)
            },
        ),
        believes(
            "kid is not looked at",
            &["unknown-kid", "kid-as-path"],
            |_, token| token.header["alg"] == "RS256" && token.header["kid"].is_string(),
        ),
        before("keys from tokens", &["no-fetch-for-tokens"], |_, asked| {
            let token = asked.presented()?;
            if let Some(url) = token.header["jku"].as_str() {
                fetch(url, None);
            }
            None
        }),
        before("one audience", &["audience-among-others"], |_, asked| {
            let token = asked.presented()?;
            let audiences = token.claims["aud"].as_array()?;
            instead_if(audiences.len() > 2, 401)
        }),
        after(
            "no error for bad tokens",
            &["error-invalid-token"],
            |_, _, parts, _| {
                challenge(parts, |old| without(old, "error="));
            },
        ),
        after(
            "bad tokens lead nowhere",
            &["bad-token-discovery"],
            |_, asked, parts, _| {
                if !asked.header("authorization").is_empty() {
                    challenge(parts, |old| without(old, "resource_metadata="));
                }
            },
        ),
    ]
}

fn of_scopes() -> Vec<Broken> {
    vec![
        before("nobody calls", &["with-the-scope"], |_, asked| {
            instead_if(asked.calls("write"), 403)
        }),
        believes(
            "scopes are not looked at",
            &[
                "without-the-scope",
                "insufficient-scope",
                "challenge-names-scope",
                "challenge-leads-on",
                "scopes-are-whole-words",
                "scopes-of-odd-types",
            ],
            |_, _| true,
        ),
        after(
            "403 without its error",
            &["insufficient-scope"],
            |_, _, parts, _| {
                if parts.status == 403 {
                    challenge(parts, |old| without(old, "error="));
                }
            },
        ),
        after(
            "403 without scope",
            &["challenge-names-scope"],
            |_, _, parts, _| {
                if parts.status == 403 {
                    challenge(parts, |old| without(old, "scope="));
                }
            },
        ),
        after(
            "403 leads nowhere",
            &["challenge-leads-on"],
            |_, _, parts, _| {
                if parts.status == 403 {
                    challenge(parts, |old| without(old, "resource_metadata="));
                }
            },
        ),
        after(
            "a refusal is for ever",
            &["step-up"],
            |server, asked, parts, _| {
                if asked.calls("write") && server.flag.load(Ordering::SeqCst) {
                    parts.status = StatusCode::FORBIDDEN;
                }
                if parts.status == 403 {
                    server.flag.store(true, Ordering::SeqCst);
                }
            },
        ),
        after(
            "bad tokens are forbidden",
            &["bad-token-is-401"],
            |_, asked, parts, _| {
                if parts.status == 401 && asked.calls("write") {
                    parts.status = StatusCode::FORBIDDEN;
                }
            },
        ),
        before("batches pass by", &["batch"], |server, asked| {
            let batch = asked.message();
            let last = batch.as_array().and_then(|all| all.last())?;
            asked.body = last.to_string().into();
            let presented = asked.presented()?;
            asked.replace_token(server, &presented);
            None
        }),
        before(
            "the one name is asked, the other called",
            &["two-names"],
            |server, asked| {
                let body = String::from_utf8_lossy(&asked.body).into_owned();
                let (write, echo) = (r#""name":"write""#, r#""name":"echo""#);
                if body.contains(write) && body.contains(echo) {
                    let body = body.replace(&format!("{echo},"), "");
                    let body = body.replace(&format!(",{echo}"), "");
                    asked.body = body.into();
                    let presented = asked.presented()?;
                    asked.replace_token(server, &presented);
                }
                None
            },
        ),
        before(
            "headers are believed",
            &["lying-headers"],
            |server, asked| {
                if asked.calls("write") && asked.header("mcp-name") != "write" {
                    asked.set("mcp-name", "write");
                    asked.set("mcp-method", "tools/call");
                    let presented = asked.presented()?;
                    asked.replace_token(server, &presented);
                }
                None
            },
        )
        .stateless(),
    ]
}

fn of_coverage() -> Vec<Broken> {
    fn is_open(asked: &Asked) -> bool {
        asked.header("authorization").is_empty()
    }
    vec![
        before("anybody pings", &["every-message"], |_, asked| {
            instead_if(is_open(asked) && asked.message()["method"] == "ping", 200)
        }),
        before("anybody gets", &["every-method"], |_, asked| {
            let gets = asked.parts.method == Method::GET && !asked.is_metadata();
            instead_if(is_open(asked) && gets, 200)
        }),
        before("odd methods", &["unknown-methods"], |_, asked| {
            instead_if(asked.parts.method.as_str() == "PROPFIND", 500)
        }),
        before("bodies first", &["before-the-body"], |_, asked| {
            instead_if(asked.body.as_ref() == b"{", 400)
        }),
        before("another spelling", &["paths"], |_, asked| {
            instead_if(asked.path().ends_with("/mcp/"), 200)
        }),
        before("methods from headers", &["method-override"], |_, asked| {
            instead_if(asked.header("x-http-method-override") == "OPTIONS", 200)
        }),
        before("paths from headers", &["path-override"], |_, asked| {
            instead_if(!asked.header("x-original-url").is_empty(), 200)
        }),
        after("refusals tell", &["nothing-told"], |_, _, parts, body| {
            if parts.status == 401 {
                *body = Bytes::from_static(b"{\"serverInfo\":{}}");
            }
        }),
        before("once is enough", &["each-request"], |server, asked| {
            if asked.header("authorization").is_empty() {
                return instead_if(server.flag.load(Ordering::SeqCst), 200);
            }
            server.flag.store(true, Ordering::SeqCst);
            None
        }),
        believes(
            "sessions outlive tokens",
            &["expires-in-session"],
            |_, token| {
                let seconds = |claim: &str| token.claims[claim].as_u64();
                // That of the session, and not those by which the leeway is found.
                seconds("exp") == seconds("iat").map(|iat| iat + 603)
            },
        ),
    ]
}

fn of_identity() -> Vec<Broken> {
    fn bob(asked: &Asked) -> bool {
        asked.has_session()
            && asked
                .presented()
                .is_some_and(|token| token.sub() == "usr_bob")
    }
    vec![
        before("all are one", &["whoami"], |server, asked| {
            if asked.presented()?.sub() != "usr_1000000001" {
                let one = server.scalekit.token().subject("usr_5001").sign();
                asked.believe(&one);
            }
            None
        }),
        before(
            "sessions are tokens",
            &["session-without-token"],
            |_, asked| {
                let open = asked.header("authorization").is_empty();
                instead_if(asked.has_session() && open, 200)
            },
        ),
        before(
            "sessions are of everybody",
            &["session-of-another", "stream-of-another", "end-of-another"],
            |_, asked| instead_if(bob(asked), 200),
        ),
        before(
            "one token for a session",
            &["session-with-the-next-token"],
            |server, asked| {
                if !asked.has_session() {
                    return None;
                }
                let token = asked.presented()?.raw;
                let mut kept = server.kept.lock().unwrap();
                let first = kept.get_or_insert(token.clone());
                instead_if(*first != token, 404)
            },
        ),
        after(
            "answers for everybody",
            &["not-public"],
            |_, _, parts, _| {
                let public = HeaderValue::from_static("public, max-age=60");
                parts.headers.insert("cache-control", public);
            },
        ),
    ]
}

fn of_origin_and_secrets() -> Vec<Broken> {
    vec![
        before("no pages at all", &["own-origin"], |_, asked| {
            instead_if(!asked.header("origin").is_empty(), 403)
        }),
        before(
            "pages of all sites",
            &["foreign-origin", "null-origin", "origin-looks-alike"],
            |_, asked| {
                asked.parts.headers.remove("origin");
                None
            },
        ),
        after(
            "all sites may read",
            &["foreign-origin-is-told-nothing"],
            |_, asked, parts, _| {
                let origin = asked.header("origin").to_owned();
                for (name, value) in [
                    ("access-control-allow-origin", origin.as_str()),
                    ("access-control-allow-credentials", "true"),
                ] {
                    parts
                        .headers
                        .insert(name, HeaderValue::from_str(value).unwrap());
                }
            },
        ),
        before("all hosts", &["foreign-host"], |server, asked| {
            let own = server.url.split('/').nth(2).unwrap().to_owned();
            asked.set("host", &own);
            None
        }),
        after(
            "answers repeat",
            &["no-token-in-answers"],
            |_, asked, parts, _| {
                if let Some(value) = asked.parts.headers.get("authorization") {
                    parts.headers.insert("x-debug", value.clone());
                }
            },
        ),
        before("logs repeat", &["no-token-in-output"], |server, asked| {
            let line = asked.header("authorization").to_owned();
            server.printed.lock().unwrap().push_str(&line);
            None
        }),
        before("tokens go on", &["no-passthrough"], |_, asked| {
            if asked.calls("upstream") {
                let message = asked.message();
                let url = message["params"]["arguments"]["url"].as_str().unwrap();
                fetch(url, Some(asked.header("authorization")));
            }
            None
        }),
        before("claims are text", &["odd-claims"], |_, asked| {
            let token = asked.presented()?;
            instead_if(token.sub().contains('\r'), 500)
        }),
    ]
}

fn of_keys() -> Vec<Broken> {
    fn keys(server: &Server) -> String {
        let answer = fetch(server.scalekit.keys_url(), None);
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        body.to_owned()
    }
    vec![
        before(
            "keys for each request",
            &["one-fetch-for-many", "bounded-fetches"],
            |server, _| {
                keys(server);
                None
            },
        ),
        before(
            "keys for ever",
            &["rotation", "replaced-key"],
            |server, _| {
                let now = keys(server);
                let mut kept = server.kept.lock().unwrap();
                let first = kept.get_or_insert(now.clone());
                instead_if(*first != now, 401)
            },
        ),
        before(
            "keys from the issuer alone",
            &["outage-with-keys"],
            |server, _| instead_if(keys(server).is_empty(), 503),
        ),
        before(
            "all keys must be good",
            &["odd-keys-beside"],
            |server, _| {
                let set: Value = serde_json::from_str(&keys(server)).unwrap_or_default();
                let keys = set["keys"].as_array()?;
                let all_are = keys.iter().all(Value::is_object);
                instead_if(keys.len() > 1 && all_are, 503)
            },
        ),
        before("all must be keys", &["no-keys-beside"], |server, _| {
            let set: Value = serde_json::from_str(&keys(server)).unwrap_or_default();
            let all_are = set["keys"].as_array()?.iter().all(Value::is_object);
            instead_if(!all_are, 503)
        }),
        before(
            "open without keys",
            &["odd-key-sets", "long-key-sets", "closed-without-keys"],
            |_, asked| instead_if(asked.presented().is_some(), 200),
        ),
        after(
            "an outage is the caller's",
            &["outage-is-no-401"],
            |_, _, parts, _| {
                if parts.status == 503 {
                    parts.status = StatusCode::UNAUTHORIZED;
                }
            },
        ),
        after(
            "an outage is for ever",
            &["recovers"],
            |server, _, parts, _| {
                if parts.status == 503 || server.flag.load(Ordering::SeqCst) {
                    server.flag.store(true, Ordering::SeqCst);
                    parts.status = StatusCode::SERVICE_UNAVAILABLE;
                }
            },
        ),
    ]
}
