//! Codes and tokens age by the issuer's clock.

use std::time::Duration;

use auth_core::Clock;
use auth_testkit::{MockScalekit, TestClock};
use reqwest::StatusCode;

use crate::support::{code, error, exchange, public_client, refresh, token, tokens};

const SECOND: Duration = Duration::from_secs(1);

async fn start() -> (TestClock, MockScalekit, String) {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
    let client = public_client(&scalekit);
    (clock, scalekit, client)
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let (clock, scalekit, client) = start().await;
    let (early, late) = (
        code(&scalekit, &client).await,
        code(&scalekit, &client).await,
    );
    clock.advance(Duration::from_secs(600) - SECOND);
    tokens(&scalekit, &exchange(&client, &early)).await;
    clock.advance(SECOND);
    let response = token(&scalekit, &exchange(&client, &late)).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_refresh_token_lives_a_day() {
    let (clock, scalekit, client) = start().await;
    let bought = tokens(
        &scalekit,
        &exchange(&client, &code(&scalekit, &client).await),
    )
    .await;
    clock.advance(Duration::from_secs(86_400) - SECOND);
    let refresh_token = bought["refresh_token"].as_str().unwrap();
    let bought = tokens(&scalekit, &refresh(&client, refresh_token)).await;
    clock.advance(Duration::from_secs(86_400));
    let refresh_token = bought["refresh_token"].as_str().unwrap();
    let response = token(&scalekit, &refresh(&client, refresh_token)).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
}

#[test]
fn a_test_clock_moves_both_readings_and_never_turns_monotonic_time_back() {
    let clock = TestClock::new();
    let start = clock.now();
    let handle = clock.clone();
    handle.advance(10 * SECOND);
    assert_eq!(
        (clock.now(), clock.monotonic()),
        (start + 10 * SECOND, 10 * SECOND)
    );
    clock.set(start + 30 * SECOND);
    assert_eq!(
        (clock.now(), clock.monotonic()),
        (start + 30 * SECOND, 30 * SECOND)
    );
    clock.set(start);
    assert_eq!((clock.now(), clock.monotonic()), (start, 30 * SECOND));
}
