//! The client credentials: missing, wrong, of another kind, not allowed.

use auth_testkit::{Client, Endpoint, Fault};
use serde_json::{Value, json};
use wiremock::matchers::path;
use wiremock::{Mock, ResponseTemplate};

use super::{CLIENT_ID, SECRET, command, findings, stage};
use crate::stage::Stage;
use crate::{Findings, Variables, run};

async fn with(stage: &Stage, variables: &[(&str, &str)]) -> Findings {
    let mut command = Variables::of(stage).doctor(&["--json", "--management"]);
    command.envs(variables.iter().copied());
    Findings::of(&run(command, "").await)
}

#[tokio::test]
async fn missing_variables_are_named() {
    let stage = stage().await;
    let folder = tempfile::tempdir().unwrap();
    let [id_file, secret_file] = [("id", CLIENT_ID), ("secret", SECRET)].map(|(name, text)| {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("{text}\n")).unwrap();
        path.to_str().unwrap().to_owned()
    });
    let (id, secret) = (
        ("SCALEKIT_CLIENT_ID", CLIENT_ID),
        ("SCALEKIT_CLIENT_SECRET", SECRET),
    );
    let id_file = ("SCALEKIT_CLIENT_ID_FILE", id_file.as_str());
    let secret_file = ("SCALEKIT_CLIENT_SECRET_FILE", secret_file.as_str());
    for both in [[id, secret], [id_file, secret_file]] {
        let control = with(&stage, &both).await;
        assert_eq!(control.bad(), [""; 0], "the control");
    }
    let needs = "the management API needs client credentials: ";
    for (variables, missing) in [
        (
            &[][..],
            "SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET are not set",
        ),
        (&[id], "SCALEKIT_CLIENT_SECRET is not set"),
        (&[id_file], "SCALEKIT_CLIENT_SECRET is not set"),
    ] {
        let found = with(&stage, variables).await;
        assert_eq!(found.bad(), ["management"]);
        assert_eq!(found.code("management"), ("failure", "not-set"));
        assert_eq!(found.what("management"), format!("{needs}{missing}"));
        assert!(
            found.fix("management").contains("SCALEKIT_CLIENT_ID_FILE"),
            "{found:#?}"
        );
        assert_eq!(found.code("resource"), ("skipped", "depends"));
        assert_eq!(found.code("management-permissions"), ("skipped", "depends"));
    }
    let found = with(&stage, &[secret]).await;
    assert_eq!(found.code("settings"), ("failure", "unusable"));
    assert_eq!(
        found.what("settings"),
        "SCALEKIT_CLIENT_ID is not set, but SCALEKIT_CLIENT_SECRET is"
    );
    assert_eq!(found.code("management"), ("skipped", "depends"));
    stage.stop().await;
}

#[tokio::test]
async fn a_wrong_secret_an_address_list_and_the_network_are_different() {
    let stage = stage().await;
    let control = findings(&stage).await;
    assert_eq!(control.code("management"), ("ok", ""), "the control");

    let wrong = with(
        &stage,
        &[
            ("SCALEKIT_CLIENT_ID", CLIENT_ID),
            ("SCALEKIT_CLIENT_SECRET", "marker"),
        ],
    )
    .await;
    assert_eq!(wrong.bad(), ["management"]);
    assert_eq!(wrong.code("management"), ("failure", "invalid-client"));
    assert_eq!(
        wrong.what("management"),
        "the token endpoint does not accept this client id with this secret (status 401, invalid_client)"
    );
    assert!(wrong.fix("management").contains("IP allowlist"));

    let token = Endpoint::EnvironmentToken;
    for (fault, code, what) in [
        (
            Fault::Status(503),
            "unavailable",
            "the token endpoint is out of order (status 503)",
        ),
        (
            Fault::Status(404),
            "unavailable",
            "the token endpoint is out of order (status 404)",
        ),
        (
            Fault::Close,
            "no-answer",
            "the token endpoint does not answer: no response (",
        ),
        (
            Fault::Truncate(7),
            "no-answer",
            "the token endpoint does not answer: no response (",
        ),
        (
            Fault::Body(b"{}".to_vec()),
            "bad-answer",
            "the answer of the token endpoint cannot be used: the answer has an unusable member token_type",
        ),
        (
            Fault::Body(b"<html>".to_vec()),
            "bad-answer",
            "the answer of the token endpoint cannot be used: the answer has no JSON object",
        ),
    ] {
        let name = format!("{fault:?}");
        let fault = stage.scalekit.fail(token, fault);
        let found = findings(&stage).await;
        drop(fault);
        assert_eq!(found.bad(), ["management"], "{name}");
        assert_eq!(found.code("management"), ("failure", code), "{name}");
        let shown = found.what("management");
        assert!(shown.starts_with(what), "{name}: {shown}");
        assert!(!found.fix("management").is_empty());
    }
    let limited = stage.scalekit.fail(token, Fault::Status(429));
    let found = findings(&stage).await;
    drop(limited);
    assert_eq!(found.code("management"), ("warning", "rate-limited"));
    assert!(found.fix("management").contains(" again in "));
    stage.stop().await;
}

/// How Scalekit answers for an address that is not in the list is not documented: by the codes of RFC 6749.
#[tokio::test]
async fn a_refusal_that_is_not_about_the_secret() {
    for (status, error, code) in [
        (401, "invalid_client", "invalid-client"),
        (400, "invalid_client", "invalid-client"),
        (403, "access_denied", "not-allowed"),
        (403, "", "not-allowed"),
        (400, "unauthorized_client", "not-allowed"),
        (400, "invalid_request", "bad-answer"),
    ] {
        let stage = stage().await;
        let control = findings(&stage).await;
        assert_eq!(control.code("management"), ("ok", ""), "the control");
        answer(&stage, "/oauth/token", status, &json!({ "error": error })).await;
        let found = findings(&stage).await;
        assert_eq!(found.bad(), ["management"]);
        assert_eq!(
            found.code("management"),
            ("failure", code),
            "{status} {error}"
        );
        if code == "not-allowed" {
            assert!(found.fix("management").contains("IP allowlist"));
        }
        stage.stop().await;
    }
}

/// The token endpoint accepts it, and the API accepts no call.
#[tokio::test]
async fn a_client_of_an_mcp_server_may_do_nothing() {
    let stage = stage().await;
    let control = findings(&stage).await;
    assert_eq!(control.bad(), [""; 0], "the control");
    let client = Client::confidential("m2m_9", SECRET);
    stage.scalekit.register_client(client);
    let mut command = command(&stage, &["--json"]);
    command.env("SCALEKIT_CLIENT_ID", "m2m_9");
    let found = Findings::of(&run(command, "").await);
    assert_eq!(found.code("resource"), ("skipped", "forbidden"));
    let forbidden = found.of_code("management-permissions", "forbidden");
    assert!(!forbidden.is_empty(), "{found:#?}");
    for finding in forbidden {
        let fix = finding["fix"].as_str().unwrap();
        assert!(
            fix.ends_with("use one of the environment (skc_...)"),
            "{fix}"
        );
    }
    stage.stop().await;
}

#[tokio::test]
async fn a_token_that_the_api_does_not_accept() {
    let stage = stage().await;
    let control = findings(&stage).await;
    assert_eq!(control.code("management"), ("ok", ""), "the control");
    let unauthenticated = json!({ "code": 16, "message": "marker", "details": [] });
    answer(
        &stage,
        "/api/v1/resources/res_1000000001",
        401,
        &unauthenticated,
    )
    .await;
    let found = findings(&stage).await;
    assert_eq!(found.bad(), ["management"]);
    assert_eq!(found.code("management"), ("failure", "token-refused"));
    stage.stop().await;
}

pub(super) async fn answer(stage: &Stage, at: &str, status: u16, body: &Value) {
    let answer = ResponseTemplate::new(status).set_body_json(body);
    let mock = Mock::given(path(at)).respond_with(answer).with_priority(1);
    mock.mount(stage.scalekit.server()).await;
}
