//! Fuzz targets: one function per parser, for `cargo fuzz` and for `tests/any_bytes.rs` alike.
//! Each takes any bytes, and panics when what must always hold does not.
//!
//! They go through the same door as a request: a [`JwtVerifier`] whose keys came over loopback.
//! Its clock stands still, so nothing is fetched again once the first keys are there.
#![allow(
    missing_docs,
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a panic is how a fuzz target reports what it found, and names say what is tried"
)]

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use auth_core::json::{self, JsonError, RawJson, Rules};
use auth_core::{
    AccessToken, BearerToken, Clock, DocumentError, DocumentSource, InvalidReason, TokenVerifier,
    VerifyError, VerifyRequest,
};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::jwks::KeySet;
use crate::jwt::{Algorithm, JwtVerifier};
use crate::provider::ServerMetadata;
use crate::remote::{Fetcher, Freshness};

/// The second at which the clock stands.
const NOW: u64 = 1_800_000_000;
const LEEWAY: u64 = 60;
const ISSUER: &str = "https://id.example.com";
const AUDIENCE: &str = "res_1";
const GOOD_HEADER: &str = r#"{"alg":"EdDSA","kid":"k"}"#;
const GOOD_CLAIMS: &str =
    r#"{"iss":"https://id.example.com","aud":"res_1","exp":1800000300,"sub":"u"}"#;

/// A JOSE header, before claims that are good; then with the signature that belongs to it.
pub fn jose_header(data: &[u8]) {
    STAGE.with(|stage| {
        let Some(token) = stage.judge_both(data, GOOD_CLAIMS.as_bytes()) else {
            return;
        };
        let Ok(header) = object(data) else {
            let reason = token.expect_err("no strict JSON").expect("a reason");
            let of_json = [
                InvalidReason::MalformedHeader,
                InvalidReason::DuplicateMember,
            ];
            assert!(of_json.contains(&reason), "{reason:?}");
            return;
        };
        token.expect("nothing else is wrong");
        let text = |name| {
            header
                .get(name)
                .map(|value| value.as_str().expect("a text"))
        };
        assert!(["EdDSA", "Ed25519"].contains(&text("alg").expect("an algorithm")));
        assert!(!header.contains_key("crit") && !header.contains_key("b64"));
        assert!(text("kid").is_none_or(|kid| kid == "k"));
        let typ = text("typ").map(str::to_ascii_lowercase);
        let known = ["jwt", "application/jwt", "at+jwt", "application/at+jwt"];
        assert!(typ.is_none_or(|typ| known.contains(&typ.as_str())));
    });
}

/// Claims: as strict JSON, then after a good header, then with the signature that belongs to them.
pub fn claims(data: &[u8]) {
    let lax = serde_json::from_slice::<Value>(data).ok();
    let twins = serde_json::from_slice::<Twins>(data).ok();
    let read = object(data);
    match read {
        Ok(object) => {
            found_in_place(data, &object);
            let lax = lax.expect("serde_json reads what we read");
            assert!(is_same(&lax, &Value::Object(object)));
            assert_eq!(twins, Some(Twins(false)));
        }
        // Behind the twins there may be anything, so it may not be JSON at all.
        Err(JsonError::DuplicateMember) => assert_ne!(twins, Some(Twins(false))),
        Err(_) => {
            // Depth, reserved names, surrogates and, with `arbitrary_precision`, numbers: there we
            // are stricter. About the grammar both agree.
            let is_grammar = matches!(
                json::check(data, Rules::STRICT),
                Err(JsonError::Syntax { .. } | JsonError::NotUtf8)
            );
            let stricter = !is_grammar || data.contains(&b'\\');
            assert!(stricter || !lax.is_some_and(|value| value.is_object()));
        }
    }
    STAGE.with(|stage| {
        if let Some(Ok(token)) = stage.judge_both(GOOD_HEADER.as_bytes(), data) {
            sound_token(&token, &strict(data));
        }
    });
}

/// Whether both are the same, but for the last digit of a fraction: `serde_json` rounds it in a
/// way of its own.
fn is_same(lax: &Value, strict: &Value) -> bool {
    match (lax, strict) {
        (Value::Array(lax), Value::Array(strict)) => {
            let mut pairs = lax.iter().zip(strict);
            lax.len() == strict.len() && pairs.all(|(lax, strict)| is_same(lax, strict))
        }
        (Value::Object(lax), Value::Object(strict)) => {
            let mut members = lax.iter();
            lax.len() == strict.len()
                && members.all(|(name, lax)| strict.get(name).is_some_and(|own| is_same(lax, own)))
        }
        (Value::Number(lax), Value::Number(strict)) => {
            let close = |lax: f64, own: f64| (lax - own).abs() <= lax.abs() * 1e-14;
            lax == strict
                || lax
                    .as_f64()
                    .zip(strict.as_f64())
                    .is_some_and(|(lax, own)| close(lax, own))
        }
        (lax, strict) => lax == strict,
    }
}

/// A whole token. None of the seeds is signed with the issuer's key, so none is ever accepted.
pub fn token(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let Some(token) = BearerToken::new(&text) else {
        return;
    };
    STAGE.with(|stage| {
        let reason = stage.judge(&text).expect_err("nobody signed this");
        if token.secret().len() > 8 * 1024 {
            assert_eq!(reason, Some(InvalidReason::TooLong));
        } else if token.secret().matches('.').count() != 2 {
            assert_eq!(reason, Some(InvalidReason::NotCompact));
        }
    });
}

/// A key set.
pub fn jwks(data: &[u8]) {
    let document = serde_json::from_slice::<Value>(data).unwrap_or_default();
    let members = document["keys"].as_array().map_or(&[][..], Vec::as_slice);
    let names = members.iter().map(|member| member["kid"].as_str());
    let names: Vec<_> = names.chain([None, Some("absent")]).take(66).collect();
    let scalekit = [Algorithm::Rs256];
    let defaults = [
        Algorithm::Rs256,
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::EdDsa,
    ];
    for accepted in [&scalekit[..], &defaults, &Algorithm::ALL] {
        let set = KeySet::parse(data, accepted);
        let again = KeySet::parse(data, accepted);
        assert_eq!(format!("{set:?}"), format!("{again:?}"), "another answer");
        let Ok(set) = set else { continue };
        assert!(set.len() > 0 && set.len() <= 64 * accepted.len());
        for name in &names {
            for algorithm in Algorithm::ALL {
                let Ok(key) = set.select(*name, algorithm) else {
                    continue;
                };
                assert_eq!(key.algorithm, algorithm);
                assert!(accepted.contains(&algorithm), "{algorithm} is not listed");
                assert!(name.is_none() || key.id.as_deref() == *name);
                let source = |member: &&Value| member["kid"].as_str() == key.id.as_deref();
                let mut sources = members.iter().filter(source);
                assert!(sources.any(|member| may_verify(member, algorithm)));
                // No key of these seeds signs this; a panic is what is looked for.
                key.verify(b"message", &[1; 64]);
            }
        }
    }
}

/// The value of a `Cache-Control` line, as an answer of the issuer carries it.
pub fn cache_control(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else {
        return;
    };
    STAGE.with(|stage| {
        stage.answer(value.as_bytes(), b"{}");
        // Unreachable on a machine that is too busy to answer itself.
        let Some(max_age) = stage.fetched_max_age() else {
            return;
        };
        let freshness = Freshness::default();
        let ttl = freshness.ttl(max_age);
        assert!((60..=3600).contains(&ttl.as_secs()), "{ttl:?}");
        assert!(Freshness::refresh_after(ttl) < ttl);
        let text = value.to_str().unwrap_or_default().to_ascii_lowercase();
        match max_age {
            Some(age) => assert!(
                text.contains("max-age=") && text.contains(&age.as_secs().to_string()),
                "{text:?} does not say {age:?}"
            ),
            None => assert_eq!(ttl, freshness.default_ttl),
        }
    });
}

/// The metadata of an authorization server, vetted and passed on.
pub fn server_metadata(data: &[u8]) {
    let issuers = [ISSUER.to_owned(), format!("{ISSUER}/resources/{AUDIENCE}")];
    let said = serde_json::from_slice::<Value>(data).unwrap_or_default();
    let ours = said.is_object()
        && said["issuer"]
            .as_str()
            .is_some_and(|issuer| issuers.iter().any(|known| known == issuer));
    STAGE.with(|stage| {
        stage.answer(b"no-store", data);
        let metadata = ServerMetadata::fetched(
            vec![stage.url.clone()],
            issuers,
            stage.fetcher.clone(),
            Arc::new(StoppedClock),
        );
        match stage.runtime.block_on(DocumentSource::read(&metadata)) {
            Ok(document) => {
                assert!(ours, "another issuer's document");
                assert_eq!(document.json, data);
            }
            Err(DocumentError::BadAnswer(_)) => {
                let unreadable = object(data).is_err();
                assert!(!ours || unreadable || data.len() > 64 * 1024);
            }
            // Unreachable on a machine that is too busy to answer itself.
            Err(_) => {}
        }
    });
}

/// Whether a JSON Web Key may verify with `algorithm`, written once more and another way.
fn may_verify(key: &Value, algorithm: Algorithm) -> bool {
    let (kty, crv) = match algorithm {
        Algorithm::Es256 => ("EC", Some("P-256")),
        Algorithm::Es384 => ("EC", Some("P-384")),
        Algorithm::EdDsa => ("OKP", Some("Ed25519")),
        _ => ("RSA", None),
    };
    let named = match &key["alg"] {
        Value::Null => key.get("alg").is_none(),
        name => name == algorithm.as_str() || (algorithm == Algorithm::EdDsa && name == "Ed25519"),
    };
    let operations = key["key_ops"].as_array();
    key["kty"] == kty
        && crv.is_none_or(|crv| key["crv"] == crv)
        && named
        && (key["use"].is_null() || key["use"] == "sig")
        && operations.is_none_or(|list| list.iter().any(|operation| operation == "verify"))
}

/// One object and nothing after it, built.
fn object(data: &[u8]) -> Result<Map<String, Value>, JsonError> {
    match json::value(data, Rules::STRICT)? {
        Value::Object(object) => Ok(object),
        _ => Err(JsonError::Syntax { at: 0 }),
    }
}

/// An object without a member that stands twice.
fn strict(json: &[u8]) -> Map<String, Value> {
    object(json).expect("what was accepted is strict JSON")
}

const NAMES: [&str; 8] = ["iss", "aud", "exp", "nbf", "iat", "sub", "a", ""];

/// What is found in the bare text is what the parser builds of it.
fn found_in_place(text: &[u8], object: &Map<String, Value>) {
    let text = std::str::from_utf8(text).expect("strict JSON is UTF-8");
    let names = NAMES;
    let found = json::members(text, names).expect("strict JSON is JSON");
    for (name, raw) in names.into_iter().zip(found) {
        let value = object.get(name);
        let build = |json: &str| json::value(json.as_bytes(), Rules::STRICT).expect("JSON");
        let parsed = raw.map(|raw| build(raw.as_str()));
        assert_eq!(parsed.as_ref(), value, "{name}");
        let (Some(raw), Some(value)) = (raw, value) else {
            continue;
        };
        assert_eq!(raw.number().as_ref(), value.as_number(), "{name}");
        assert_eq!(raw.string().is_some(), value.is_string(), "{name}");
        assert_eq!(raw.to_value(), *value, "{name}");
        if let Some(said) = value.as_str() {
            assert!(raw.is(said), "{name}");
            let text = raw.string().expect("a text");
            assert_eq!(text.at_most(said.len()).as_deref(), Some(said), "{name}");
        }
        let items = raw.items().map(|items| {
            Value::Array(
                items
                    .map(|item: RawJson<'_>| build(item.as_str()))
                    .collect(),
            )
        });
        assert_eq!(items.as_ref(), value.is_array().then_some(value), "{name}");
    }
}

/// Whether a member stands twice, in any of the objects of a JSON text.
#[derive(Debug, PartialEq)]
struct Twins(bool);

impl<'de> Deserialize<'de> for Twins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TwinsVisitor)
    }
}

struct TwinsVisitor;

impl<'de> Visitor<'de> for TwinsVisitor {
    type Value = Twins;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Twins, E> {
        Ok(Twins(false))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Twins, E> {
        Ok(Twins(false))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Twins, E> {
        Ok(Twins(false))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Twins, E> {
        Ok(Twins(false))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Twins, E> {
        Ok(Twins(false))
    }

    fn visit_str<E>(self, _: &str) -> Result<Twins, E> {
        Ok(Twins(false))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Twins, A::Error> {
        let mut found = false;
        while let Some(Twins(inside)) = items.next_element()? {
            found |= inside;
        }
        Ok(Twins(found))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Twins, A::Error> {
        let (mut found, mut names) = (false, HashSet::new());
        while let Some((name, Twins(inside))) = members.next_entry::<String, _>()? {
            found |= inside | !names.insert(name);
        }
        Ok(Twins(found))
    }
}

/// What the rules promise of an accepted token, written once more and another way.
fn sound_token(token: &AccessToken, claims: &Map<String, Value>) {
    assert_eq!(claims["iss"], ISSUER);
    assert!(match &claims["aud"] {
        Value::Array(list) => list.iter().any(|audience| audience == AUDIENCE),
        audience => audience == AUDIENCE,
    });
    let seconds = |name| {
        claims
            .get(name)
            .map(|time| time.as_f64().expect("a number"))
    };
    #[allow(clippy::cast_precision_loss, reason = "far below 2^53")]
    let (earliest, latest) = ((NOW - LEEWAY) as f64, (NOW + LEEWAY) as f64);
    assert!(seconds("exp").expect("an expiry") > earliest);
    for name in ["nbf", "iat"] {
        // A fraction is cut off.
        assert!(seconds(name).is_none_or(|time| time < latest + 1.0));
    }
    assert!(!claims.contains_key("cnf"));
    assert_eq!(claims["sub"], token.subject());
    assert!(!token.subject().is_empty());
    assert_eq!(token.issuer(), ISSUER);
    assert_eq!(
        claims.get("client_id").and_then(Value::as_str),
        token.client_id()
    );
    assert_eq!(token.claims(), claims);
    for scope in token.scopes() {
        let text = scope.as_str().as_bytes();
        assert!(!text.is_empty());
        assert!(
            text.iter()
                .all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(byte))
        );
    }
}

/// A clock that stands still.
#[derive(Debug)]
struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// An issuer on loopback, a verifier that trusts it, and the one thread that both run on.
struct Stage {
    runtime: Runtime,
    verifier: JwtVerifier,
    issuer_key: Ed25519KeyPair,
    /// What the issuer answers to every request.
    reply: Arc<Mutex<Vec<u8>>>,
    url: String,
    fetcher: Fetcher,
}

thread_local! {
    static STAGE: Stage = Stage::set_up();
}

impl Stage {
    fn set_up() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let reply = Arc::default();
        runtime.spawn(serve(listener, Arc::clone(&reply)));
        let verifier = JwtVerifier::builder([ISSUER], [AUDIENCE], url.as_str())
            .algorithms([Algorithm::EdDsa, Algorithm::Rs256])
            .clock(StoppedClock)
            .build()
            .unwrap();
        let stage = Self {
            runtime,
            verifier,
            issuer_key: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap(),
            reply,
            url,
            fetcher: Fetcher::new(true).unwrap(),
        };
        let point = URL_SAFE_NO_PAD.encode(stage.issuer_key.public_key());
        let key = json!({"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": point});
        stage.answer(b"no-store", json!({"keys": [key]}).to_string().as_bytes());
        stage.runtime.block_on(stage.verifier.ready()).unwrap();
        // Spends the one fetch that a bad signature may force, so that all answers are the same.
        let forged = compact(GOOD_HEADER.as_bytes(), GOOD_CLAIMS.as_bytes(), &[0; 64]);
        assert_eq!(
            stage.judge(&forged).err(),
            Some(Some(InvalidReason::BadSignature))
        );
        stage
    }

    /// Sets what the issuer answers from now on.
    fn answer(&self, cache_control: &[u8], body: &[u8]) {
        let length = body.len().to_string();
        let reply = [
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ".as_slice(),
            length.as_bytes(),
            b"\r\nCache-Control: ",
            cache_control,
            b"\r\n\r\n",
            body,
        ];
        *self.reply.lock().unwrap() = reply.concat();
    }

    /// What the issuer's answer says of its age; `None` when it cannot be reached.
    fn fetched_max_age(&self) -> Option<Option<Duration>> {
        match self.runtime.block_on(self.fetcher.get(&self.url, false)) {
            Ok(fetched) => Some(fetched.max_age),
            Err(error) => {
                assert!(error.is_unreachable(), "{error}");
                None
            }
        }
    }

    /// The verdict, which is the same twice: a reason, or `None` for "cannot tell".
    fn judge(&self, token: &str) -> Result<AccessToken, Option<InvalidReason>> {
        // An empty header makes a text that begins with a dot, which a b64token may.
        let token = BearerToken::new(token).expect("base64url and dots make a b64token");
        let once = || {
            let request = VerifyRequest::new(token, StoppedClock.now());
            match self.runtime.block_on(self.verifier.verify(request)) {
                Ok(token) => Ok(token),
                Err(VerifyError::Invalid(invalid)) => Err(Some(invalid.reason())),
                Err(VerifyError::Unavailable(_)) => Err(None),
            }
        };
        let (first, second) = (once(), once());
        assert_eq!(
            format!("{first:?}"),
            format!("{second:?}"),
            "another answer"
        );
        first
    }

    /// Judges a token with a signature that is none, which is never accepted; and if that was its
    /// only fault, with the right one. `None` when there was another fault.
    fn judge_both(
        &self,
        header: &[u8],
        claims: &[u8],
    ) -> Option<Result<AccessToken, Option<InvalidReason>>> {
        let forged = compact(header, claims, &[0; 64]);
        let reason = self.judge(&forged).expect_err("nobody signed this");
        if reason != Some(InvalidReason::BadSignature) {
            return None;
        }
        let input = signing_input(header, claims);
        let signature = self.issuer_key.sign(input.as_bytes());
        Some(self.judge(&compact(header, claims, signature.as_ref())))
    }
}

fn signing_input(header: &[u8], claims: &[u8]) -> String {
    let part = |bytes| URL_SAFE_NO_PAD.encode(bytes);
    format!("{}.{}", part(header), part(claims))
}

fn compact(header: &[u8], claims: &[u8], signature: &[u8]) -> String {
    let input = signing_input(header, claims);
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Answers every request the same way, and closes.
async fn serve(listener: TcpListener, reply: Arc<Mutex<Vec<u8>>>) {
    while let Ok((mut connection, _)) = listener.accept().await {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            if !matches!(connection.read_buf(&mut request).await, Ok(1..)) {
                break;
            }
        }
        let bytes = reply.lock().unwrap().clone();
        // A client that went away needs no answer.
        let _ = connection.write_all(&bytes).await;
    }
}
