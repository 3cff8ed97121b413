//! The fuzz targets of this crate on stable Rust: no bytes may break what must always hold. And
//! what judging a token costs in memory, whatever the token is.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a failure here is the test's failure, and its report is for people"
)]

#[path = "../../auth-core/fuzz/driver.rs"]
#[allow(dead_code, reason = "other test binaries use the rest")]
mod driver;

mod support;

use std::convert::Infallible;
use std::fmt::Write;

use allocation_counter::AllocationInfo;
use auth_core::layer::{AuthLayer, AuthService};
use auth_core::operation::RequestBody;
use auth_core::verifier::TokenVerifier;
use auth_scalekit::fuzzing;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use driver::{Numbers, drive};
use http::{HeaderValue, Request, Response};
use support::Pair;
use tokio::runtime::Runtime;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt};

macro_rules! seeds {
    ($target:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/", $target)
    };
}

#[test]
fn jose_header() {
    drive(seeds!("jose_header"), fuzzing::jose_header);
}

#[test]
fn claims() {
    drive(seeds!("claims"), fuzzing::claims);
}

#[test]
fn token() {
    drive(seeds!("token"), fuzzing::token);
}

#[test]
fn jwks() {
    drive(seeds!("jwks"), fuzzing::jwks);
}

#[test]
fn cache_control() {
    drive(seeds!("cache_control"), fuzzing::cache_control);
}

#[test]
fn server_metadata() {
    drive(seeds!("server_metadata"), fuzzing::server_metadata);
}

#[test]
fn webhook_event() {
    drive(seeds!("webhook_event"), fuzzing::webhook_event);
}

#[test]
fn webhook_headers() {
    drive(seeds!("webhook_headers"), fuzzing::webhook_headers);
}

/// What judging may take beyond the token's own size.
const ALLOWANCE: u64 = 8 * 1024;

#[test]
fn any_bytes_as_a_token_are_refused_within_bounds_of_memory() {
    let judge = Judge::start();
    // Just under 8 KiB each, so that the cap does not refuse them. The only fault
    // of the claims is the missing signature, so they get as far as any forged token does.
    let claims = |name: &str, value: &str| judge.forged(name, value).into_bytes();
    let header = |text: &str| format!("{}.e30.AA", encode(text)).into_bytes();
    let list = |item: &str| format!("[{}0]", item.repeat(5200 / item.len()));
    let member = |value: &str| format!(r#"{{"alg":"RS256","a":{value}}}"#);
    let objects = list(r#"{"":0},"#);
    let chains = list(&format!("{}0{},", r#"{"":"#.repeat(120), "}".repeat(120)));
    let text = |piece: &str| format!(r#""{}""#, piece.repeat(5200 / piece.len()));
    let more = |value: &str| vec![claims("a", value), header(&member(value))];
    let members = format!(r#"1{},"b":1"#, r#","a":1"#.repeat(800));
    let mut other_members = "1".to_owned();
    for number in 0..650 {
        write!(other_members, r#","{number:x}":1"#).unwrap();
    }
    let audiences = |item: &str| format!(r#"[{}"res_1"]"#, item.repeat(5200 / item.len()));
    let rows: Vec<(&str, Vec<Vec<u8>>)> = vec![
        ("any bytes", some(any_bytes)),
        ("letters of a token", some(letters)),
        ("no base64url", some(odd_parts)),
        ("dots", sizes(|size| ".".repeat(size))),
        ("one letter", sizes(|size| "A".repeat(size))),
        (
            "no JSON",
            sizes(|size| format!("{}.e30.AA", "A".repeat(size / 4 * 4))),
        ),
        ("mutated tokens", mutated()),
        ("brackets", vec![header(&"[".repeat(6000))]),
        ("a long text", more(&text("a"))),
        ("a long text of escapes", more(&text("\\u0061"))),
        (
            "a long name of escapes",
            vec![claims(&"\\n".repeat(2600), "1")],
        ),
        (
            "a long key name",
            vec![header(&format!(
                r#"{{"alg":"RS256","kid":{}}}"#,
                text("\\n")
            ))],
        ),
        (
            "a long type",
            vec![header(&format!(
                r#"{{"alg":"RS256","typ":{}}}"#,
                text("\\n")
            ))],
        ),
        ("numbers", more(&list("0,"))),
        ("lists", more(&list("[0],"))),
        ("objects", more(&objects)),
        ("objects in objects", more(&chains)),
        ("many members", vec![claims("a", &members)]),
        ("members of other names", vec![claims("a", &other_members)]),
        ("many audiences", vec![claims("aud", &audiences(r#""","#))]),
        (
            "audiences of escapes",
            vec![claims("aud", &audiences(r#""\u0061\n","#))],
        ),
        ("a long number", vec![claims("exp", &"9".repeat(5200))]),
        ("a long issuer", vec![claims("iss", &text("\\u0061"))]),
    ];
    println!(
        "{:28} {:>6} {:>8} {:>9} {:>9} {:>6} {:>5}",
        "worst of", "tokens", "size", "total", "peak", "allocs", "kept"
    );
    for (name, tokens) in rows {
        let mut worst: Option<(usize, AllocationInfo)> = None;
        let mut judged = 0;
        for token in tokens {
            let Some((status, cost)) = judge.judge(&token) else {
                continue;
            };
            judged += 1;
            let shown = token[..token.len().min(200)].escape_ascii();
            assert!(
                [400, 401, 503].contains(&status),
                "{name}: {status} for {shown}"
            );
            let (spent, limit) = (cost.bytes_total, token.len() as u64 + ALLOWANCE);
            assert!(
                spent <= limit,
                "{name}: {spent} bytes, {limit} allowed, for {shown}"
            );
            let excess =
                |size: usize, cost: &AllocationInfo| cost.bytes_total.saturating_sub(size as u64);
            if worst
                .as_ref()
                .is_none_or(|(size, before)| excess(token.len(), &cost) > excess(*size, before))
            {
                worst = Some((token.len(), cost));
            }
        }
        let (size, cost) = worst.unwrap();
        println!(
            "{name:28} {judged:6} {size:8} {:9} {:9} {:6} {:5}",
            cost.bytes_total, cost.bytes_max, cost.count_total, cost.bytes_current
        );
    }
}

type Service = BoxCloneSyncService<
    Request<String>,
    http::Response<auth_core::layer::ResponseBody<String>>,
    Infallible,
>;

/// A protected service, on a runtime with nothing else to do.
struct Judge {
    runtime: Runtime,
    service: Service,
    /// Where the keys come from.
    pair: Pair,
}

impl Judge {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let pair = runtime.block_on(Pair::start());
        runtime.block_on(pair.provider.ready()).unwrap();
        let inner = tower::service_fn(|_: Request<RequestBody<String>>| async {
            Ok::<_, Infallible>(Response::new(String::from("inner")))
        });
        let layer = AuthLayer::builder(pair.provider.clone())
            .clock(pair.clock.clone())
            .build();
        let service: AuthService<_> = layer.unwrap().layer(inner);
        let judge = Self {
            runtime,
            service: BoxCloneSyncService::new(service),
            pair,
        };
        let good = judge.pair.scalekit.token().sign();
        let forged = judge.pair.scalekit.token().wrong_key().sign();
        let status = |token: &str| judge.judge(token.as_bytes()).unwrap().0;
        assert_eq!(status(&good), 200, "the control");
        // Spends the one fetch that a bad signature may force: the clock stands still.
        assert_eq!(status(&forged), 401);
        judge
    }

    /// A token with another member than a good one has, and a signature that is none.
    fn forged(&self, name: &str, value: &str) -> String {
        let good = self.pair.scalekit.token().without_claim(name).sign();
        let (head, signature) = good.rsplit_once('.').unwrap();
        let (header, payload) = head.split_once('.').unwrap();
        let payload = URL_SAFE_NO_PAD.decode(payload).unwrap();
        let claims = String::from_utf8(payload).unwrap();
        let claims = claims.strip_suffix('}').unwrap();
        let forged = encode(&format!(r#"{claims},"{name}":{value}}}"#));
        let token = format!("{header}.{forged}.{signature}");
        assert!(token.len() <= 8 * 1024, "the cap would refuse it");
        token
    }

    /// The status, and what was allocated from the request's arrival to the end of its answer;
    /// `None` for bytes that no header line can carry.
    fn judge(&self, token: &[u8]) -> Option<(u16, AllocationInfo)> {
        let value = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
        let request = Request::get("/mcp").header("authorization", value);
        let mut request = Some(request.body(String::new()).unwrap());
        let mut status = 0;
        let cost = allocation_counter::measure(|| {
            let answer = self.service.clone().oneshot(request.take().unwrap());
            status = self.runtime.block_on(answer).unwrap().status().as_u16();
        });
        Some((status, cost))
    }
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn some(make: fn(&mut Numbers) -> Vec<u8>) -> Vec<Vec<u8>> {
    (0..500)
        .map(|round| make(&mut Numbers::new(round)))
        .collect()
}

fn sizes(make: impl Fn(usize) -> String) -> Vec<Vec<u8>> {
    let sizes = [0, 1, 100, 8 * 1024 - 7, 8 * 1024, 8 * 1024 + 1, 400 * 1024];
    sizes.map(|size| make(size).into_bytes()).into()
}

fn any_bytes(numbers: &mut Numbers) -> Vec<u8> {
    (0..numbers.below(9000))
        .map(|_| 0x80 | numbers.byte())
        .collect()
}

fn letters(numbers: &mut Numbers) -> Vec<u8> {
    let known = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/";
    (0..numbers.below(9000))
        .map(|_| known[numbers.below(known.len())])
        .collect()
}

fn odd_parts(numbers: &mut Numbers) -> Vec<u8> {
    let mut part = || "+/~".repeat(1 + numbers.below(900));
    format!("{}.{}.{}", part(), part(), part()).into_bytes()
}

fn mutated() -> Vec<Vec<u8>> {
    let seeds = driver::read(std::path::Path::new(seeds!("token")));
    (0..3000)
        .map(|round| driver::input(&seeds, round))
        .collect()
}
