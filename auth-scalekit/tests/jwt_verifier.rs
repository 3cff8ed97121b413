//! The generic verifier: several issuers, its settings, the cache of verified tokens.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

use std::sync::Arc;
use std::time::Duration;

use auth_core::support::Clock;
use auth_core::token::{BearerToken, Confirmation};
use auth_core::verifier::{CachedVerifier, TokenCache, TokenVerifier, VerifyError, VerifyRequest};
use auth_scalekit::jwt::{Algorithm, JwtVerifier, TokenTypes};
use auth_testkit::{Defect, Endpoint, MockScalekit, TestClock};
use serde_json::json;
use tokio::net::TcpListener;
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

async fn verdict(verifier: &impl TokenVerifier, clock: &TestClock, token: &str) -> String {
    let token = BearerToken::new(token).unwrap();
    match verifier
        .verify(VerifyRequest::new(token, clock.now()))
        .await
    {
        Ok(token) => format!("accepted from {}", token.issuer()),
        Err(VerifyError::Invalid(invalid)) => invalid.reason().as_str().into(),
        Err(VerifyError::Unavailable(_)) => "unavailable".into(),
    }
}

async fn issuer(clock: &TestClock) -> MockScalekit {
    MockScalekit::builder().clock(clock.clone()).start().await
}

#[tokio::test]
async fn keys_of_one_issuer_verify_no_token_of_another() {
    let clock = TestClock::new();
    let (one, two) = (issuer(&clock).await, issuer(&clock).await);
    let verifier =
        JwtVerifier::builder([one.environment_url()], [one.resource_id()], one.keys_url())
            .also_trust([two.environment_url()], two.keys_url())
            .clock(clock.clone())
            .build()
            .unwrap();
    for scalekit in [&one, &two] {
        let expected = format!("accepted from {}", scalekit.environment_url());
        assert_eq!(
            verdict(&verifier, &clock, &scalekit.token().sign()).await,
            expected
        );
    }
    // Signed by one, in the name of the other: with its own key's name, and with the other's.
    let forged = one.token().claim("iss", two.environment_url());
    assert_eq!(
        verdict(&verifier, &clock, &forged.sign()).await,
        "unknown_key"
    );
    clock.advance(Duration::from_secs(100));
    let forged = forged.header("kid", two.keys().kid());
    assert_eq!(
        verdict(&verifier, &clock, &forged.sign()).await,
        "bad_signature"
    );
    let status = verifier.key_set_status();
    assert_eq!(status.len(), 2);
    assert!(
        status
            .iter()
            .all(|set| set.usable && set.keys == 1 && set.failures == 0)
    );
}

#[tokio::test]
async fn issuers_that_share_a_url_share_its_keys_and_nothing_else() {
    let clock = TestClock::new();
    let (one, two) = (issuer(&clock).await, issuer(&clock).await);
    let other = "https://other.example.com";
    let verifier =
        JwtVerifier::builder([one.environment_url()], [one.resource_id()], one.keys_url())
            .also_trust([other], one.keys_url())
            // Its name is the URL of the keys above, and its keys are elsewhere.
            .also_trust([one.keys_url()], two.keys_url())
            .clock(clock.clone())
            .build()
            .unwrap();
    verifier.ready().await.unwrap();
    for (name, scalekit, expected) in [
        (one.environment_url(), &one, "accepted"),
        (other, &one, "accepted"),
        (one.keys_url(), &two, "accepted"),
        (one.keys_url(), &one, "unknown_key"),
        (other, &two, "unknown_key"),
    ] {
        let token = scalekit
            .token()
            .claim("aud", one.resource_id())
            .claim("iss", name);
        let verdict = verdict(&verifier, &clock, &token.sign()).await;
        assert!(verdict.starts_with(expected), "{name}: {verdict}");
    }
    assert_eq!(verifier.key_set_status().len(), 3);
    // At the start, and for the key that it does not have.
    assert_eq!(one.requests(Endpoint::Keys).len(), 2);
}

#[tokio::test]
async fn a_bound_token_says_so_where_it_is_accepted() {
    let clock = TestClock::new();
    let scalekit = issuer(&clock).await;
    let builder = || {
        let names = [scalekit.environment_url()];
        JwtVerifier::builder(names, [scalekit.resource_id()], scalekit.keys_url())
            .clock(clock.clone())
    };
    let thumbprint = "A".repeat(43);
    let jwt = scalekit
        .token()
        .claim("cnf", json!({ "jkt": thumbprint }))
        .sign();
    let control = scalekit.token().sign();
    let strict = builder().build().unwrap();
    assert_eq!(verdict(&strict, &clock, &jwt).await, "unchecked_proof");
    let verifier = builder().accept_bound_tokens().build().unwrap();
    let confirmation = async |jwt: &str| {
        let token = BearerToken::new(jwt).unwrap();
        let token = verifier
            .verify(VerifyRequest::new(token, clock.now()))
            .await;
        token.unwrap().confirmation().cloned()
    };
    assert_eq!(confirmation(&control).await, None);
    let key = Confirmation::KeyThumbprint(thumbprint.into());
    assert_eq!(confirmation(&jwt).await, Some(key));
}

#[tokio::test]
async fn permissions_are_scopes_only_where_the_server_says_so() {
    let clock = TestClock::new();
    let scalekit = issuer(&clock).await;
    let builder = || {
        let names = [scalekit.environment_url()];
        JwtVerifier::builder(names, [scalekit.resource_id()], scalekit.keys_url())
            .clock(clock.clone())
    };
    let token = || scalekit.token().scopes(["notes:read"]);
    let with_permissions = token().permissions(["notes:write", "not a scope"]).sign();
    let without = token().claim("permissions", json!("notes:write")).sign();
    let strict = builder().build().unwrap();
    let broad = builder().permissions_as_scopes().build().unwrap();
    for (name, verifier, jwt, expected) in [
        ("the control", &strict, &with_permissions, "notes:read"),
        (
            "permissions",
            &broad,
            &with_permissions,
            "notes:read notes:write",
        ),
        ("not an array", &broad, &without, "notes:read"),
    ] {
        let token = BearerToken::new(jwt).unwrap();
        let request = VerifyRequest::new(token, clock.now());
        let token = verifier.verify(request).await.unwrap();
        assert_eq!(token.scopes().to_string(), expected, "{name}");
    }
}

#[tokio::test]
async fn a_caller_is_the_same_under_each_name_of_the_issuer() {
    let clock = TestClock::new();
    let (one, two) = (issuer(&clock).await, issuer(&clock).await);
    let names = |scalekit: &MockScalekit| {
        let name = scalekit.environment_url();
        [name.to_owned(), format!("{name}/alias")]
    };
    let audiences = [one.resource_id(), two.resource_id()];
    let verifier = JwtVerifier::builder(names(&one), audiences, one.keys_url())
        .also_trust(names(&two), two.keys_url())
        .clock(clock.clone())
        .build()
        .unwrap();
    let mut callers = Vec::new();
    for scalekit in [&one, &two] {
        for name in names(scalekit) {
            let token = scalekit.token().subject("usr_7").claim("iss", &*name);
            let jwt = token.sign();
            let token = BearerToken::new(&jwt).unwrap();
            let request = VerifyRequest::new(token, clock.now());
            let token = verifier.verify(request).await.unwrap();
            assert_eq!(token.issuer(), name);
            assert_eq!(token.canonical_issuer(), scalekit.environment_url());
            callers.push(token.principal());
        }
    }
    assert_eq!(callers[0], callers[1]);
    assert_eq!(callers[2], callers[3]);
    assert_ne!(callers[0], callers[2], "the same subject of another issuer");
}

#[tokio::test]
async fn a_key_replaced_under_its_name_is_read_once_more() {
    let clock = TestClock::new();
    let (scalekit, other) = (issuer(&clock).await, issuer(&clock).await);
    let verifier = JwtVerifier::builder(
        [scalekit.environment_url()],
        [scalekit.resource_id()],
        scalekit.keys_url(),
    )
    .clock(clock.clone())
    .build()
    .unwrap();
    let control = scalekit.token();
    assert!(
        verdict(&verifier, &clock, &control.sign())
            .await
            .starts_with("accepted")
    );
    let token = other
        .token()
        .claim("iss", scalekit.environment_url())
        .claim("aud", scalekit.resource_id())
        .header("kid", scalekit.keys().kid())
        .sign();
    assert_eq!(verdict(&verifier, &clock, &token).await, "bad_signature");

    let keys = reqwest::get(other.keys_url()).await.unwrap();
    let keys = keys.text().await.unwrap();
    let keys = keys.replace(&other.keys().kid(), &scalekit.keys().kid());
    Mock::given(path("/keys"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(keys, "application/json"))
        .with_priority(1)
        .mount(scalekit.server())
        .await;
    // The cooldown of forced fetches is over.
    clock.advance(Duration::from_secs(31));
    let expected = format!("accepted from {}", scalekit.environment_url());
    assert_eq!(verdict(&verifier, &clock, &token).await, expected);
}

#[tokio::test]
async fn several_issuers_are_asked_at_once_before_a_server_starts() {
    // A verifier that is built outside of a runtime has not sent a request yet.
    for in_runtime in [true, false] {
        // They accept connections and never reply, so only concurrent requests reach the second.
        let (one, two) = (
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
            TcpListener::bind("127.0.0.1:0").await.unwrap(),
        );
        let url = |listener: &TcpListener| format!("http://{}", listener.local_addr().unwrap());
        let keys = |listener: &TcpListener| format!("{}/keys", url(listener));
        let builder = JwtVerifier::builder([url(&one)], ["res_1"], keys(&one))
            .also_trust([url(&two)], keys(&two));
        let verifier = if in_runtime {
            builder.build()
        } else {
            std::thread::spawn(|| builder.build()).join().unwrap()
        };
        let verifier = verifier.unwrap();
        let asked = async {
            let connections = (one.accept().await.unwrap(), two.accept().await.unwrap());
            drop((one, two));
            drop(connections);
        };
        let mut ready = std::pin::pin!(verifier.ready());
        tokio::select! {
            ready = &mut ready => panic!("not both were asked: {ready:?}, {in_runtime}"),
            () = asked => {}
        }
        assert!(ready.await.is_err());
    }
}

#[tokio::test]
async fn keys_are_read_from_this_machine_by_its_name() {
    let clock = TestClock::new();
    let scalekit = issuer(&clock).await;
    let named = scalekit.keys_url().replace("127.0.0.1", "localhost");
    assert_ne!(named, scalekit.keys_url());
    for url in [scalekit.keys_url(), &named] {
        let verifier =
            JwtVerifier::builder([scalekit.environment_url()], [scalekit.resource_id()], url)
                .clock(clock.clone())
                .build()
                .unwrap();
        let verdict = verdict(&verifier, &clock, &scalekit.token().sign()).await;
        assert!(verdict.starts_with("accepted"), "{url}: {verdict}");
    }
}

#[tokio::test]
async fn settings_that_open_a_door_are_refused() {
    let none: [&str; 0] = [];
    let url = "https://id.example.com/keys";
    for (fault, builder) in [
        (
            "issuers must each have at least one name",
            JwtVerifier::builder(none, ["a"], url),
        ),
        (
            "issuers must each have at least one name",
            JwtVerifier::builder([""], ["a"], url),
        ),
        (
            "issuers must have names that are unique across issuers",
            JwtVerifier::builder(["i"], ["a"], url).also_trust(["i"], url),
        ),
        (
            "audiences must not be empty",
            JwtVerifier::builder(["i"], none, url),
        ),
        (
            "audiences must not be empty",
            JwtVerifier::builder(["i"], [""], url),
        ),
        (
            "algorithms must not be empty",
            JwtVerifier::builder(["i"], ["a"], url).algorithms([]),
        ),
        (
            "scope_claims must be names of claims",
            JwtVerifier::builder(["i"], ["a"], url).scope_claims(["scope", ""]),
        ),
        (
            "client_id_claim must be names of claims",
            JwtVerifier::builder(["i"], ["a"], url).client_id_claim(""),
        ),
        (
            "organization_claim must be names of claims",
            JwtVerifier::builder(["i"], ["a"], url).organization_claim("o".repeat(257)),
        ),
        (
            "leeway must be 300 s",
            JwtVerifier::builder(["i"], ["a"], url).leeway(Duration::from_secs(301)),
        ),
        (
            "max_token_bytes must be",
            JwtVerifier::builder(["i"], ["a"], url).max_token_bytes(16_385),
        ),
        (
            "jwks_url must use https",
            JwtVerifier::builder(["i"], ["a"], "http://id.example.com/keys"),
        ),
        (
            "jwks_url names a private address",
            JwtVerifier::builder(["i"], ["a"], "https://192.168.0.1/keys"),
        ),
    ] {
        let error = builder.build().unwrap_err().to_string();
        assert!(error.starts_with(fault), "{fault}: {error}");
    }
}

#[tokio::test]
async fn settings_at_their_limit_are_accepted() {
    let builder = |url: &str| JwtVerifier::builder(["i"], ["a"], url);
    let url = "https://id.example.com/keys";
    for (name, builder) in [
        ("the control", builder(url)),
        (
            "the longest leeway",
            builder(url).leeway(Duration::from_secs(300)),
        ),
        ("the longest token", builder(url).max_token_bytes(16_384)),
        (
            "a private address that is meant",
            builder("https://192.168.0.1/keys").allow_private_addresses(),
        ),
    ] {
        assert!(builder.build().is_ok(), "{name}");
    }
}

#[tokio::test]
async fn the_longest_token_is_still_read() {
    let clock = TestClock::new();
    let builder = || JwtVerifier::builder(["i"], ["a"], "https://id.example.com/keys");
    for (name, builder, longest) in [
        ("by default", builder(), 8192),
        ("as set", builder().max_token_bytes(100), 100),
    ] {
        let verifier = builder.build().unwrap();
        for (bytes, expected) in [(longest, "not_compact"), (longest + 1, "too_long")] {
            let token = "a".repeat(bytes);
            let verdict = verdict(&verifier, &clock, &token).await;
            assert_eq!(verdict, expected, "{name}: {bytes} bytes");
        }
    }
}

#[tokio::test]
async fn strict_types_and_lifetimes() {
    let clock = TestClock::new();
    let scalekit = issuer(&clock).await;
    let builder = || {
        JwtVerifier::builder(
            [scalekit.environment_url()],
            [scalekit.resource_id()],
            scalekit.keys_url(),
        )
        .clock(clock.clone())
    };
    let strict = builder().token_types(TokenTypes::AtJwt).build().unwrap();
    assert_eq!(
        verdict(&strict, &clock, &scalekit.token().sign()).await,
        "wrong_type"
    );
    let typed = scalekit.token().header("typ", "at+jwt").sign();
    assert!(
        verdict(&strict, &clock, &typed)
            .await
            .starts_with("accepted")
    );
    let short = builder()
        .max_lifetime(Duration::from_secs(600))
        .build()
        .unwrap();
    assert_eq!(
        verdict(&short, &clock, &scalekit.token().sign()).await,
        "lifetime_too_long"
    );
    let quick = scalekit.token().lifetime(Duration::from_secs(600)).sign();
    assert!(
        verdict(&short, &clock, &quick)
            .await
            .starts_with("accepted")
    );
    let other = builder().algorithms([Algorithm::Es256]).build().unwrap();
    assert_eq!(verdict(&other, &clock, &quick).await, "wrong_algorithm");
}

#[tokio::test]
async fn a_key_id_is_required_where_it_is_said() {
    let clock = TestClock::new();
    let scalekit = issuer(&clock).await;
    let builder = || {
        JwtVerifier::builder(
            [scalekit.environment_url()],
            [scalekit.resource_id()],
            scalekit.keys_url(),
        )
        .clock(clock.clone())
    };
    let (lax, strict) = (
        builder().build().unwrap(),
        builder().require_key_id().build().unwrap(),
    );
    let accepted = format!("accepted from {}", scalekit.environment_url());
    let named = scalekit.token();
    for verifier in [&lax, &strict] {
        let control = verdict(verifier, &clock, &named.sign()).await;
        assert_eq!(control, accepted, "the control");
    }
    let unnamed = named.clone().with(Defect::WithoutKid).sign();
    assert_eq!(verdict(&lax, &clock, &unnamed).await, accepted);
    for again in ["at first", "and again"] {
        let verdict = verdict(&strict, &clock, &unnamed).await;
        assert_eq!(verdict, "missing_key_id", "{again}");
    }
    // What is there and names no key is another matter.
    clock.advance(Duration::from_secs(61));
    for (kid, expected) in [
        (json!(""), "unknown_key"),
        (json!(null), "malformed_header"),
        (json!(7), "malformed_header"),
        (json!([scalekit.keys().kid()]), "malformed_header"),
    ] {
        let odd = named.clone().header("kid", kid.clone()).sign();
        assert_eq!(verdict(&strict, &clock, &odd).await, expected, "{kid}");
    }
    // With several keys it makes no difference.
    scalekit.keys().rotate();
    clock.advance(Duration::from_secs(300));
    assert!(strict.ready().await.is_ok());
    let new = scalekit.token().sign();
    for (verifier, expected) in [(&lax, "ambiguous_key"), (&strict, "missing_key_id")] {
        assert_eq!(verdict(verifier, &clock, &new).await, accepted);
        let unnamed = scalekit.token().with(Defect::WithoutKid).sign();
        assert_eq!(verdict(verifier, &clock, &unnamed).await, expected);
    }
}

/// A verifier with a cache, whose tokens are reused for so long, and the mock that issues them.
async fn cached(reuse: Duration) -> (CachedVerifier<JwtVerifier>, MockScalekit, TestClock) {
    let clock = TestClock::new();
    let scalekit = issuer(&clock).await;
    let verifier = JwtVerifier::builder(
        [scalekit.environment_url()],
        [scalekit.resource_id()],
        scalekit.keys_url(),
    )
    .reuse_tokens_for(reuse)
    .clock(clock.clone())
    .build()
    .unwrap();
    let by = Arc::new(clock.clone());
    let verifier = CachedVerifier::with_clock(verifier, TokenCache::DEFAULT, by).unwrap();
    (verifier, scalekit, clock)
}

#[tokio::test]
async fn a_cached_token_ends_with_its_expiry_and_with_its_key() {
    let (verifier, scalekit, clock) = cached(Duration::from_secs(3600)).await;
    let short = scalekit.token().lifetime(Duration::from_secs(30)).sign();
    assert!(
        verdict(&verifier, &clock, &short)
            .await
            .starts_with("accepted")
    );
    clock.advance(Duration::from_secs(89));
    assert!(
        verdict(&verifier, &clock, &short)
            .await
            .starts_with("accepted"),
        "within the leeway"
    );
    clock.advance(Duration::from_secs(1));
    assert_eq!(verdict(&verifier, &clock, &short).await, "expired");

    let long = scalekit.token().sign();
    assert!(
        verdict(&verifier, &clock, &long)
            .await
            .starts_with("accepted")
    );
    scalekit.keys().rotate();
    scalekit.keys().withdraw_old();
    let new = scalekit.token().sign();
    assert!(
        verdict(&verifier, &clock, &new)
            .await
            .starts_with("accepted"),
        "the new keys are read"
    );
    clock.advance(Duration::from_secs(100));
    assert_eq!(
        verdict(&verifier, &clock, &long).await,
        "unknown_key",
        "its key is withdrawn"
    );
}

#[tokio::test]
async fn a_cached_token_is_no_good_before_its_time() {
    let (verifier, scalekit, clock) = cached(Duration::from_secs(60)).await;
    let token = scalekit.token().sign();
    assert!(
        verdict(&verifier, &clock, &token)
            .await
            .starts_with("accepted")
    );
    // The wall clock is set back by an hour; the monotonic clock is not.
    clock.set(clock.now() - Duration::from_secs(3600));
    assert_eq!(verdict(&verifier, &clock, &token).await, "not_yet_valid");
}

#[tokio::test]
async fn two_verifiers_judge_one_token_each_for_itself() {
    let clock = TestClock::new();
    let scalekit = issuer(&clock).await;
    let verifier = |audience: &str| {
        JwtVerifier::builder(
            [scalekit.environment_url()],
            [audience],
            scalekit.keys_url(),
        )
        .clock(clock.clone())
        .build()
        .unwrap()
    };
    let (ours, other) = (verifier(scalekit.resource_id()), verifier("res_2"));
    let token = scalekit.token().sign();
    for _ in 0..2 {
        assert!(verdict(&ours, &clock, &token).await.starts_with("accepted"));
        assert_eq!(verdict(&other, &clock, &token).await, "wrong_audience");
    }
}

#[tokio::test]
async fn a_token_that_differs_by_one_bit_is_no_hit() {
    let (verifier, scalekit, clock) = cached(Duration::from_secs(60)).await;
    let token = scalekit.token();
    assert!(
        verdict(&verifier, &clock, &token.sign())
            .await
            .starts_with("accepted")
    );
    let forged = token.corrupt_signature().sign();
    assert_eq!(verdict(&verifier, &clock, &forged).await, "bad_signature");
}
