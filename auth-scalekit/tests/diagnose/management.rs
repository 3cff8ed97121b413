//! The settings in Scalekit, for what the program `scalekit-doctor` cannot set: its tests have all else.

use std::time::Duration;

use auth_scalekit::ScalekitBuilder;
use auth_scalekit::diagnose::{DiagnoseOptions, Diagnosis, Severity, diagnose};
use auth_testkit::{Client, Endpoint, Fault};
use serde_json::json;

use crate::harness::{Harness, bad, of, verdict};

use Severity::{Failure, Note, Ok, Skipped, Warning};

const SECRET: &str = "not a secret";

async fn harness() -> Harness {
    let harness = Harness::start().await;
    let client = Client::confidential("skc_1", SECRET);
    harness.scalekit.register_client(client);
    harness
}

async fn read(settings: ScalekitBuilder) -> Diagnosis {
    let options = DiagnoseOptions::default().management(true);
    diagnose(settings, options, |_| ()).await
}

fn settings(harness: &Harness) -> ScalekitBuilder {
    harness.settings().management("skc_1", SECRET)
}

#[tokio::test]
async fn tokens_that_live_longer_than_the_server_accepts() {
    let harness = harness().await;
    for (limit, expected) in [
        (3600, (Ok, None)),
        (3599, (Failure, Some("refused"))),
        (60, (Failure, Some("refused"))),
    ] {
        let limit = Duration::from_secs(limit);
        let found = read(settings(&harness).max_lifetime(limit)).await;
        assert_eq!(verdict(&found, "resource-lifetime"), expected, "{limit:?}");
    }
    let found = read(settings(&harness).max_lifetime(Duration::from_secs(60))).await;
    assert_eq!(
        of(&found, "resource-lifetime").what,
        "access tokens live 60 min, but this server accepts 60 s at most (max_lifetime)"
    );
}

#[tokio::test]
async fn an_advertised_scope_that_is_not_enabled() {
    let harness = harness().await;
    let control = read(settings(&harness).scopes_supported(["notes:read"])).await;
    assert_eq!(bad(&control), [""; 0], "the control");
    let found = read(settings(&harness).scopes_supported(["notes:read", "notes:all"])).await;
    assert_eq!(bad(&found), ["resource-scopes"]);
    assert_eq!(
        verdict(&found, "resource-scopes"),
        (Warning, Some("advertised"))
    );
    let finding = of(&found, "resource-scopes");
    assert_eq!(
        finding.what,
        r#"this server advertises "notes:all", which clients ask for and do not get, since it is not enabled; enabled: "notes:read""#
    );
    assert!(finding.fix.as_ref().unwrap().contains("scopes_supported"));
}

#[tokio::test]
async fn a_server_without_required_scopes() {
    let harness = Harness::mock(|mock| mock.consent_page(true)).await;
    harness
        .scalekit
        .register_client(Client::confidential("skc_1", SECRET));
    let found = read(settings(&harness)).await;
    assert_eq!(
        verdict(&found, "resource-consent-settings"),
        (Warning, Some("selection")),
        "the control"
    );
    let none: [&str; 0] = [];
    let found = read(settings(&harness).required_scopes(none)).await;
    assert_eq!(verdict(&found, "resource-consent-settings"), (Note, None));
    assert_eq!(verdict(&found, "resource-scopes"), (Ok, None));
}

#[tokio::test]
async fn no_call_is_made_without_credentials_or_without_a_connection() {
    let harness = harness().await;
    let control = read(settings(&harness)).await;
    assert_eq!(verdict(&control, "management"), (Ok, None), "the control");
    let found = read(harness.settings()).await;
    assert_eq!(verdict(&found, "management"), (Failure, Some("not-set")));
    assert_eq!(
        of(&found, "management").what,
        "the management API needs client credentials: no client of the environment is given"
    );
    let nowhere = settings(&harness).environment_url("http://127.0.0.1:1");
    let found = read(nowhere).await;
    assert_eq!(verdict(&found, "connection"), (Failure, Some("refused")));
    assert_eq!(verdict(&found, "management"), (Skipped, Some("depends")));
    let last = found.findings().last().unwrap();
    assert_eq!(last.id, "management");
}

/// A terminal would obey the first, and the others hide text.
#[tokio::test]
async fn strings_of_the_api_are_quoted() {
    let nasty = "\u{1b}]0;owned\u{7}\u{202e}\r\n".repeat(20);
    let harness = harness().await;
    let id = harness.scalekit.resource_id();
    // Names have a bound.
    let name: String = nasty.chars().take(100).collect();
    let body = json!({ "resource": {
        "id": id,
        "resource_type": name,
        "resource_uri": nasty,
        "scopes": [{ "name": name, "enabled": true }],
        "protected_metadata": { "resource": nasty, "authorization_servers": [nasty, nasty] },
    }});
    let body = Fault::Body(body.to_string().into_bytes());
    let _shown = harness.scalekit.fail(Endpoint::Resource, body);
    let found = read(settings(&harness)).await;
    for id in [
        "resource",
        "resource-url",
        "resource-scopes",
        "resource-metadata",
    ] {
        let what = &of(&found, id).what;
        assert!(what.contains("owned"), "{id} shows it: {what}");
    }
    for finding in found.findings() {
        let texts = [Some(&finding.what), finding.fix.as_ref()];
        for text in texts.into_iter().flatten() {
            assert!(
                text.chars().all(|c| c.is_ascii() && !c.is_control()),
                "{text:?}"
            );
            assert!(text.len() < 2000, "{} is long", finding.id);
        }
    }
}

#[tokio::test]
async fn no_answer_of_any_kind_breaks_a_diagnosis_and_no_redirect_is_followed() {
    let harness = harness().await;
    let control = read(settings(&harness)).await;
    assert_eq!(bad(&control), [""; 0], "the control");
    let trap = Harness::start().await;
    let elsewhere = format!("{}/api/v1/resources/res_1", trap.scalekit.environment_url());
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for endpoint in [
        Endpoint::EnvironmentToken,
        Endpoint::Resource,
        Endpoint::ResourceClients,
        Endpoint::UserConsents,
    ] {
        for fault in [
            Fault::Status(204),
            Fault::Redirect(elsewhere.clone()),
            Fault::Endless,
            Fault::Body(Vec::new()),
            Fault::Body(vec![0xff; 64]),
            Fault::Body(deep.clone().into_bytes()),
            Fault::Body(br#"{"resource":[],"clients":{},"consents":7,"expires_in":"x"}"#.to_vec()),
        ] {
            let name: String = format!("{endpoint}: {fault:?}").chars().take(80).collect();
            let fault = harness.scalekit.fail(endpoint, fault);
            let found = read(settings(&harness)).await;
            drop(fault);
            let id = match endpoint {
                Endpoint::EnvironmentToken => "management",
                Endpoint::Resource => "resource",
                Endpoint::ResourceClients => "resource-clients",
                _ => "resource-consents",
            };
            let (severity, code) = verdict(&found, id);
            assert!(severity != Ok && severity != Note, "{name}: {severity:?}");
            assert_ne!(code, Some("forbidden"), "{name}");
        }
    }
    assert!(trap.scalekit.requests(Endpoint::Resource).is_empty());
}
