//! Verified tokens are reused for as long as their verifier allows.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::policy::{OperationPolicy, RequireScopes};
use auth_core::provider::{AuthProvider, ResourceServer};
use auth_core::revocation::{MemoryRevocations, Revocations};
use auth_core::support::{Clock, async_trait};
use auth_core::token::{Scopes, Validity, VerifiedToken};
use auth_core::verifier::{
    InvalidReason, TokenCache, TokenVerifier, Unavailable, VerifyError, VerifyRequest,
};

use crate::harness::{Service, around, post};
use crate::support::provider;

/// Finds its tokens in a table, and allows to reuse each for 30 s while the table is unchanged.
#[derive(Debug, Clone, Default)]
struct Table {
    calls: Arc<AtomicUsize>,
    replaced: Arc<Replaced>,
    /// Whether it does not allow reuse.
    no_reuse: bool,
}

#[derive(Debug, Default)]
struct Replaced(AtomicBool);

impl Validity for Replaced {
    fn holds(&self) -> bool {
        !self.0.load(Ordering::Relaxed)
    }
}

#[async_trait]
impl TokenVerifier for Table {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let user = match request.token().secret() {
            "key-of-ada" => "ada",
            "key-of-bob" => "bob",
            _ => return Err(InvalidReason::Revoked.into()),
        };
        let end = request.now() + Duration::from_secs(3600);
        let token = VerifiedToken::assertion("https://keys.example.com", user, end)
            .with_scopes(Scopes::granted(["read"]));
        if self.no_reuse {
            return Ok(token);
        }
        let until = request.now() + Duration::from_secs(30);
        let table = Arc::clone(&self.replaced);
        Ok(token.reusable_until(until).while_holds(table))
    }
}

impl Table {
    /// The number of calls since the last time.
    fn take_calls(&self) -> usize {
        self.calls.swap(0, Ordering::Relaxed)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct SettableClock(Arc<Mutex<Duration>>);

impl SettableClock {
    pub(crate) fn set(&self, seconds: u64) {
        *self.0.lock().unwrap() = Duration::from_secs(seconds);
    }
}

impl Clock for SettableClock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

fn guarded(
    table: &Table,
    watch: &SettableClock,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> Service {
    let provider = ResourceServer::new(table.clone(), provider().metadata().clone());
    let layer = AuthLayer::builder(provider).clock(watch.clone());
    around(&change(layer).build().unwrap())
}

/// The status of a call with this key, and who it was.
async fn call(service: &Service, key: &str) -> (u16, Option<String>) {
    call_with(service, key, &[]).await
}

async fn call_with(
    service: &Service,
    key: &str,
    headers: &[(&str, &str)],
) -> (u16, Option<String>) {
    let line = format!("Bearer {key}");
    let mut all = vec![("authorization", line.as_str())];
    all.extend(headers);
    let response = post(service, &all, "{}").await;
    let caller = (response.status == 200).then(|| response.echoed()["caller"].clone());
    let caller = caller.and_then(|caller| caller.as_str().map(str::to_owned));
    (response.status, caller)
}

#[tokio::test]
async fn a_token_is_reused_for_as_long_as_its_verifier_allows() {
    let (table, watch) = (Table::default(), SettableClock::default());
    let service = guarded(&table, &watch, |layer| layer);
    let ada = (200, Some("ada".to_owned()));
    for second in [0, 1, 29] {
        watch.set(second);
        assert_eq!(call(&service, "key-of-ada").await, ada, "{second}");
    }
    assert_eq!(table.take_calls(), 1, "once for all of them");
    watch.set(30);
    assert_eq!(call(&service, "key-of-ada").await, ada);
    assert_eq!(table.take_calls(), 1, "once more");
    let bob = (200, Some("bob".to_owned()));
    assert_eq!(call(&service, "key-of-bob").await, bob, "another token");
    assert_eq!(table.take_calls(), 1, "once for the other");
    for bad in ["key-of-adb", "key-of-ad", "key-of-adaa", "key-of-ada=", "x"] {
        assert_eq!(call(&service, bad).await, (401, None), "{bad}");
        assert_eq!(table.take_calls(), 1, "{bad}");
        assert_eq!(call(&service, bad).await, (401, None), "{bad}");
        assert_eq!(table.take_calls(), 1, "a refusal is not reused");
    }
    for malformed in ["key-of-ada,", "key-of-ada key-of-ada", "\"key-of-ada\""] {
        assert_eq!(call(&service, malformed).await, (400, None), "{malformed}");
    }
    assert_eq!(table.take_calls(), 0, "for a malformed token");
}

#[tokio::test]
async fn a_token_is_reused_while_its_validity_holds() {
    let (table, watch) = (Table::default(), SettableClock::default());
    let service = guarded(&table, &watch, |layer| layer);
    for _ in 0..3 {
        assert_eq!(call(&service, "key-of-ada").await.0, 200);
    }
    assert_eq!(table.take_calls(), 1, "the control");
    table.replaced.0.store(true, Ordering::Relaxed);
    for _ in 0..3 {
        assert_eq!(call(&service, "key-of-ada").await.0, 200);
    }
    assert_eq!(table.take_calls(), 3, "for each request from then on");
}

#[tokio::test]
async fn without_reuse_the_verifier_is_called_each_time() {
    let watch = SettableClock::default();
    for (no_reuse, cache, expected) in [
        (false, TokenCache::DEFAULT, 1),
        (true, TokenCache::DEFAULT, 3),
        (false, TokenCache::OFF, 3),
    ] {
        let table = Table {
            no_reuse,
            ..Table::default()
        };
        let service = guarded(&table, &watch, |layer| layer.token_cache(cache));
        for _ in 0..3 {
            assert_eq!(call(&service, "key-of-ada").await.0, 200);
        }
        assert_eq!(
            table.take_calls(),
            expected,
            "no_reuse {no_reuse}, {cache:?}"
        );
    }
}

/// A revoked token is refused at once, however recently it was verified.
#[tokio::test]
async fn a_reused_token_is_refused_once_it_is_revoked() {
    #[derive(Debug)]
    struct UnavailableRevocations;
    impl Revocations for UnavailableRevocations {
        fn check(&self, token: &VerifiedToken) -> Result<(), VerifyError> {
            match token.subject() {
                "ada" => Err(Unavailable::new(Duration::from_secs(7)).into()),
                _ => Ok(()),
            }
        }
    }
    let (table, watch) = (Table::default(), SettableClock::default());
    let revoked = Arc::new(MemoryRevocations::with_clock(watch.clone()));
    let service = guarded(&table, &watch, |layer| {
        layer.revocations(Arc::clone(&revoked))
    });
    for _ in 0..2 {
        assert_eq!(call(&service, "key-of-ada").await.0, 200);
        assert_eq!(call(&service, "key-of-bob").await.0, 200);
    }
    let end = watch.now() + Duration::from_secs(3600);
    let ada = VerifiedToken::assertion("https://keys.example.com", "ada", end);
    revoked.add_token(&ada);
    for _ in 0..2 {
        assert_eq!(call(&service, "key-of-ada").await.0, 401);
        assert_eq!(call(&service, "key-of-bob").await.0, 200, "another caller");
    }
    assert_eq!(table.take_calls(), 2, "once for each");

    // Unavailable revocations are an outage, whether the token is reused or not.
    let service = guarded(&table, &watch, |layer| {
        layer.revocations(UnavailableRevocations)
    });
    for _ in 0..2 {
        assert_eq!(call(&service, "key-of-ada").await.0, 503);
        assert_eq!(call(&service, "key-of-bob").await.0, 200);
    }
}

/// The caller is reused, but not the decision: policies run for every request.
#[tokio::test]
async fn policies_run_for_reused_tokens() {
    let (table, watch) = (Table::default(), SettableClock::default());
    let operations = OperationPolicy::builder()
        .tool("add", RequireScopes::new(["write"]).unwrap())
        .inner_service_compares_headers()
        .build();
    let service = guarded(&table, &watch, |layer| {
        layer.operations(operations.unwrap())
    });
    let tool = |name| {
        [
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/call"),
            ("mcp-name", name),
        ]
    };
    for _ in 0..2 {
        let response = call_with(&service, "key-of-ada", &tool("list")).await;
        assert_eq!(response, (200, Some("ada".to_owned())));
        let response = call_with(&service, "key-of-ada", &tool("add")).await;
        assert_eq!(response, (403, None));
    }
    let twice = [("mcp-name", "list"), ("mcp-name", "add")];
    assert_eq!(call_with(&service, "key-of-ada", &twice).await, (400, None));
    let other_page = [("origin", "https://evil.example")];
    assert_eq!(call_with(&service, "key-of-ada", &other_page).await.0, 403);
    assert_eq!(table.take_calls(), 1);
}
