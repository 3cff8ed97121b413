//! Replies of a hostile server.

use auth_testkit::{Endpoint, Fault};
use serde_json::{Value, json};

use auth_scalekit::diagnose::Severity;

use crate::harness::{Conduct, Harness, of};

/// A terminal would obey the first, and the others hide text.
const NASTY: &str = "\u{1b}]0;owned\u{7}\u{202e}\u{200b}\r\n";

#[tokio::test]
async fn nothing_of_an_answer_reaches_a_terminal_as_it_is() {
    let harness = Harness::conduct(Conduct {
        resource: Some(NASTY.into()),
        authorization_servers: Some(json!([NASTY, NASTY.repeat(1_000)])),
        ..Conduct::default()
    })
    .await;
    let body = json!({ "issuer": NASTY, "scopes_supported": [NASTY] });
    let keys = json!({ "keys": [{ "kty": "RSA", "kid": NASTY }] });
    let _faults = [
        (Endpoint::MetadataPathInserted, body),
        (Endpoint::Keys, keys),
    ]
    .map(|(endpoint, body): (_, Value)| {
        let body = body.to_string().into_bytes();
        harness.scalekit.fail(endpoint, Fault::Body(body))
    });
    let token = harness.scalekit.token().claim("iss", NASTY).sign();
    let diagnosis = harness.explain(&token).await;
    for id in [
        "metadata-issuer",
        "odd-keys",
        "scopes",
        "server-resource",
        "token",
    ] {
        let what = &of(&diagnosis, id).what;
        assert!(what.contains("owned"), "{id} shows it: {what}");
    }
    for finding in diagnosis.findings() {
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
    let harness = Harness::start().await;
    let trap = Harness::start().await;
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    for endpoint in [
        Endpoint::MetadataPathInserted,
        Endpoint::MetadataPathAppended,
        Endpoint::Keys,
    ] {
        for fault in [
            Fault::Status(204),
            Fault::Redirect(trap.scalekit.keys_url().into()),
            Fault::Endless,
            Fault::Truncate(1),
            Fault::Garbage,
            Fault::Body(Vec::new()),
            Fault::Body(vec![0xff; 64]),
            Fault::Body(deep.clone().into_bytes()),
            Fault::Body(br#"{"issuer":{"a":1},"scopes_supported":7,"keys":[[],{}]}"#.to_vec()),
        ] {
            let name = format!("{endpoint}: {fault:?}")
                .chars()
                .take(80)
                .collect::<String>();
            let fault = harness.scalekit.fail(endpoint, fault);
            let diagnosis = harness.diagnose().await;
            drop(fault);
            let all = Severity::ALL.map(|severity| diagnosis.count(severity));
            assert_eq!(
                all.iter().sum::<usize>(),
                diagnosis.findings().len(),
                "{name}"
            );
        }
    }
    trap.scalekit.assert_jwks_fetches(0);
}
