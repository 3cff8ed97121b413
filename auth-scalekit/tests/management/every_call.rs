//! What each call sends and returns, when the API answers at once, and after one failure that passes.

use auth_scalekit::management::ManagementErrorKind::{Refused, Unavailable};
use serde_json::Value;
use wiremock::ResponseTemplate;

use crate::calls;
use crate::further::{Further, management};
use crate::harness::{TOKEN, assert_reveals_nothing, error, ok};
use crate::torn::{Cut, TornServer};

#[tokio::test]
async fn each_call_sends_what_is_documented_and_shows_no_name() {
    let api = Further::start().await;
    for row in calls::all() {
        api.reset().await;
        api.always(&row, ok(&row.answer)).await;
        let found = row.call(&api.management).await;
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", row.name));
        assert_eq!(found.items, 1, "{}", row.name);
        assert_reveals_nothing(&found.shown);
        let requests = api.requests(&row).await;
        let [request] = &requests[..] else {
            panic!("{}: {} requests", row.name, requests.len());
        };
        assert_eq!(request.method.as_str(), row.verb(), "{}", row.name);
        let query: Vec<_> = request.url.query_pairs().collect();
        let expected = row.query.iter();
        let expected: Vec<_> = expected.map(|(a, b)| ((*a).into(), (*b).into())).collect();
        assert_eq!(query, expected, "{}", row.name);
        let sent = (!request.body.is_empty()).then(|| request.body_json::<Value>().unwrap());
        assert_eq!(sent, row.sent, "{}", row.name);
        assert_eq!(api.clock.sleeps(), [0; 0], "{}", row.name);
    }
}

#[tokio::test]
async fn the_rows_are_all_calls() {
    let mut names: Vec<_> = calls::all().iter().map(|row| row.name).collect();
    assert_eq!(names.len(), 30);
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 30, "each once");
}

#[tokio::test]
async fn a_failure_that_passes_is_not_seen() {
    let limit = || error(429, 8, "RATE_LIMITED");
    let second = 500..=1000;
    let api = Further::start().await;
    for row in calls::all() {
        for (name, failure, sleep, repeats_change) in [
            ("429", limit(), second.clone(), true),
            (
                "429 of a tool",
                error(429, 8, "TOOL_ERROR"),
                second.clone(),
                true,
            ),
            (
                "429 for 7 s",
                limit().insert_header("retry-after", "7"),
                7000..=8750,
                true,
            ),
            (
                "429 for 0 s",
                limit().insert_header("retry-after", "0"),
                second.clone(),
                true,
            ),
            ("500", error(500, 13, "INTERNAL"), second.clone(), false),
            (
                "503 for 2 s",
                ResponseTemplate::new(503).insert_header("retry-after", "2"),
                2000..=2500,
                false,
            ),
            ("504", ResponseTemplate::new(504), second.clone(), false),
        ] {
            api.reset().await;
            api.once(&row, failure).await;
            api.always(&row, ok(&row.answer)).await;
            let found = row.call(&api.management).await;
            let name = format!("{name}: {}", row.name);
            if row.is_change() && !repeats_change {
                assert_eq!(found.unwrap_err().kind(), Unavailable, "{name}");
                assert_eq!(api.count(&row).await, 1, "{name}");
                continue;
            }
            assert!(found.is_ok(), "{name}: {found:?}");
            assert_eq!(api.count(&row).await, 2, "{name}");
            let sleeps = api.clock.sleeps();
            assert!(
                sleeps.len() == 1 && sleep.contains(&sleeps[0]),
                "{name}: {sleeps:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_token_that_expired_in_between_is_replaced_once() {
    let api = Further::start().await;
    for row in calls::all() {
        for (name, refusals, is_found) in [
            ("the control", 0, true),
            ("once", 1, true),
            ("again", 2, false),
        ] {
            api.reset().await;
            for _ in 0..refusals {
                api.once(&row, error(401, 16, "UNAUTHENTICATED")).await;
            }
            api.always(&row, ok(&row.answer)).await;
            let found = row.call(&api.management).await;
            let name = format!("{name}: {}", row.name);
            assert_eq!(found.is_ok(), is_found, "{name}: {found:?}");
            if let Err(error) = found {
                assert_eq!(error.kind(), Refused, "{name}");
            }
            let requests = api.requests(&row).await;
            assert_eq!(requests.len(), 1 + usize::from(refusals > 0), "{name}");
            let mut tokens: Vec<_> = requests
                .iter()
                .map(|it| &it.headers["authorization"])
                .collect();
            assert!(tokens.iter().all(|it| it.to_str().unwrap().contains(TOKEN)));
            tokens.dedup();
            assert_eq!(tokens.len(), requests.len(), "a new token: {name}");
            assert_eq!(api.clock.sleeps(), [0; 0], "{name}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_is_requested_again() {
    let api = Further::start().await;
    for row in calls::all() {
        for (name, cut, change_is_done) in [
            ("in the body", Cut::Body, true),
            ("before the status", Cut::Head, false),
        ] {
            let server = TornServer::start(cut, &row.answer).await;
            let management = management(&server.origin, &api.clock);
            let found = row.call(&management).await;
            let name = format!("{name}: {}", row.name);
            if row.is_change() {
                assert_eq!(found.is_ok(), change_is_done, "{name}: {found:?}");
                assert_eq!(server.answers(), 1, "{name}");
                continue;
            }
            assert!(found.is_ok(), "{name}: {found:?}");
            assert_eq!(server.answers(), 2, "{name}");
        }
    }
}
