//! The key set: fetched once, kept, refreshed, and what an outage does.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use auth_core::error::ErrorChain;
use auth_core::support::Clock;
use auth_core::token::BearerToken;
use auth_core::verifier::{
    CachedVerifier, TokenCache, TokenVerifier, UnavailableReason, VerifyError, VerifyRequest,
};
use auth_scalekit::ScalekitProvider;
use auth_testkit::{MockScalekit, TestClock};
use support::Pair;
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Replaces the mock's key set by this reply, `times` times.
async fn keys_answer(scalekit: &MockScalekit, template: ResponseTemplate, times: u64) {
    Mock::given(path("/keys"))
        .respond_with(template)
        .up_to_n_times(times)
        .with_priority(1)
        .mount(scalekit.server())
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_callers_cost_one_fetch() {
    let pair = std::sync::Arc::new(Pair::start().await);
    let jwt = pair.scalekit.token().sign();
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let (pair, jwt) = (pair.clone(), jwt.clone());
        callers.spawn(async move { pair.verdict(&jwt).await });
    }
    while let Some(verdict) = callers.join_next().await {
        assert_eq!(verdict.unwrap(), "accepted");
    }
    assert_eq!(pair.scalekit.key_fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_at_once_and_an_old_one_goes() {
    let pair = Pair::start().await;
    let old = pair.scalekit.token().sign();
    assert_eq!(pair.verdict(&old).await, "accepted");
    pair.scalekit.keys().rotate();
    let new = pair.scalekit.token().sign();
    assert_eq!(pair.verdict(&new).await, "accepted", "one forced fetch");
    assert_eq!(pair.verdict(&old).await, "accepted", "still published");
    assert_eq!(pair.scalekit.key_fetches(), 2);
    pair.scalekit.keys().withdraw_old();
    pair.clock.advance(seconds(100));
    let unknown = pair.scalekit.token().unknown_kid().sign();
    assert_eq!(pair.verdict(&unknown).await, "unknown_key");
    assert_eq!(pair.verdict(&old).await, "unknown_key", "withdrawn");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rotations_under_load_fail_nobody_and_cost_a_fetch_each() {
    let pair = std::sync::Arc::new(Pair::start().await);
    let first = pair.scalekit.token().sign();
    assert_eq!(pair.verdict(&first).await, "accepted");
    for rotation in 0..30 {
        pair.clock.advance(seconds(31));
        pair.scalekit.keys().rotate();
        let jwt = pair.scalekit.token().sign();
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let (pair, jwt) = (pair.clone(), jwt.clone());
            callers.spawn(async move { pair.verdict(&jwt).await });
        }
        while let Some(verdict) = callers.join_next().await {
            assert_eq!(verdict.unwrap(), "accepted", "rotation {rotation}");
        }
    }
    // The first fetch, one for each rotation, and refreshes in the background: one for each 4 min.
    let fetches = pair.scalekit.key_fetches();
    assert!((31..=36).contains(&fetches), "{fetches}");
}

#[tokio::test]
async fn a_fetch_that_began_before_the_token_has_not_the_last_word() {
    let pair = Pair::start().await;
    assert_eq!(
        pair.verdict(&pair.scalekit.token().sign()).await,
        "accepted"
    );
    // A refresh is under way, asked for at this moment, and its answer is the set as it is now.
    let now = ResponseTemplate::new(200)
        .set_body_raw(keys_now(&pair.scalekit).await, "application/json")
        .set_delay(std::time::Duration::from_millis(300));
    keys_answer(&pair.scalekit, now, 1).await;
    pair.clock.advance(seconds(250));
    assert_eq!(
        pair.verdict(&pair.scalekit.token().sign()).await,
        "accepted"
    );
    tokio::task::yield_now().await;
    // Then the issuer rotates and makes a token, which joins that refresh.
    pair.clock.advance(seconds(2));
    pair.scalekit.keys().rotate();
    let fresh = pair.scalekit.token().sign();
    assert_eq!(pair.verdict(&fresh).await, "accepted");
}

/// The key set that the issuer publishes now.
async fn keys_now(scalekit: &MockScalekit) -> Vec<u8> {
    let response = reqwest::get(scalekit.keys_url()).await.unwrap();
    response.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn a_clock_that_lags_does_not_turn_doubt_into_refusal() {
    let pair = Pair::start().await;
    let forged = pair.scalekit.token().unknown_kid().sign();
    pair.verdict(&forged).await;
    pair.scalekit.keys().rotate();
    // Made now, by a clock that is 20 s behind ours.
    let now = pair.clock.now();
    let fresh = pair.scalekit.token().issued_at(now - seconds(20)).sign();
    assert_eq!(
        pair.verdict(&fresh).await,
        "unavailable",
        "not 401: the set may be older"
    );
    let undated = pair
        .scalekit
        .token()
        .unknown_kid()
        .without_claim("iat")
        .sign();
    assert_eq!(
        pair.verdict(&undated).await,
        "unavailable",
        "it does not say when it was made"
    );
    let old = pair
        .scalekit
        .token()
        .issued_at(now - seconds(100))
        .unknown_kid()
        .sign();
    assert_eq!(
        pair.verdict(&old).await,
        "unknown_key",
        "the set was read after it was made"
    );
}

#[tokio::test]
async fn doubt_ends_where_the_clocks_cannot_be_further_apart() {
    let pair = Pair::with(|builder| builder.leeway(seconds(30))).await;
    let forged = |age: u64| {
        let now = pair.clock.now();
        let token = pair.scalekit.token().unknown_kid();
        token.issued_at(now - seconds(age)).sign()
    };
    // The first fetch, and the only forced one: the set was asked for at this moment.
    assert_eq!(pair.verdict(&forged(0)).await, "unknown_key");
    for (age, verdict) in [
        (29, "unavailable"),
        (30, "unavailable"),
        (31, "unknown_key"),
    ] {
        assert_eq!(pair.verdict(&forged(age)).await, verdict, "{age} s old");
    }
    assert_eq!(pair.scalekit.key_fetches(), 2);
}

/// How much memory a verdict takes that has nothing to wait for.
fn allocated(verdict: impl Future<Output = bool>) -> u64 {
    let mut verdict = std::pin::pin!(verdict);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let cost = allocation_counter::measure(|| {
        let verdict = verdict.as_mut().poll(&mut context);
        assert_eq!(verdict, std::task::Poll::Ready(true));
    });
    cost.bytes_total
}

/// The keys of any generation but the one that counts would make the cache useless. A hit is known
/// by what it spares: nothing of the token is decoded or read.
#[tokio::test]
async fn tokens_are_kept_with_the_keys_of_their_time() {
    let Pair {
        scalekit,
        provider,
        clock,
    } = Pair::start().await;
    let by = Arc::new(clock.clone());
    let verifier = CachedVerifier::with_clock(provider, TokenCache::DEFAULT, by).unwrap();
    let accepts = async |token: &str| {
        let token = BearerToken::new(token).unwrap();
        let verified = verifier.verify(VerifyRequest::new(token, clock.now()));
        verified.await.is_ok()
    };
    for generation in 1..=3 {
        let [known, other] = ["usr_1", "usr_2"].map(|user| scalekit.token().subject(user));
        let (known, other) = (known.sign(), other.sign());
        assert!(accepts(&known).await, "the control");
        assert_eq!(scalekit.key_fetches(), generation);
        let (hit, miss) = (allocated(accepts(&known)), allocated(accepts(&other)));
        assert!(hit * 2 < miss, "{generation}: {hit} bytes, not {miss}");
        clock.advance(seconds(30));
        scalekit.keys().rotate();
    }
}

#[tokio::test]
async fn a_key_replaced_under_its_name_during_an_outage_is_in_doubt() {
    let pair = Pair::start().await;
    assert_eq!(
        pair.verdict(&pair.scalekit.token().sign()).await,
        "accepted"
    );
    keys_answer(&pair.scalekit, ResponseTemplate::new(500), 1).await;
    let other = pair.scalekit.token().wrong_key().sign();
    assert_eq!(pair.verdict(&other).await, "unavailable");
    pair.clock.advance(seconds(31));
    assert_eq!(
        pair.verdict(&other).await,
        "bad_signature",
        "the keys are there again"
    );
}

#[test]
fn a_runtime_that_stops_takes_nobody_along() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    let stopped = runtime();
    let pair = stopped.block_on(Pair::start());
    let jwt = pair.scalekit.token().sign();
    // Its fetch begins, and is never polled again.
    stopped.block_on(async {
        let verify = pair.verify(&jwt);
        tokio::pin!(verify);
        std::future::poll_fn(|context| {
            let _ = verify.as_mut().poll(context);
            std::task::Poll::Ready(())
        })
        .await;
    });
    drop(stopped);
    assert_eq!(runtime().block_on(pair.verdict(&jwt)), "accepted");
}

#[tokio::test]
async fn unknown_keys_cost_one_fetch_in_30_seconds() {
    let pair = Pair::start().await;
    let good = pair.scalekit.token().sign();
    assert_eq!(pair.verdict(&good).await, "accepted");
    // Made after the keys were read: the set might be too old to know the key.
    pair.clock.advance(seconds(10));
    let forged = |n: u32| {
        pair.scalekit
            .token()
            .header("kid", format!("snk_{n}"))
            .sign()
    };
    assert_eq!(
        pair.verdict(&forged(0)).await,
        "unknown_key",
        "the budget's one fetch"
    );
    for n in 1..200 {
        // Made no later than the second set: that one has spoken.
        let verdict = pair.verdict(&forged(n)).await;
        assert!(
            ["unknown_key", "unavailable"].contains(&verdict),
            "{verdict}"
        );
        assert_eq!(pair.verdict(&good).await, "accepted");
    }
    assert_eq!(pair.scalekit.key_fetches(), 2);
    pair.clock.advance(seconds(31));
    pair.verdict(&forged(200)).await;
    assert_eq!(pair.scalekit.key_fetches(), 3);
}

#[tokio::test]
async fn a_key_newer_than_the_set_is_not_called_bad_while_the_budget_is_spent() {
    let pair = Pair::start().await;
    let forged = pair.scalekit.token().unknown_kid().sign();
    pair.verdict(&forged).await;
    pair.clock.advance(seconds(5));
    pair.scalekit.keys().rotate();
    let fresh = pair.scalekit.token().sign();
    let Err(VerifyError::Unavailable(unavailable)) = pair.verify(&fresh).await else {
        panic!("an honest client would throw its token away");
    };
    assert!((1..=30).contains(&unavailable.retry_after().as_secs()));
    pair.clock.advance(unavailable.retry_after());
    assert_eq!(pair.verdict(&fresh).await, "accepted");
}

/// What a token of a key that is not known is answered with: the reason, and the whole of it.
async fn put_off(pair: &Pair, token: &str) -> (UnavailableReason, String) {
    let Err(VerifyError::Unavailable(unavailable)) = pair.verify(token).await else {
        panic!("it can be decided");
    };
    let text = ErrorChain(&unavailable).to_string();
    (unavailable.reason(), text)
}

#[tokio::test]
async fn an_unknown_key_within_the_budget_is_no_outage() {
    let pair = Pair::start().await;
    let unknown = pair.scalekit.token().unknown_kid();
    let first = pair.verdict(&unknown.sign()).await;
    assert_eq!(first, "unknown_key", "the control: the budget's fetch");
    let rotated = {
        pair.scalekit.keys().publish_next();
        pair.scalekit.keys().sign_with_next();
        pair.scalekit.token()
    };
    for (name, token) in [
        ("another unknown one", unknown.clone()),
        ("of a new key", rotated),
        (
            "a name with a control character",
            unknown.clone().header("kid", "x\u{7f}y"),
        ),
        (
            "the longest name",
            unknown.clone().header("kid", "k".repeat(256)),
        ),
        ("an empty name", unknown.clone().header("kid", "")),
        ("no iat", unknown.clone().without_claim("iat")),
    ] {
        let (reason, text) = put_off(&pair, &token.sign()).await;
        assert_eq!(reason, UnavailableReason::UnknownKey, "{name}");
        assert!(text.starts_with("unknown key: "), "{name}: {text}");
    }
    assert_eq!(pair.scalekit.key_fetches(), 2);
    // When a fetch has failed, it is an outage again, with its cause.
    pair.clock.advance(seconds(31));
    keys_answer(&pair.scalekit, ResponseTemplate::new(500), 1).await;
    for attempt in ["the fetch itself", "while it may not be repeated"] {
        let token = pair.scalekit.token().unknown_kid().sign();
        let (reason, text) = put_off(&pair, &token).await;
        assert_eq!(reason, UnavailableReason::Outage, "{attempt}");
        assert!(text.contains("status 500"), "{attempt}: {text}");
    }
    assert_eq!(pair.scalekit.key_fetches(), 3);
}

#[tokio::test]
async fn an_outage_is_never_the_callers_fault() {
    let issuer = support::issuer().await;
    keys_answer(&issuer.0, ResponseTemplate::new(500), 1).await;
    let pair = Pair::beside(issuer, |builder| builder);
    let jwt = pair.scalekit.token().sign();
    assert_eq!(pair.verdict(&jwt).await, "unavailable");
    assert_eq!(
        pair.verdict(&jwt).await,
        "unavailable",
        "not asked again at once"
    );
    assert_eq!(pair.scalekit.key_fetches(), 1);
    pair.clock.advance(seconds(1));
    assert_eq!(
        pair.verdict(&jwt).await,
        "accepted",
        "recovered without a restart"
    );
}

#[tokio::test]
async fn bad_answers_never_replace_good_keys() {
    let html = || ResponseTemplate::new(200).set_body_raw("<html></html>", "text/html");
    let json =
        |body: &str| ResponseTemplate::new(200).set_body_raw(body.as_bytes(), "application/json");
    let far = "a".repeat(70_000);
    let answers = [
        ("500", ResponseTemplate::new(500)),
        ("404", ResponseTemplate::new(404)),
        ("a page", html()),
        (
            "JSON, but called a page",
            json("{}").insert_header("content-type", "text/html"),
        ),
        ("no keys", json(r#"{"keys":[]}"#)),
        ("no list", json(r#"{"keys":null}"#)),
        ("an array", json("[]")),
        ("cut off", json(r#"{"keys":[{"kty":"RS"#)),
        (
            "only a key for encryption",
            json(r#"{"keys":[{"kty":"RSA","use":"enc","n":"AQ","e":"AQAB"}]}"#),
        ),
        (
            "only a symmetric key",
            json(r#"{"keys":[{"kty":"oct","k":"AQAB"}]}"#),
        ),
        ("too long", json(&format!(r#"{{"keys":[],"x":"{far}"}}"#))),
        (
            "elsewhere",
            ResponseTemplate::new(302).insert_header("location", "http://169.254.169.254/"),
        ),
    ];
    for (name, answer) in answers {
        let pair = Pair::start().await;
        let jwt = pair.scalekit.token().lifetime(seconds(90_000)).sign();
        assert_eq!(pair.verdict(&jwt).await, "accepted", "{name}: the control");
        keys_answer(&pair.scalekit, answer, 1000).await;
        // Stale, and a fetch is made beside: it must not change anything.
        pair.clock.advance(seconds(400));
        for _ in 0..5 {
            assert_eq!(pair.verdict(&jwt).await, "accepted", "{name}");
            let forged = pair.scalekit.token().unknown_kid().sign();
            let verdict = pair.verdict(&forged).await;
            assert_eq!(verdict, "unavailable", "{name}: forced, and in vain");
            pair.clock.advance(seconds(31));
        }
        // An hour past its time it is not used any more.
        pair.clock.advance(seconds(3600));
        assert_eq!(pair.verdict(&jwt).await, "unavailable", "{name}: too old");
    }
}

/// A clock at whose next reading another caller comes in between.
#[derive(Debug)]
struct Interrupted {
    clock: TestClock,
    other: Arc<Mutex<Option<ScalekitProvider>>>,
}

impl Clock for Interrupted {
    fn now(&self) -> SystemTime {
        self.clock.now()
    }

    fn monotonic(&self) -> Duration {
        let other = self.other.lock().unwrap().take();
        if let Some(provider) = other {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let ready = move || runtime.block_on(provider.ready());
            std::thread::spawn(ready).join().unwrap().unwrap();
        }
        self.clock.monotonic()
    }
}

#[tokio::test]
async fn keys_that_come_while_a_caller_looks_for_some_are_taken() {
    let (clock, other) = (TestClock::new(), Arc::default());
    let interrupted = Interrupted {
        clock: clock.clone(),
        other: Arc::clone(&other),
    };
    let pair = Pair::with(|builder| builder.clock(interrupted)).await;
    pair.provider.ready().await.unwrap();
    assert_eq!(pair.scalekit.key_fetches(), 1, "the control");
    // Too old to be used: both callers want a fetch.
    clock.advance(seconds(4000));
    *other.lock().unwrap() = Some(pair.provider.clone());
    pair.provider.ready().await.unwrap();
    assert!(other.lock().unwrap().is_none(), "the other caller came");
    assert_eq!(pair.scalekit.key_fetches(), 2);
}

#[tokio::test]
async fn keys_are_used_until_an_hour_past_their_time() {
    // They are fresh for 5 min.
    for (age, usable) in [(300, true), (3899, true), (3900, false)] {
        let pair = Pair::start().await;
        let jwt = pair.scalekit.token().lifetime(seconds(90_000)).sign();
        assert_eq!(pair.verdict(&jwt).await, "accepted", "{age} s: the control");
        keys_answer(&pair.scalekit, ResponseTemplate::new(500), 1000).await;
        pair.clock.advance(seconds(age));
        let status = &pair.provider.key_set_status()[0];
        assert_eq!((status.usable, status.age), (usable, Some(seconds(age))));
        let place = pair.scalekit.keys_url();
        assert_eq!(status.jwks_url.as_deref(), Some(place));
        assert!(format!("{:?}", pair.provider).contains(place));
        let verdict = if usable { "accepted" } else { "unavailable" };
        assert_eq!(pair.verdict(&jwt).await, verdict, "{age} s");
    }
}

#[tokio::test]
async fn a_body_of_the_longest_length_is_read_and_no_longer_one() {
    for (length, verdict) in [(65_536, "accepted"), (65_537, "unavailable")] {
        let issuer = support::issuer().await;
        let mut body = keys_now(&issuer.0).await;
        body.resize(length, b' ');
        let answer = ResponseTemplate::new(200).set_body_raw(body, "application/json");
        keys_answer(&issuer.0, answer, 1).await;
        let pair = Pair::beside(issuer, |builder| builder);
        let jwt = pair.scalekit.token().sign();
        assert_eq!(pair.verdict(&jwt).await, verdict, "{length} bytes");
    }
}

/// The `Cache-Control` of each fetch of the keys from now on.
async fn cache_control(scalekit: &MockScalekit) -> Arc<Mutex<Vec<Option<String>>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let record = Arc::clone(&seen);
    Mock::given(path("/keys"))
        .and(move |request: &wiremock::Request| {
            let value = request.headers.get("cache-control");
            let value = value.map(|value| value.to_str().unwrap().to_owned());
            record.lock().unwrap().push(value);
            // The mock's own keys are the answer.
            false
        })
        .respond_with(ResponseTemplate::new(500))
        .with_priority(1)
        .mount(scalekit.server())
        .await;
    seen
}

/// A cache on the way would answer a forced fetch with the very set that lacks the key; to a
/// scheduled one its answer will do.
#[tokio::test]
async fn only_a_forced_fetch_goes_past_caches() {
    let pair = Pair::start().await;
    let seen = cache_control(&pair.scalekit).await;
    let known = pair.scalekit.token().sign();
    assert_eq!(pair.verdict(&known).await, "accepted");
    pair.clock.advance(seconds(250));
    assert_eq!(pair.verdict(&known).await, "accepted", "refreshed beside");
    let forged = pair.scalekit.token().unknown_kid().sign();
    assert_eq!(pair.verdict(&forged).await, "unknown_key", "it joins that");
    assert_eq!(*seen.lock().unwrap(), [None, None], "scheduled");
    pair.clock.advance(seconds(1));
    pair.scalekit.keys().rotate();
    let new = pair.scalekit.token().sign();
    assert_eq!(pair.verdict(&new).await, "accepted");
    let forced = Some("no-cache".to_owned());
    assert_eq!(*seen.lock().unwrap(), [None, None, forced]);
}

#[tokio::test]
async fn no_request_waits_for_a_scheduled_refresh() {
    let pair = Pair::start().await;
    let jwt = pair.scalekit.token().sign();
    assert_eq!(pair.verdict(&jwt).await, "accepted");
    pair.clock.advance(seconds(239));
    assert_eq!(pair.verdict(&jwt).await, "accepted");
    assert_eq!(pair.scalekit.key_fetches(), 1, "fresh up to 80 % of 5 min");
    // Slower than any request may be.
    keys_answer(
        &pair.scalekit,
        ResponseTemplate::new(500).set_delay(seconds(2)),
        1,
    )
    .await;
    pair.clock.advance(seconds(2));
    let started = std::time::Instant::now();
    assert_eq!(pair.verdict(&jwt).await, "accepted");
    assert!(started.elapsed() < seconds(1), "it waited");
}

#[tokio::test]
async fn a_wall_clock_that_jumps_makes_keys_neither_older_nor_younger() {
    let pair = Pair::start().await;
    let now = pair.clock.now();
    let hour = seconds(3600);
    let token = || pair.scalekit.token().issued_at(now - 2 * hour);
    let jwt = token().lifetime(4 * hour).sign();
    assert_eq!(pair.verdict(&jwt).await, "accepted", "the control");
    for jump in [now + hour, now - hour, now] {
        pair.clock.set_wall_clock(jump);
        assert_eq!(pair.verdict(&jwt).await, "accepted", "{jump:?}");
    }
    let before_1970 = SystemTime::UNIX_EPOCH - hour;
    pair.clock.set_wall_clock(before_1970);
    assert_eq!(pair.verdict(&jwt).await, "not_yet_valid");
    pair.clock.set_wall_clock(now);
    assert_eq!(pair.verdict(&jwt).await, "accepted");
    assert_eq!(pair.scalekit.key_fetches(), 1);
    // What has passed while the wall clock stood still counts all the same.
    pair.clock.advance(seconds(300));
    pair.clock.set_wall_clock(now);
    pair.scalekit.keys().rotate();
    pair.scalekit.keys().withdraw_old();
    assert_eq!(
        pair.verdict(&jwt).await,
        "accepted",
        "and keys are asked for"
    );
    let new = token().lifetime(4 * hour).sign();
    assert_eq!(pair.verdict(&new).await, "accepted");
    assert_eq!(pair.scalekit.key_fetches(), 2);
}

#[tokio::test]
async fn ready_says_what_is_wrong() {
    let pair = Pair::start().await;
    pair.provider.ready().await.unwrap();
    assert_eq!(pair.scalekit.key_fetches(), 1);

    let issuer = support::issuer().await;
    keys_answer(&issuer.0, ResponseTemplate::new(404), 1).await;
    let pair = Pair::beside(issuer, |builder| builder);
    let error = pair.provider.ready().await.unwrap_err();
    let text = auth_core::error::ErrorChain(&error).to_string();
    assert_eq!(
        text,
        format!(
            "the issuer or its keys cannot be reached: GET {}: status 404 Not Found",
            pair.scalekit.keys_url()
        )
    );
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_end_the_fetch_for_others() {
    let pair = Pair::start().await;
    let jwt = pair.scalekit.token().sign();
    {
        let verify = pair.verify(&jwt);
        tokio::pin!(verify);
        // Polled once: the fetch is under way. Then dropped.
        let once = std::future::poll_fn(|context| {
            std::task::Poll::Ready(verify.as_mut().poll(context).is_pending())
        });
        assert!(once.await, "it was done at once");
    }
    assert_eq!(pair.verdict(&jwt).await, "accepted");
    assert_eq!(pair.scalekit.key_fetches(), 1);
}
