//! The bounds of repetitions, and failures of the token endpoint.

use std::time::Duration;

use auth_scalekit::management::{Management, Retries};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::calls;
use crate::further::Further;
use crate::harness::{self, error, ok};

#[tokio::test]
async fn attempts_and_time_are_bounded() {
    let seconds = Duration::from_secs;
    let shortest = || Retries::default().random(|| 0);
    let longest = || Retries::default().random(|| u32::MAX);
    let api = Further::start().await;
    let row = calls::named("GET /api/v1/organizations/{id}");
    for (name, retries, sleeps) in [
        ("the shortest", shortest(), &[500_u128, 1000, 2000][..]),
        ("the longest", longest(), &[1000, 2000, 4000]),
        ("none", Retries::none(), &[]),
        ("no attempts", shortest().max_attempts(0), &[]),
        ("two attempts", shortest().max_attempts(2), &[500]),
        (
            "many attempts",
            longest().max_attempts(100),
            &[1000, 2000, 4000, 8000],
        ),
        (
            "many attempts for long",
            longest().max_attempts(7).time_limit(seconds(3600)),
            &[1000, 2000, 4000, 8000, 16_000, 30_000],
        ),
        (
            "a delay that ends later",
            shortest().time_limit(seconds(3)),
            &[500, 1000],
        ),
        (
            "a delay that ends at the limit",
            longest().time_limit(seconds(3)),
            &[1000],
        ),
    ] {
        api.reset().await;
        api.always(&row, error(503, 14, "UNAVAILABLE")).await;
        let management = api.management.clone().with_retries(retries);
        assert!(management.organization("org_1").await.is_err());
        assert_eq!(api.clock.sleeps(), sleeps, "{name}");
        assert_eq!(api.count(&row).await, sleeps.len() + 1, "{name}");
    }
}

#[tokio::test]
async fn a_requested_delay_counts_against_the_limit() {
    let api = Further::start().await;
    let row = calls::named("GET /api/v1/organizations/{id}");
    for (delay, is_found) in [("29", true), ("30", false), ("18446744073709551615", false)] {
        api.reset().await;
        let limit = error(429, 8, "RATE_LIMITED").insert_header("retry-after", delay);
        api.once(&row, limit).await;
        api.always(&row, ok(&row.answer)).await;
        let retries = Retries::default().random(|| 0);
        let management = api.management.clone().with_retries(retries);
        let found = management.organization("org_1").await;
        assert_eq!(found.is_ok(), is_found, "{delay}");
        if let Err(error) = found {
            assert_eq!(
                error.retry_after(),
                Some(Duration::from_secs(delay.parse().unwrap()))
            );
            assert_eq!(api.clock.sleeps(), [0; 0], "the error comes at once");
        }
    }
}

#[tokio::test]
async fn a_requested_delay_is_a_number_or_a_date_and_has_jitter() {
    let api = Further::start().await;
    let row = calls::named("GET /api/v1/organizations/{id}");
    let limit =
        || error(429, 8, "RATE_LIMITED").insert_header("date", "Sun, 29 Nov 2026 00:00:00 GMT");
    for (delay, random, millis) in [
        ("8", 0, 8000),
        ("8", u32::MAX, 10_000),
        ("Sun, 29 Nov 2026 00:00:08 GMT", 0, 8000),
        ("Sun, 29 Nov 2026 00:00:08 GMT", u32::MAX, 10_000),
        ("Sat, 28 Nov 2026 23:59:59 GMT", 0, 500),
        ("soon", 0, 500),
    ] {
        api.reset().await;
        api.once(&row, limit().insert_header("retry-after", delay))
            .await;
        api.always(&row, ok(&row.answer)).await;
        let retries = Retries::default().random(move || random);
        let management = api.management.clone().with_retries(retries);
        management.organization("org_1").await.unwrap();
        assert_eq!(api.clock.sleeps(), [millis], "{delay} {random}");
    }
}

/// Nothing was sent without a token, so that a change may be tried again as well.
#[tokio::test]
async fn a_failure_of_the_token_endpoint_passes() {
    for row in calls::all() {
        for (name, failure, is_found) in [
            ("503", ResponseTemplate::new(503), true),
            ("429", ResponseTemplate::new(429), true),
            (
                "401",
                ResponseTemplate::new(401).set_body_json(json!({ "error": "invalid_client" })),
                false,
            ),
        ] {
            let api = Further::start().await;
            harness::once(&api.server, "POST", "/oauth/token", failure).await;
            api.always(&row, ok(&row.answer)).await;
            let found = row.call(&api.management).await;
            assert_eq!(found.is_ok(), is_found, "{name}: {}: {found:?}", row.name);
            assert_eq!(api.count(&row).await, usize::from(is_found), "{name}");
        }
    }
}

/// These are on the path of requests, or have their own back-off.
#[tokio::test]
async fn calls_that_requests_wait_for_are_not_repeated() {
    let api = Further::start().await;
    let (it, filter) = (
        &api.management,
        auth_scalekit::management::EventFilter::new(),
    );
    assert!(it.session("ses_1").await.is_err());
    assert!(it.user_sessions("usr_1").await.is_err());
    assert!(it.revoke_session("ses_1").await.is_err());
    assert!(it.revoke_sessions_of("usr_1").await.is_err());
    assert!(it.events_page(&filter, None).await.is_err());
    assert!(it.find_users("org_1", "ada@example.com").await.is_err());
    let requests = api.server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 7, "one each, and one for the token");
    assert_eq!(api.clock.sleeps(), [0; 0]);
}

#[test]
fn each_setting_that_is_wrong_is_reported() {
    let secret = "marker-of-the-secret";
    for (url, id, secret, settings) in [
        ("https://acme.scalekit.com", "skc_1", secret, &[][..]),
        ("acme.scalekit.com", "skc_1", secret, &["environment_url"]),
        (
            "http://acme.scalekit.com",
            "skc_1",
            secret,
            &["environment_url"],
        ),
        (
            "https://acme.scalekit.com/x",
            "skc_1",
            secret,
            &["environment_url"],
        ),
        ("https://acme.scalekit.com", " ", secret, &["client_id"]),
        ("https://acme.scalekit.com", "skc_1", "", &["client_secret"]),
        (
            "",
            "",
            "",
            &["environment_url", "client_id", "client_secret"],
        ),
    ] {
        let builder = Management::builder(url, id, secret);
        harness::assert_reveals_nothing(&format!("{builder:?}"));
        let errors = builder.build().err();
        let found: Vec<_> = errors
            .iter()
            .flat_map(|it| it.iter())
            .map(|it| it.setting())
            .collect();
        assert_eq!(found, settings, "{url} {id}");
    }
}
