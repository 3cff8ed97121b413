//! Neither credentials nor names and addresses are in anything that is logged, at any level.

use tracing_subscriber::filter::LevelFilter;
use wiremock::ResponseTemplate;

use crate::further::Further;
use crate::harness::{error, ok};
use crate::{calls, logged};

/// Parts of the secret, the tokens, the answers, and of the addresses in requests.
const MARKERS: [&str; 3] = ["marker", "ada@example.com", "b%40example.com"];

#[tokio::test]
async fn no_log_has_a_secret_a_name_or_an_address() {
    logged::begin_at(LevelFilter::TRACE);
    let api = Further::start().await;
    let mut bytes = 0;
    for row in calls::all() {
        let torn = ResponseTemplate::new(200).set_body_raw("{\"marker\":", "application/json");
        for (name, first) in [
            ("the control", ok(&row.answer)),
            ("a new token", error(401, 16, "UNAUTHENTICATED")),
            ("a limit", error(429, 8, "RATE_LIMITED")),
            ("a failure", error(500, 13, "INTERNAL")),
            ("a refusal", error(403, 7, "PERMISSION_DENIED")),
            ("unreadable", torn),
        ] {
            api.reset().await;
            api.once(&row, first).await;
            api.always(&row, ok(&row.answer)).await;
            let found = row.call(&api.management).await;
            tracing::info!(?found, "the result");
            let log = logged::text();
            bytes += log.len();
            for marker in MARKERS {
                let line = log.lines().find(|line| line.contains(marker));
                assert_eq!(line, None, "{name}: {}", row.name);
            }
        }
    }
    assert!(bytes > 10_000, "there is a log");
}
