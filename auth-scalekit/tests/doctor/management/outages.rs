//! A management API that is dead, slow, torn, or limits its calls: an outage is never a missing permission.

use auth_testkit::{Endpoint, Fault};
use serde_json::json;
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

use super::{findings, stage};

const AGAIN: &str = "run scalekit-doctor --management again";

#[tokio::test]
async fn an_outage_is_no_missing_permission_and_ends_the_calls() {
    let stage = stage().await;
    let control = findings(&stage).await;
    assert_eq!(control.bad(), [""; 0], "the control");
    for (endpoint, fault, code, reasons) in [
        (
            Endpoint::Resource,
            Fault::Close,
            "unavailable",
            "the MCP server (no response (",
        ),
        (
            Endpoint::Resource,
            Fault::Garbage,
            "unavailable",
            "the MCP server (no response (",
        ),
        (
            Endpoint::Resource,
            Fault::Truncate(9),
            "unavailable",
            "the MCP server (no response (",
        ),
        (
            Endpoint::Resource,
            Fault::Status(429),
            "rate-limited",
            "the MCP server (status 429, RATE_LIMITED)",
        ),
        (
            Endpoint::Organizations,
            Fault::Status(429),
            "rate-limited",
            "organizations (status 429, RATE_LIMITED)",
        ),
        (
            Endpoint::Events,
            Fault::Close,
            "unavailable",
            "events (no response (",
        ),
    ] {
        let name = format!("{endpoint} {fault:?}");
        let fault = stage.scalekit.fail(endpoint, fault);
        let logins = || stage.scalekit.requests(Endpoint::AuthenticationLogs).len();
        let before = logins();
        let found = findings(&stage).await;
        drop(fault);
        assert_eq!(logins(), before, "{name}: no call after it");
        assert_eq!(
            found.bad(),
            ["management-permissions"],
            "{name}: {found:#?}"
        );
        let outage = found.of_code("management-permissions", code);
        let [outage] = outage[..] else {
            panic!("{name}: {found:#?}");
        };
        let what = outage["what"].as_str().unwrap();
        let expected = format!("not known, since the API did not answer as documented: {reasons}");
        assert!(what.starts_with(&expected), "{name}: {what}");
        assert!(
            what.ends_with(" more calls, which were not made then"),
            "{what}"
        );
        assert!(outage["fix"].as_str().unwrap().starts_with(AGAIN), "{name}");
        if endpoint == Endpoint::Resource {
            assert_eq!(found.code("resource"), ("skipped", code), "{name}");
        }
    }
    stage.stop().await;
}

#[tokio::test]
async fn one_call_that_fails_hides_no_other_and_two_in_a_row_end_the_calls() {
    let stage = stage().await;
    let control = findings(&stage).await;
    assert_eq!(control.bad(), [""; 0], "the control");
    let requests = |endpoint| stage.scalekit.requests(endpoint).len();
    let logins = requests(Endpoint::AuthenticationLogs);
    let roles = stage.scalekit.fail(Endpoint::Roles, Fault::Status(500));
    let found = findings(&stage).await;
    assert_eq!(
        found.of_code("management-permissions", "unavailable")[0]["what"],
        "not known, since the API did not answer as documented: roles (status 500, INTERNAL)"
    );
    assert_eq!(requests(Endpoint::AuthenticationLogs), logins + 1);
    let permissions = stage
        .scalekit
        .fail(Endpoint::Permissions, Fault::Status(500));
    let found = findings(&stage).await;
    let what = &found.of_code("management-permissions", "unavailable")[0]["what"];
    let what = what.as_str().unwrap();
    assert!(
        what.contains("permissions (status 500, INTERNAL), 5 more calls"),
        "{what}"
    );
    assert_eq!(requests(Endpoint::AuthenticationLogs), logins + 1);
    drop((roles, permissions));
    stage.stop().await;
}

/// A page of a firewall says nothing about permissions.
#[tokio::test]
async fn a_refusal_of_another_server_is_no_missing_permission() {
    let stage = stage().await;
    let control = findings(&stage).await;
    assert_eq!(control.bad(), [""; 0], "the control");
    let page = ResponseTemplate::new(403).set_body_raw("<html>marker", "text/html");
    let mock = Mock::given(path("/api/v1/logs/authentication/requests"));
    let mock = mock.respond_with(page).with_priority(1);
    mock.mount(stage.scalekit.server()).await;
    let found = findings(&stage).await;
    assert_eq!(found.bad(), ["management-permissions"]);
    assert!(
        found
            .of_code("management-permissions", "forbidden")
            .is_empty()
    );
    let outage = found.of_code("management-permissions", "unavailable")[0];
    assert_eq!(
        outage["what"],
        "not known, since the API did not answer as documented: logins (status 403)"
    );
    assert!(
        outage["fix"]
            .as_str()
            .unwrap()
            .contains("proxy or firewall")
    );
    let denied = json!({ "code": 7, "message": "marker", "details": [] });
    super::credentials::answer(&stage, "/api/v1/events/paginated", 403, &denied).await;
    let found = findings(&stage).await;
    let forbidden = found.of_code("management-permissions", "forbidden")[0];
    assert_eq!(
        forbidden["what"],
        "the client may not read events: it lacks a permission that the API does not name"
    );
    stage.stop().await;
}

/// It takes 5 s, the time limit of a call.
#[tokio::test]
async fn a_slow_api_ends_the_calls() {
    let stage = stage().await;
    let gate = stage.scalekit.hold(Endpoint::Resource);
    let found = findings(&stage).await;
    gate.release();
    assert_eq!(found.bad(), ["management-permissions"], "{found:#?}");
    assert_eq!(found.code("resource"), ("skipped", "unavailable"));
    assert_eq!(found.code("management"), ("ok", ""));
    stage.stop().await;
}
