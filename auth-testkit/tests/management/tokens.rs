//! Every call needs a token of a client of the environment.

use auth_testkit::{Endpoint, Fault, MockScalekit};
use reqwest::{Method, Response};
use serde_json::Value;

use crate::api::{Api, accepted, log_in, refused};

/// The calls, each with a method that it allows.
const CALLS: [(Method, &str, Endpoint); 6] = [
    (Method::GET, "/sessions/{session}", Endpoint::Session),
    (
        Method::GET,
        "/users/usr_1000000001/sessions",
        Endpoint::UserSessions,
    ),
    (
        Method::GET,
        "/organizations/org_1000000001/users:search?query=ada",
        Endpoint::SearchOrganizationUsers,
    ),
    (Method::POST, "/events/paginated", Endpoint::Events),
    (
        Method::POST,
        "/sessions/{session}/revoke",
        Endpoint::RevokeSession,
    ),
    (
        Method::POST,
        "/users/usr_1000000001/sessions/revoke",
        Endpoint::RevokeUserSessions,
    ),
];

#[tokio::test]
async fn calls_without_a_token_of_the_environment_are_refused() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    let user = log_in(&scalekit).await;
    let machine = scalekit.token().machine().sign();
    for (method, path, _) in CALLS {
        let path = path.replace("{session}", &user.session);
        for (token, expected) in [
            (None, (401, 16)),
            (Some("not a token"), (401, 16)),
            (Some(user.access.as_str()), (403, 7)),
            (Some(machine.as_str()), (403, 7)),
        ] {
            let response = api.call_with(token, method.clone(), &path).await;
            assert_eq!(
                refused(response).await,
                expected,
                "{method} {path} {token:?}"
            );
        }
        // The control comes last, as it may revoke.
        accepted(api.call(method, &path).await).await;
    }
}

#[tokio::test]
async fn calls_are_recorded_and_can_be_made_to_fail() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    let session = log_in(&scalekit).await.session;
    for (method, path, endpoint) in CALLS {
        let path = path.replace("{session}", &session);
        accepted(api.call(method.clone(), &path).await).await;
        for (status, code, name) in [
            (429, 8, "RATE_LIMITED"),
            (500, 13, "INTERNAL"),
            (503, 14, "UNAVAILABLE"),
        ] {
            let outage = scalekit.fail(endpoint, Fault::Status(status)).times(1);
            let response = api.call(method.clone(), &path).await;
            let waits = response.headers().contains_key("retry-after");
            assert_eq!(waits, status != 500);
            let body: Value = with_status(status, response).await;
            assert_eq!(body["code"], code);
            assert_eq!(body["details"][0]["error_code"], name);
            drop(outage);
        }
        let recorded = scalekit.requests(endpoint);
        let statuses: Vec<_> = recorded.iter().map(|request| request.status()).collect();
        assert_eq!(statuses, [200, 429, 500, 503].map(Some), "{endpoint}");
    }
}

/// The body of an answer with this status.
async fn with_status(status: u16, response: Response) -> Value {
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers()["content-type"], "application/json");
    response.json().await.unwrap()
}
