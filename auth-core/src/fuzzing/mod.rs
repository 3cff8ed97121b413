//! Fuzz targets: one function per parser, for `cargo fuzz` and for `tests/fuzz_targets.rs` alike.
//! Each takes any bytes, and panics when what must always hold does not.
#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a fuzz target reports what it found, and names say what is tried"
)]

use std::fmt;
use std::time::Duration;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Response};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use url::{Host, Url};

use crate::error::Excerpt;
use crate::operation;
use crate::operation::{AnswerKind, ListFilter, Operation};
use crate::policy::AuthenticationRequirement;
use crate::provider::{ProtectedResourceMetadata, PublicUrl, UrlError};
use crate::support::json;
use crate::support::json::{JsonError, Rules};
use crate::token::{BearerToken, MalformedCredentials, Scopes};
use crate::verifier::{InvalidReason, Unavailable};
use crate::wire::Challenges;
use crate::wire::Refusal;

/// `Authorization` lines, one per line of the input.
pub fn bearer(data: &[u8]) {
    let lines: Vec<_> = data
        .split(|byte| *byte == b'\n')
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
        .collect();
    let mut headers = HeaderMap::new();
    for line in &lines {
        headers.append(AUTHORIZATION, line.clone());
    }
    let read = BearerToken::from_headers(&headers);
    assert_eq!(read, BearerToken::from_headers(&headers), "another answer");
    match &lines[..] {
        [] => assert_eq!(read, Ok(None)),
        [line] => {
            let token = read.ok().flatten();
            let text = token.as_ref().map(|token| token.secret().as_bytes());
            assert_eq!(text, bearer_by_grammar(line.as_bytes()), "{line:?}");
            if let Some(token) = token {
                assert_eq!(format!("{token:?}"), "BearerToken(redacted)");
                assert_eq!(BearerToken::new(token.secret()), Some(token));
            }
        }
        _ => assert_eq!(read, Err(MalformedCredentials::SeveralHeaders)),
    }
}

/// JSON of others, beside what `serde_json` makes of it without building anything.
pub fn json(data: &[u8]) {
    let strict = json::check(data, Rules::STRICT);
    let lax = serde_json::from_slice::<IgnoredAny>(data);
    match &strict {
        Ok(()) => {
            assert!(lax.is_ok(), "serde_json does not read what we read");
            let value = json::value(data, Rules::STRICT).expect("what was checked can be built");
            assert!(depth(&value) <= 64);
            let again = serde_json::to_vec(&value).expect("a value can be written");
            let same = json::value(&again, Rules::STRICT);
            assert_eq!(same.as_ref(), Ok(&value), "another value");
        }
        // serde_json does not look at surrogates that it does not build.
        Err(JsonError::Syntax { .. }) => assert!(lax.is_err() || data.contains(&b'\\')),
        Err(_) => {}
    }
    assert_eq!(json::value(data, Rules::STRICT).err(), strict.err());
    let loose = Rules::STRICT.max_depth(Rules::DEEPEST).duplicates_allowed();
    if json::check(data, Rules::STRICT).is_ok() {
        assert_eq!(json::check(data, loose), Ok(()));
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The body of a request.
pub fn message(data: &[u8]) {
    let loose = Rules::STRICT.max_depth(Rules::DEEPEST).duplicates_allowed();
    let operations = operation::operations_of(data);
    assert_eq!(operations, operation::operations_of(data), "another answer");
    let Ok(operations) = operations else {
        return;
    };
    assert_eq!(json::check(data, loose), Ok(()), "read, and no JSON");
    for operation in operations {
        assert!(operation.method().len() <= 128);
        assert_eq!(operation.name().is_some(), operation.primitive().is_some());
        let shown = operation.to_string();
        assert!(!shown.contains(['\n', '\r', '\0']), "{shown}");
    }
}

/// An answer that may hold lists, whole and in pieces: nothing that is secret is in what is sent.
pub fn list(data: &[u8]) {
    for stream in [false, true] {
        let through = |size: usize| {
            let kind = if stream {
                AnswerKind::Stream
            } else {
                AnswerKind::Json(None)
            };
            let visible = |operation: &Operation| {
                let name = operation.name().unwrap_or_default();
                !name.contains("secret")
            };
            let mut filter = ListFilter::new(kind, visible, || {});
            let mut out = Vec::new();
            for piece in data.chunks(size) {
                out.extend_from_slice(&filter.next(piece));
            }
            out.extend_from_slice(&filter.rest());
            out
        };
        let out = through(data.len().max(1));
        assert_eq!(out, through(7), "in pieces it is another answer");
        if !stream {
            let sent = serde_json::from_slice::<Value>(&out).unwrap_or_default();
            assert!(!lists_a_secret(&sent), "{}", out.escape_ascii());
        }
    }
}

/// Whether a reader of JSON-RPC finds an item with a secret name.
fn lists_a_secret(sent: &Value) -> bool {
    let messages = sent
        .as_array()
        .map_or(std::slice::from_ref(sent), Vec::as_slice);
    let lists = [
        ("tools", "name"),
        ("prompts", "name"),
        ("resources", "uri"),
        ("resourceTemplates", "uriTemplate"),
        ("skills", "uri"),
    ];
    messages.iter().any(|message| {
        lists.iter().any(|(list, name)| {
            let items = message["result"][list].as_array();
            items.is_some_and(|items| {
                let mut names = items.iter().filter_map(|item| item[name].as_str());
                names.any(|name| name.contains("secret"))
            })
        })
    })
}

/// A URL as it is configured.
pub fn public_url(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for parse in [PublicUrl::parse, PublicUrl::parse_origin] {
        let parsed = parse(&text);
        assert_eq!(parsed, parse(&text), "another answer");
        match parsed {
            Ok(url) => {
                assert_eq!(url.as_str(), text);
                sound_url(&url);
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                if let Some(instead) = suggested(&error) {
                    assert!(parse(instead).is_ok(), "{text:?}: {error}");
                }
            }
        }
    }
}

/// The URL that an error suggests.
fn suggested(error: &UrlError) -> Option<&str> {
    match error {
        UrlError::NotAUrl { instead, .. } => instead.as_deref(),
        UrlError::Path { origin: url }
        | UrlError::TrailingSlash { without: url }
        | UrlError::NotNormal { normal: url, .. } => Some(url),
        _ => None,
    }
}

/// A protected resource metadata document, read, served and pointed to by a challenge.
pub fn resource_metadata(data: &[u8]) {
    let Ok(metadata) = serde_json::from_slice::<ProtectedResourceMetadata>(data) else {
        return;
    };
    sound_url(&metadata.resource);
    sound_scopes(&metadata.scopes_supported);
    let served = serde_json::to_vec(&metadata).expect("what was read can be written");
    let again = serde_json::from_slice(&served).expect("what was written can be read");
    assert_eq!(
        without_fractions(metadata.clone()),
        without_fractions(again)
    );
    let mut names = member_names(&served);
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "a member stands twice");
    assert!(
        names.binary_search(&"scopes_supported".into()).is_ok()
            != metadata.scopes_supported.is_empty()
    );
    let challenges = Challenges::new(&metadata.url(), metadata.scopes_supported.clone());
    let mut expected = vec![("resource_metadata", metadata_url(&metadata.resource))];
    if !metadata.scopes_supported.is_empty() {
        expected.push(("scope", metadata.scopes_supported.to_string()));
    }
    says(
        &challenges.response(Refusal::NoCredentials, Scopes::NONE),
        401,
        &expected,
    );
}

/// A challenge of whatever vetting lets in. The lines of the input: URL, scopes of all requests,
/// scopes of this one, two lists of authentication context classes, an age in seconds.
pub fn challenge(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let url = PublicUrl::parse(line())
        .unwrap_or_else(|_| PublicUrl::parse("https://mcp.example.com/mcp").unwrap());
    sound_url(&url);
    let (base, wanted) = (scopes(line()), scopes(line()));
    let (one, other) = (acr(line()), acr(line()));
    let age = line().parse::<u64>().ok();

    let challenges = Challenges::new(&metadata_url(&url), base.clone());
    let start = || vec![("resource_metadata", metadata_url(&url))];
    let and_scope = |mut parameters: Vec<(&'static str, String)>, scopes: &[&Scopes]| {
        let mut names: Vec<&str> = Vec::new();
        for name in scopes.iter().flat_map(|scopes| scopes.iter()) {
            if !names.contains(&name.as_str()) {
                names.push(name.as_str());
            }
        }
        if !names.is_empty() {
            parameters.push(("scope", names.join(" ")));
        }
        parameters
    };
    let and = |mut parameters: Vec<(&'static str, String)>, name, value: &str| {
        parameters.push((name, value.to_owned()));
        parameters
    };
    let with_error = |scopes: &[&Scopes], error: &str, description: &str| {
        let parameters = and(and_scope(start(), scopes), "error", error);
        and(parameters, "error_description", description)
    };

    says(
        &challenges.response(Refusal::NoCredentials, Scopes::NONE),
        401,
        &and_scope(start(), &[&base]),
    );
    says(
        &challenges.response(MalformedCredentials::Character.into(), Scopes::NONE),
        400,
        &with_error(
            &[&base],
            "invalid_request",
            "The Authorization header is malformed",
        ),
    );
    says(
        &challenges.response(
            Refusal::InvalidToken(InvalidReason::Expired.into()),
            Scopes::NONE,
        ),
        401,
        &with_error(
            &[&base],
            "invalid_token",
            "The access token is invalid or expired",
        ),
    );
    says(
        &challenges.response(Refusal::InsufficientScope(wanted.clone()), Scopes::NONE),
        403,
        &with_error(
            &[&base, &wanted],
            "insufficient_scope",
            "The request needs a broader access token",
        ),
    );
    for silent in [
        Refusal::OriginNotAllowed(Excerpt::new(text.as_bytes(), 128)),
        Refusal::PolicyDenied(text.clone().into_owned()),
        Refusal::Unavailable(Unavailable::new(Duration::from_secs(age.unwrap_or(0)))),
    ] {
        let response = challenges.response(silent, Scopes::NONE);
        assert!(!response.headers().contains_key(WWW_AUTHENTICATE));
        sound_body(&response);
    }
    login_challenge(
        &challenges,
        &and_scope(start(), &[&base]),
        &one,
        &other,
        age,
    );
}

/// The challenge for another login, which alone has `max_age` and `acr_values`.
fn login_challenge(
    challenges: &Challenges,
    start: &[(&'static str, String)],
    one: &[String],
    other: &[String],
    age: Option<u64>,
) {
    let mut requirement = AuthenticationRequirement::default();
    for set in [one, other] {
        if let Ok(acr) = AuthenticationRequirement::acr(set) {
            requirement = requirement.and(&acr);
        }
    }
    if let Some(age) = age {
        requirement = requirement.and(&AuthenticationRequirement::max_age(Duration::from_secs(
            age,
        )));
    }
    let response = challenges.response(
        Refusal::InsufficientUserAuthentication(requirement),
        Scopes::NONE,
    );
    let status = response.status();
    assert_eq!(status, 401);
    sound_body(&response);
    let parameters = read_challenge(&response).expect("a challenge that can be read");
    let mut rest = parameters.as_slice();
    let mut next = |name: &str| match rest {
        [(found, value), tail @ ..] if found == name => {
            rest = tail;
            Some(value.clone())
        }
        _ => None,
    };
    for (name, value) in start {
        assert_eq!(next(name).as_ref(), Some(value), "{parameters:?}");
    }
    let error = next("error");
    assert_eq!(error.as_deref(), Some("insufficient_user_authentication"));
    assert_eq!(next("max_age"), age.map(|age| age.to_string()));
    assert_eq!(next("acr_values"), expected_acr(one, other));
    assert!(next("error_description").is_some());
    assert!(rest.is_empty(), "{rest:?} follows in {parameters:?}");
}

/// The classes of both lists, or else of either, in their order and each once.
fn expected_acr(one: &[String], other: &[String]) -> Option<String> {
    let mut all: Vec<&str> = Vec::new();
    for value in one.iter().chain(other) {
        if !all.contains(&value.as_str()) {
            all.push(value);
        }
    }
    let has = |set: &[String], value: &str| set.is_empty() || set.iter().any(|own| own == value);
    let common: Vec<&str> = all
        .iter()
        .copied()
        .filter(|value| has(one, value) && has(other, value))
        .collect();
    let values = if common.is_empty() { all } else { common };
    (!values.is_empty()).then(|| values.join(" "))
}

/// What the grammar of RFC 6750 section 2.1 lets in, written once more and another way.
fn bearer_by_grammar(line: &[u8]) -> Option<&[u8]> {
    let (scheme, rest) = line.split_at_checked("Bearer".len())?;
    let start = rest.iter().position(|byte| *byte != b' ')?;
    let token = &rest[start..];
    let end = token.iter().rposition(|byte| *byte != b'=')?;
    let body = token[..=end]
        .iter()
        .all(|byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'+' | b'/'));
    (scheme.eq_ignore_ascii_case(b"bearer") && start > 0 && body).then_some(token)
}

/// A vetted URL can stand in a challenge, and is the same URL to everybody.
fn sound_url(url: &PublicUrl) {
    let text = url.as_str();
    // What is left of printable ASCII is in no URL, RFC 3986 appendix A.
    let allowed = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    assert!(text.bytes().all(allowed), "{text}");
    assert_eq!(format!("{}{}", url.origin(), url.path()), text);
    assert!(url.path().is_empty() || url.path().starts_with('/'));
    let parsed = Url::parse(text).expect("a vetted URL is a URL");
    assert_eq!(
        parsed.as_str().trim_end_matches('/'),
        text,
        "it has one form"
    );
    assert_eq!(parsed.username(), "");
    assert_eq!(
        (parsed.password(), parsed.query(), parsed.fragment()),
        (None, None, None)
    );
    let loopback = match parsed.host().expect("a host") {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.to_canonical().is_loopback(),
    };
    assert_eq!(url.is_loopback(), loopback);
    assert!(parsed.scheme() == "https" || loopback && parsed.scheme() == "http");
    let document = Url::parse(&metadata_url(url)).expect("the document's URL is one");
    assert_eq!(document.origin(), parsed.origin());
    assert_eq!(
        url.well_known_url("oauth-protected-resource"),
        document.as_str()
    );
}

fn metadata_url(url: &PublicUrl) -> String {
    format!(
        "{}/.well-known/oauth-protected-resource{}",
        url.origin(),
        url.path()
    )
}

/// What vetting lets in of a list of scopes: all of it, or the members that are scopes.
fn scopes(text: &str) -> Scopes {
    let clean = text
        .chars()
        .all(|character| matches!(character, ' '..='~') && !matches!(character, '"' | '\\'));
    let parsed = Scopes::parse(text);
    assert_eq!(parsed.is_ok(), clean, "{text:?}");
    let scopes = parsed.unwrap_or_else(|_| Scopes::granted(text.split(' ')));
    sound_scopes(&scopes);
    scopes
}

fn sound_scopes(scopes: &Scopes) {
    let mut names: Vec<_> = scopes.iter().map(|scope| scope.as_str()).collect();
    for name in &names {
        assert!(!name.is_empty() && scopes.contains(name));
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
        );
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), scopes.len(), "a scope stands twice");
    assert_eq!(Scopes::parse(&scopes.to_string()).as_ref(), Ok(scopes));
}

/// The members of a list that vetting lets in as authentication context classes.
fn acr(text: &str) -> Vec<String> {
    let members = text.split(' ').map(str::to_owned);
    members
        .filter(|member| AuthenticationRequirement::acr([member.as_str()]).is_ok())
        .collect()
}

/// The answer has this status, and its challenge exactly these parameters, each once.
fn says(response: &Response<bytes::Bytes>, status: u16, expected: &[(&str, String)]) {
    assert_eq!(response.status(), status);
    sound_body(response);
    let parameters = read_challenge(response).expect("a challenge that can be read");
    let found: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.clone()))
        .collect();
    assert_eq!(found, expected);
}

fn sound_body(response: &Response<bytes::Bytes>) {
    let body: Value = serde_json::from_slice(response.body()).expect("a JSON body");
    assert!(body["error"].is_string() && body["error_description"].is_string());
    assert_eq!(
        member_names(response.body()),
        ["error", "error_description"]
    );
}

/// The one `Bearer` challenge of an answer, read by the grammar of RFC 9110 section 11.
fn read_challenge(response: &Response<bytes::Bytes>) -> Option<Vec<(String, String)>> {
    let mut lines = response.headers().get_all(WWW_AUTHENTICATE).iter();
    let (line, None) = (lines.next()?, lines.next()) else {
        return None;
    };
    let mut reader = Reader(line.as_bytes());
    if reader.token()? != "Bearer" || !reader.skip(b' ') {
        return None;
    }
    let mut parameters = Vec::new();
    loop {
        reader.white_space();
        let name = reader.token()?;
        reader.white_space();
        if !reader.skip(b'=') {
            return None;
        }
        reader.white_space();
        let value = match reader.0.first()? {
            b'"' => reader.quoted_string()?,
            _ => reader.token()?,
        };
        parameters.push((name, value));
        reader.white_space();
        if reader.0.is_empty() {
            return Some(parameters);
        }
        if !reader.skip(b',') {
            return None;
        }
    }
}

/// The rest of a header line.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn skip(&mut self, byte: u8) -> bool {
        self.0.first() == Some(&byte) && self.next().is_some()
    }

    fn white_space(&mut self) {
        while self.skip(b' ') || self.skip(b'\t') {}
    }

    /// `1*tchar`, RFC 9110 section 5.6.2.
    fn token(&mut self) -> Option<String> {
        let mut token = String::new();
        while let Some(byte) = self.0.first().copied() {
            if !byte.is_ascii_graphic() || b"\"(),/:;<=>?@[\\]{}".contains(&byte) {
                break;
            }
            token.push(char::from(byte));
            self.next();
        }
        (!token.is_empty()).then_some(token)
    }

    /// RFC 9110 section 5.6.4.
    fn quoted_string(&mut self) -> Option<String> {
        let mut text = String::new();
        self.next()?;
        loop {
            match self.next()? {
                b'"' => return Some(text),
                b'\\' => text.push(char::from(self.next()?)),
                byte => text.push(char::from(byte)),
            }
        }
    }
}

/// The names of an object's members, as often as they stand there.
fn member_names(json: &[u8]) -> Vec<String> {
    struct Names;
    impl<'de> Visitor<'de> for Names {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Vec<String>, A::Error> {
            let mut names = Vec::new();
            while let Some((name, _)) = members.next_entry::<String, IgnoredAny>()? {
                names.push(name);
            }
            Ok(names)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    deserializer.deserialize_map(Names).expect("an object")
}

/// `serde_json` rounds some fractions when it reads them, so they may differ in the last digit.
fn without_fractions(mut metadata: ProtectedResourceMetadata) -> ProtectedResourceMetadata {
    fn blank(value: &mut Value) {
        match value {
            Value::Number(number) if number.is_f64() => *value = Value::Null,
            Value::Array(items) => items.iter_mut().for_each(blank),
            Value::Object(members) => members.values_mut().for_each(blank),
            _ => {}
        }
    }
    metadata.additional.values_mut().for_each(blank);
    metadata
}
