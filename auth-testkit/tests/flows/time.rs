//! Codes and tokens age by the issuer's clock.

use std::time::Duration;

use auth_core::support::Clock;
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

#[tokio::test]
async fn a_running_clock_goes_on_by_itself_and_from_where_it_is_set() {
    let clock = TestClock::running();
    let later = || {
        let before = (clock.now(), clock.monotonic());
        while clock.now() == before.0 {
            std::hint::spin_loop();
        }
        assert!(clock.now() > before.0 && clock.monotonic() > before.1);
    };
    later();
    let hour = Duration::from_secs(3600);
    let (now, monotonic) = (clock.now(), clock.monotonic());
    clock.advance(hour);
    assert!(clock.now() >= now + hour && clock.monotonic() >= monotonic + hour);
    later();
    clock.set(now + 3 * hour);
    assert!(clock.now() >= now + 3 * hour && clock.now() < now + 4 * hour);
    assert!(clock.monotonic() >= monotonic + 2 * hour);
    later();
    clock.set_wall_clock(now);
    assert!(clock.now() >= now && clock.now() < now + hour);
    assert!(clock.monotonic() >= monotonic + 2 * hour);
}

#[tokio::test]
async fn who_sleeps_by_a_running_clock_wakes_in_time_or_when_it_is_moved() {
    let clock = TestClock::running();
    clock.sleep(Duration::from_millis(1)).await;
    let asleep = tokio::spawn(clock.sleep(Duration::from_secs(3600)));
    clock.advance(Duration::from_secs(1800));
    tokio::task::yield_now().await;
    assert!(!asleep.is_finished());
    clock.advance(Duration::from_secs(1800));
    asleep.await.unwrap();
}
