//! Answers that are used again: for how long, and what is judged anew.

use auth_scalekit::introspection::Caching;
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::pair::{NOW, Pair, active, answer, at, builder, inactive, seconds, verdict, verify};

#[tokio::test]
async fn an_answer_is_used_again_for_thirty_seconds() {
    let pair = Pair::start().await;
    pair.answers(answer(&active())).await;
    assert_eq!(pair.verdict("token").await, "accepted");
    pair.answers(inactive()).await;
    pair.clock.advance(seconds(29));
    assert_eq!(pair.verdict("token").await, "accepted", "29 s");
    assert_eq!(pair.verdict("other").await, "revoked", "another token");
    assert_eq!(pair.requests().await, 1, "for the other one");
    pair.clock.advance(seconds(1));
    assert_eq!(pair.verdict("token").await, "revoked", "30 s");
}

#[tokio::test]
async fn no_answer_outlives_the_token() {
    let pair = Pair::with(|builder| builder.caching(Caching::new().ttl(seconds(3600)))).await;
    let mut body = active();
    body["exp"] = json!(NOW + 10);
    pair.answers(answer(&body)).await;
    assert_eq!(pair.verdict("token").await, "accepted");
    pair.clock.advance(seconds(9));
    assert_eq!(pair.verdict("token").await, "accepted");
    assert_eq!(pair.requests().await, 1);
    // Within the leeway the issuer's word counts, but it is asked each time.
    for requests in 2..4 {
        pair.clock.advance(seconds(1));
        assert_eq!(pair.verdict("token").await, "accepted", "{requests}");
        assert_eq!(pair.requests().await, requests);
    }
    pair.clock.advance(seconds(59));
    assert_eq!(pair.verdict("token").await, "expired");
}

#[tokio::test]
async fn the_time_is_judged_at_each_use() {
    let pair = Pair::start().await;
    pair.answers(answer(&active())).await;
    let verdict_at = async |second: u64| verdict(&pair.verify_at("token", at(second)).await);
    assert_eq!(verdict_at(NOW).await, "accepted");
    assert_eq!(verdict_at(NOW).await, "accepted");
    assert_eq!(pair.requests().await, 1, "the control");
    // The clocks say different things here: the wall clock alone was corrected.
    assert_eq!(verdict_at(NOW + 360).await, "expired");
    assert_eq!(verdict_at(NOW - 71).await, "not_yet_valid");
    assert_eq!(verdict_at(NOW + 310).await, "accepted", "by the leeway");
    pair.answers(inactive()).await;
    assert_eq!(verdict_at(NOW + 310).await, "revoked", "asked again");
    assert_eq!(verdict_at(NOW).await, "revoked", "and forgotten");
}

#[tokio::test]
async fn a_wall_clock_that_is_set_back_prolongs_nothing() {
    for (name, exp, holds) in [("the setting", NOW + 300, 30), ("the token", NOW + 10, 10)] {
        let pair = Pair::start().await;
        let mut body = active();
        body["nbf"] = json!(0);
        body["iat"] = json!(0);
        body["exp"] = json!(exp);
        pair.answers(answer(&body)).await;
        assert_eq!(pair.verdict("token").await, "accepted", "{name}");
        pair.answers(inactive()).await;
        pair.clock.advance(seconds(holds - 1));
        pair.clock.set(at(NOW));
        assert_eq!(pair.verdict("token").await, "accepted", "{name}: control");
        pair.clock.advance(seconds(1));
        assert_eq!(pair.verdict("token").await, "revoked", "{name}");
    }
}

#[tokio::test]
async fn without_an_expiry_the_setting_decides() {
    let mut body = active();
    body.as_object_mut().unwrap().remove("exp");
    for (name, caching, hits_until) in [
        ("default", Caching::new(), 30),
        ("5 s", Caching::new().ttl(seconds(5)), 5),
    ] {
        let pair = Pair::with(|builder| builder.caching(caching)).await;
        pair.answers(answer(&body)).await;
        let token = pair.verify("token").await.unwrap();
        assert_eq!(token.expires_at(), at(NOW + hits_until), "{name}");
        pair.clock.advance(seconds(hits_until - 1));
        pair.verify("token").await.unwrap();
        assert_eq!(pair.requests().await, 1, "{name}");
        pair.clock.advance(seconds(1));
        pair.verify("token").await.unwrap();
        assert_eq!(pair.requests().await, 2, "{name}");
    }
}

#[tokio::test]
async fn switched_off_each_request_asks() {
    let pair = Pair::with(|builder| builder.caching(Caching::off())).await;
    pair.answers(answer(&active())).await;
    for requests in 1..4 {
        assert_eq!(pair.verdict("token").await, "accepted");
        assert_eq!(pair.requests().await, requests);
    }
    pair.answers(inactive()).await;
    assert_eq!(pair.verdict("token").await, "revoked");
}

#[tokio::test]
async fn refusals_are_not_remembered_unless_asked_for() {
    let pair = Pair::start().await;
    pair.answers(inactive()).await;
    assert_eq!(pair.verdict("token").await, "revoked");
    pair.answers(answer(&active())).await;
    assert_eq!(pair.verdict("token").await, "accepted", "by default");

    let pair = Pair::with(|b| b.caching(Caching::off().refused_ttl(seconds(2)))).await;
    pair.answers(inactive()).await;
    assert_eq!(pair.verdict("token").await, "revoked");
    pair.clock.advance(seconds(1));
    assert_eq!(pair.verdict("token").await, "revoked");
    assert_eq!(pair.requests().await, 1, "remembered");
    pair.answers(answer(&active())).await;
    assert_eq!(pair.verdict("token").await, "revoked", "still");
    assert_eq!(pair.verdict("other").await, "accepted", "no other token");
    pair.clock.advance(seconds(1));
    assert_eq!(pair.verdict("token").await, "accepted", "2 s");
}

#[tokio::test]
async fn an_outage_is_not_remembered_as_an_answer() {
    let pair = Pair::with(|b| b.caching(Caching::new().refused_ttl(seconds(10)))).await;
    pair.answers(ResponseTemplate::new(500)).await;
    assert_eq!(pair.verdict("token").await, "unavailable 1");
    pair.answers(answer(&active())).await;
    pair.clock.advance(seconds(1));
    assert_eq!(pair.verdict("token").await, "accepted");
}

#[tokio::test]
async fn verifiers_share_no_answers() {
    let pair = Pair::start().await;
    pair.answers(answer(&active())).await;
    assert_eq!(pair.verdict("token").await, "accepted");
    let strict = auth_scalekit::introspection::IntrospectionVerifier::builder(
        crate::pair::ISSUER,
        ["https://other.example/mcp"],
        format!("{}/introspect", pair.server.uri()),
    )
    .client_authentication(auth_scalekit::introspection::ClientAuthentication::None)
    .build()
    .unwrap();
    let other = verify(&strict, "token", at(NOW)).await;
    assert_eq!(verdict(&other), "wrong_audience");
    assert_eq!(pair.verdict("token").await, "accepted", "nor refusals");

    assert_eq!(pair.requests().await, 2, "one for each of the two");
    let separate = builder(&pair.server.uri(), &pair.clock).build().unwrap();
    verify(&separate, "token", at(NOW)).await.unwrap();
    assert_eq!(pair.requests().await, 3);
}

#[tokio::test]
async fn tokens_that_fall_out_are_asked_about_again() {
    let pair = Pair::start().await.keeping(3);
    pair.answers(answer(&active())).await;
    for round in 0..2 {
        for n in 0..100 {
            let verdict = pair.verdict(&format!("t{n}")).await;
            assert_eq!(verdict, "accepted", "{round} {n}");
        }
        // A response is reused for a moment, cached or not.
        pair.clock.advance(seconds(1));
    }
    let requests = pair.requests().await;
    assert!(
        requests > 150,
        "{requests} requests: more than 3 answers kept"
    );
}

/// It is about the time of one request and not about the token.
#[tokio::test]
async fn a_token_that_is_not_valid_yet_is_not_remembered_as_refused() {
    let pair = Pair::with(|b| b.caching(Caching::new().refused_ttl(seconds(10)))).await;
    let mut body = active();
    body["nbf"] = (NOW + 61).into();
    pair.answers(answer(&body)).await;
    let early = pair.verify_at("token", at(NOW)).await;
    assert_eq!(verdict(&early), "not_yet_valid");
    let later = pair.verify_at("token", at(NOW + 1)).await;
    assert_eq!(verdict(&later), "accepted");
}
