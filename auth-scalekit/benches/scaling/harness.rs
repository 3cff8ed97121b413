//! An issuer that serves key sets on loopback, and verifiers that trust it.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use auth_core::token::BearerToken;
use auth_core::verifier::{
    CachedVerifier, TokenCache, TokenVerifier, TokenVerifierExt, VerifyRequest,
};
use auth_scalekit::jwt::{Algorithm, JwtVerifier, JwtVerifierBuilder};
use serde_json::json;
use tokio::runtime::Runtime;
use wiremock::matchers::path;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::issuer::{AUDIENCE, ISSUER, Key};

const ALGORITHM: &str = "EdDSA";
const BYTES: usize = 800;

/// All tokens are verified at the time at which the bench began.
fn now() -> SystemTime {
    static NOW: OnceLock<SystemTime> = OnceLock::new();
    *NOW.get_or_init(SystemTime::now)
}

fn seconds() -> u64 {
    now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A request for one token.
pub(crate) fn request(token: &str) -> VerifyRequest<'_> {
    VerifyRequest::new(BearerToken::new(token).unwrap(), now())
}

pub(crate) fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

pub(crate) struct Harness {
    pub(crate) key: Key,
    server: MockServer,
    runtime: Runtime,
}

impl Harness {
    pub(crate) fn start() -> Self {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(MockServer::start());
        let harness = Self {
            key: Key::generate(ALGORITHM),
            server,
            runtime,
        };
        harness.serve("/keys", &[&harness.key]);
        harness
    }

    fn serve(&self, at: &str, keys: &[&Key]) {
        let set: Vec<_> = keys.iter().map(|key| key.jwk.clone()).collect();
        let answer = ResponseTemplate::new(200).set_body_json(json!({"keys": set}));
        let mock = Mock::given(path(at)).respond_with(answer);
        self.runtime.block_on(mock.mount(&self.server));
    }

    pub(crate) fn fetches(&self) -> usize {
        let requests = self.runtime.block_on(self.server.received_requests());
        requests.unwrap().len()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.uri())
    }

    /// `number` tokens, each of a different subject.
    pub(crate) fn mint(&self, number: usize) -> Vec<String> {
        let begun = std::time::Instant::now();
        let half = number / 2;
        let mint = |numbers: std::ops::Range<usize>| -> Vec<_> {
            let token = |number| self.token(&format!("usr_{number}"));
            numbers.map(token).collect()
        };
        let mut tokens = std::thread::scope(|scope| {
            let first = scope.spawn(|| mint(0..half));
            let rest = mint(half..number);
            let mut tokens = first.join().unwrap();
            tokens.extend(rest);
            tokens
        });
        if number >= 100_000 {
            eprintln!("minted {number} tokens in {:.0?}", begun.elapsed());
        }
        tokens.shrink_to_fit();
        tokens
    }

    pub(crate) fn token(&self, subject: &str) -> String {
        self.key
            .token_of(ISSUER, subject, ALGORITHM, seconds(), 36_000, BYTES)
    }

    pub(crate) fn expired(&self) -> String {
        self.key.token(ALGORITHM, seconds() - 7200, 3600, BYTES)
    }

    /// A verifier that has its keys.
    pub(crate) fn verifier(&self, cache: TokenCache) -> CachedVerifier<JwtVerifier> {
        let builder = JwtVerifier::builder([ISSUER], [AUDIENCE], self.url("/keys"));
        let reuse = std::time::Duration::from_secs(3600);
        let verifier = self.ready(builder.reuse_tokens_for(reuse));
        verifier.cached(cache).unwrap()
    }

    /// A verifier that has fetched nothing yet.
    pub(crate) fn unready(&self) -> JwtVerifier {
        JwtVerifier::builder([ISSUER], [AUDIENCE], self.url("/keys"))
            .algorithms([Algorithm::EdDsa])
            .allow_private_addresses()
            .build()
            .unwrap()
    }

    fn ready(&self, builder: JwtVerifierBuilder) -> JwtVerifier {
        let verifier = builder
            .algorithms([Algorithm::EdDsa])
            .allow_private_addresses()
            .build()
            .unwrap();
        self.runtime.block_on(verifier.ready()).unwrap();
        verifier
    }

    /// A verifier with a key set of `number` keys, and a token of the last.
    pub(crate) fn with_keys(&self, number: usize) -> (JwtVerifier, String) {
        let mut keys: Vec<_> = (0..number).map(|_| Key::generate(ALGORITHM)).collect();
        for (number, key) in keys.iter_mut().enumerate() {
            key.jwk["kid"] = json!(format!("key_{number}"));
        }
        let at = format!("/keys/{number}");
        self.serve(&at, &keys.iter().collect::<Vec<_>>());
        let builder = JwtVerifier::builder([ISSUER], [AUDIENCE], self.url(&at));
        let verifier = self.ready(builder);
        let kid = format!("key_{}", number - 1);
        let token = keys[number - 1].token(&kid, seconds(), 3600, BYTES);
        (verifier, token)
    }

    /// A verifier with `number` issuers, and a token of the last.
    pub(crate) fn with_issuers(&self, number: usize) -> (JwtVerifier, String) {
        let name = |number: usize| format!("https://id{number}.example.com");
        let mut builder = JwtVerifier::builder([name(0)], [AUDIENCE], self.url("/keys"));
        for other in 1..number {
            builder = builder.also_trust([name(other)], self.url("/keys"));
        }
        let verifier = self.ready(builder);
        let last = name(number - 1);
        let key = &self.key;
        let token = key.token_of(&last, "usr_1", ALGORITHM, seconds(), 3600, BYTES);
        (verifier, token)
    }
}
