//! Settings, connection, metadata, keys, scopes and clock.

use std::env::VarError;
use std::time::{Duration, SystemTime};

use auth_scalekit::ScalekitBuilder;
use auth_scalekit::diagnose::{
    CHECKS, DiagnoseOptions, PastedToken, RegisteredClient, Severity, diagnose,
};
use auth_testkit::keys::UnusualKeySet;
use auth_testkit::settings::Misbehaviour;
use auth_testkit::{
    Client, DirectoryUserDraft, Endpoint, Fault, MockScalekitBuilder, TestClock, User,
};
use serde_json::json;

use crate::harness::{Harness, bad, of, verdict};

use Severity::{Failure, Note, Ok, Skipped, Warning};

#[tokio::test]
async fn a_sound_set_up_passes_every_check_in_order() {
    let member = User::new("usr_1").organization("org_1");
    let harness = Harness::mock(|mock| {
        mock.user(member)
            .directory_users("org_1", [DirectoryUserDraft::new("ada@example.com")])
    })
    .await;
    let _ = harness.scalekit.admin().open_session("usr_1", "org_1");
    let mut reported = Vec::new();
    let client = Client::public(RegisteredClient::DEFAULT_REDIRECT_URI);
    let id = harness.scalekit.register_client(client);
    let of_environment = Client::confidential("skc_1", "not a secret");
    harness.scalekit.register_client(of_environment);
    let settings = harness.settings().management("skc_1", "not a secret");
    let options = DiagnoseOptions::default()
        .token(PastedToken::new(&harness.scalekit.token().sign()))
        .client(RegisteredClient::new(&id))
        .management(true);
    let diagnosis = diagnose(settings, options, |finding| {
        reported.push(finding.clone());
    })
    .await;
    assert_eq!(
        reported,
        diagnosis.findings(),
        "each is reported as it is found"
    );
    let ids: Vec<_> = reported.iter().map(|finding| finding.id).collect();
    let all: Vec<_> = CHECKS
        .iter()
        .copied()
        .filter(|id| *id != "odd-keys")
        .collect();
    assert_eq!(ids, all);
    assert!(diagnosis.has_no_failures());
    for finding in &reported {
        let expected = if finding.id == "mcp-url" { Note } else { Ok };
        assert_eq!(finding.severity, expected, "{finding:#?}");
        assert_eq!((finding.code, finding.fix.as_ref()), (None, None));
        assert!(!finding.why.is_empty() && !finding.what.ends_with('.'));
    }
    assert_eq!(diagnosis.count(Ok), reported.len() - 1);
    let keys = format!("1 usable RS256 key: {:?}", harness.scalekit.keys().kid());
    assert_eq!(of(&diagnosis, "keys").what, keys);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_named_with_what_to_write() {
    let settings = ScalekitBuilder::from_variables(|name| match name {
        "SCALEKIT_RESOURCE_ID" => Result::Ok("conn_1".into()),
        "SCALEKIT_MCP_URL" => Result::Ok("http://mcp.example.com/mcp".into()),
        _ => Err(VarError::NotPresent),
    });
    let diagnosis = diagnose(settings, DiagnoseOptions::default(), |_| ()).await;
    let shown: Vec<_> = diagnosis
        .findings()
        .iter()
        .map(|finding| {
            (
                finding.id,
                finding.code,
                finding.what.as_str(),
                finding.fix.as_deref(),
            )
        })
        .collect();
    let depends = |id| {
        (
            id,
            Some("depends"),
            "not checked, since it depends on settings",
            None,
        )
    };
    let unusable = |what, fix| ("settings", Some("unusable"), what, Some(fix));
    assert_eq!(
        shown,
        [
            unusable(
                "SCALEKIT_ENVIRONMENT_URL is not set",
                "copy the environment URL from the Scalekit dashboard (Developers > Settings), it looks like https://acme.scalekit.com"
            ),
            unusable(
                "SCALEKIT_RESOURCE_ID must start with \"res_\", got \"conn_...\"",
                "copy the resource id of your MCP server from the Scalekit dashboard (MCP Servers), not a connection, client or environment id"
            ),
            unusable(
                "SCALEKIT_MCP_URL must use https, http is for localhost, 127.0.0.1 and [::1] only: got \"http://mcp.example.com/mcp\"",
                "set SCALEKIT_MCP_URL again"
            ),
            depends("dns"),
            depends("connection"),
            depends("metadata"),
            depends("keys"),
            depends("client"),
            depends("clock"),
            depends("server"),
            depends("token"),
            depends("management"),
        ]
    );
    assert_eq!(diagnosis.count(Skipped), 9);
    assert!(!diagnosis.has_no_failures());
}

#[tokio::test]
async fn an_unresolved_name_is_distinguished_from_a_host_that_does_not_answer() {
    let harness = Harness::start().await;
    // Longer than the DNS allows, so no server is contacted.
    let nowhere = format!("https://{}.example", "a".repeat(64));
    let diagnosis = diagnose(
        harness.settings().environment_url(&nowhere),
        DiagnoseOptions::default(),
        |_| (),
    )
    .await;
    assert_eq!(verdict(&diagnosis, "dns"), (Failure, Some("unresolved")));
    assert_eq!(
        of(&diagnosis, "connection").what,
        "not checked, since it depends on dns"
    );
    for id in ["metadata", "registration", "keys", "scopes", "clock"] {
        assert_eq!(
            of(&diagnosis, id).what,
            "not checked, since it depends on connection",
            "{id}"
        );
    }
    assert_eq!(
        verdict(&diagnosis, "server"),
        (Ok, None),
        "it is asked all the same"
    );

    let refusal = harness.scalekit.refuse_connections();
    let diagnosis = harness.diagnose().await;
    assert_eq!(verdict(&diagnosis, "dns"), (Ok, None));
    assert_eq!(
        verdict(&diagnosis, "connection"),
        (Failure, Some("refused"))
    );
    assert_eq!(
        of(&diagnosis, "connection").what,
        format!("{} refuses connections", harness.scalekit.environment_url())
    );
    drop(refusal);
}

#[tokio::test]
async fn a_host_that_speaks_no_tls_or_breaks_off() {
    let harness = Harness::start().await;
    let secure = harness
        .scalekit
        .environment_url()
        .replacen("http:", "https:", 1);
    let diagnosis = diagnose(
        harness.settings().environment_url(secure),
        DiagnoseOptions::default(),
        |_| (),
    )
    .await;
    assert_eq!(verdict(&diagnosis, "connection"), (Failure, Some("tls")));
    for fault in [Fault::Reset, Fault::Close, Fault::Garbage] {
        let name = format!("{fault:?}");
        let fault = harness.scalekit.fail(Endpoint::MetadataPathInserted, fault);
        let diagnosis = harness.diagnose().await;
        drop(fault);
        assert_eq!(
            verdict(&diagnosis, "connection"),
            (Failure, Some("broken")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_host_that_is_silent_is_given_up_after_a_time() {
    let harness = Harness::start().await;
    let gate = harness.scalekit.hold(Endpoint::MetadataPathInserted);
    let (diagnosis, ()) = tokio::join!(harness.diagnose(), async {
        gate.reached_by(1).await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(4)).await;
        tokio::time::resume();
    });
    assert_eq!(
        verdict(&diagnosis, "connection"),
        (Failure, Some("timeout"))
    );
    assert_eq!(
        of(&diagnosis, "connection").what,
        format!(
            "{} does not reply within 3 s",
            harness.scalekit.environment_url()
        )
    );
}

#[tokio::test]
async fn a_resource_id_that_the_environment_does_not_know() {
    let harness = Harness::start().await;
    let settings = harness.settings().resource_id("res_9000000009");
    let diagnosis = diagnose(settings, DiagnoseOptions::default(), |_| ()).await;
    assert_eq!(
        verdict(&diagnosis, "metadata"),
        (Failure, Some("unknown-resource"))
    );
    let finding = of(&diagnosis, "metadata");
    assert_eq!(
        finding.what,
        format!(
            "{} does not know the resource id res_9000000009: its metadata is at neither well-known place (status 404)",
            harness.scalekit.environment_url()
        )
    );
    assert_eq!(
        finding.fix.as_deref(),
        Some(
            "copy the resource id of the MCP server from the Scalekit dashboard (MCP Servers) of this environment, or set SCALEKIT_ENVIRONMENT_URL to the environment that has it"
        )
    );
    for id in ["metadata-issuer", "pkce", "registration", "scopes"] {
        assert_eq!(
            of(&diagnosis, id).what,
            "not checked, since it depends on metadata"
        );
    }
    assert_eq!(verdict(&diagnosis, "keys"), (Ok, None));
}

#[tokio::test]
async fn metadata_in_one_form_is_enough() {
    let harness = Harness::mock(|mock| mock.path_inserted_metadata(false)).await;
    let diagnosis = harness.diagnose().await;
    assert_eq!(verdict(&diagnosis, "metadata"), (Note, None));
    assert!(diagnosis.has_no_failures());
    let environment = harness.scalekit.environment_url();
    assert_eq!(
        of(&diagnosis, "metadata").what,
        format!(
            "the metadata is at {environment}/resources/res_1000000001/.well-known/oauth-authorization-server only, not at \
             {environment}/.well-known/oauth-authorization-server/resources/res_1000000001 (status 404 Not Found); clients should try both"
        )
    );
    let harness = Harness::start().await;
    let fault = harness
        .scalekit
        .fail(Endpoint::MetadataPathAppended, Fault::Status(404));
    let diagnosis = harness.diagnose().await;
    drop(fault);
    assert_eq!(
        verdict(&diagnosis, "metadata"),
        (Note, None),
        "the other form"
    );
}

#[tokio::test]
async fn metadata_that_cannot_be_read() {
    let harness = Harness::start().await;
    for fault in [
        Fault::Status(503),
        Fault::Redirect(harness.scalekit.environment_url().into()),
        Fault::Endless,
        Fault::Truncate(3),
        Fault::Body(b"[]".to_vec()),
        Fault::Body(b"<html>".to_vec()),
    ] {
        let name = format!("{fault:?}");
        let both = [
            Endpoint::MetadataPathInserted,
            Endpoint::MetadataPathAppended,
        ]
        .map(|endpoint| harness.scalekit.fail(endpoint, fault.clone()));
        let diagnosis = harness.diagnose().await;
        drop(both);
        assert_eq!(
            verdict(&diagnosis, "metadata"),
            (Failure, Some("bad-answer")),
            "{name}"
        );
    }
}

type Change = fn(MockScalekitBuilder) -> MockScalekitBuilder;
type Verdict = (Severity, Option<&'static str>);

#[tokio::test]
async fn metadata_that_is_not_what_clients_need() {
    let rows: [(Change, &str, Verdict, &str); 4] = [
        (
            |mock| mock.misbehave(Misbehaviour::MetadataOfAnotherIssuer),
            "metadata-issuer",
            (Failure, Some("another-issuer")),
            "the metadata is about \"https://other.example\", not ",
        ),
        (
            |mock| mock.misbehave(Misbehaviour::MetadataWithoutPkce),
            "pkce",
            (Failure, Some("no-s256")),
            "code_challenge_methods_supported does not list S256",
        ),
        (
            |mock| mock.dynamic_registration(false),
            "registration",
            (Warning, Some("off")),
            "dynamic client registration is off: the metadata has no registration_endpoint",
        ),
        (
            |mock| mock.client_metadata_documents(false),
            "client-metadata-documents",
            (Note, None),
            "client id metadata documents are not supported: the metadata does not set client_id_metadata_document_supported",
        ),
    ];
    for (change, id, expected, what) in rows {
        let diagnosis = Harness::mock(change).await.diagnose().await;
        assert_eq!(verdict(&diagnosis, id), expected, "{id}");
        assert!(of(&diagnosis, id).what.starts_with(what), "{diagnosis:#?}");
        let others = bad(&diagnosis);
        assert!(others.iter().all(|other| *other == id), "{id}: {others:?}");
    }
}

#[tokio::test]
async fn issuers_of_the_metadata() {
    let harness = Harness::start().await;
    for (issuer, expected) in [
        (json!(harness.scalekit.issuer()), (Ok, None)),
        (json!(harness.scalekit.environment_url()), (Note, None)),
        (
            json!(format!("{}/", harness.scalekit.issuer())),
            (Failure, Some("another-issuer")),
        ),
        (json!(null), (Failure, Some("no-issuer"))),
    ] {
        let body = json!({ "issuer": issuer }).to_string().into_bytes();
        let fault = harness
            .scalekit
            .fail(Endpoint::MetadataPathInserted, Fault::Body(body));
        let diagnosis = harness.diagnose().await;
        drop(fault);
        assert_eq!(verdict(&diagnosis, "metadata-issuer"), expected, "{issuer}");
    }
}

#[tokio::test]
async fn unusual_key_sets() {
    let harness = Harness::start().await;
    for set in UnusualKeySet::all() {
        harness.scalekit.keys().serve_instead(*set);
        let diagnosis = harness.diagnose().await;
        let usable = set.is_usable() || *set == UnusualKeySet::AttackersKey;
        let keys = of(&diagnosis, "keys");
        assert_eq!(keys.severity == Ok, usable, "{set}: {keys:?}");
        let odd_keys = diagnosis
            .findings()
            .iter()
            .find(|finding| finding.id == "odd-keys");
        let expected = match set {
            UnusualKeySet::UnknownType | UnusualKeySet::MalformedKey => {
                Some("its type is not accepted")
            }
            UnusualKeySet::NotAKey => Some("it is not a JSON Web Key"),
            UnusualKeySet::ForEncryption | UnusualKeySet::NotForVerifying => {
                Some("it is not for signatures")
            }
            UnusualKeySet::OtherAlgorithm | UnusualKeySet::SymmetricKey => {
                Some("algorithm is not accepted")
            }
            _ => None,
        };
        let what = odd_keys.map_or("", |finding| &finding.what);
        assert_eq!(odd_keys.is_some(), expected.is_some(), "{set}: {what}");
        assert!(what.contains(expected.unwrap_or_default()), "{set}: {what}");
    }
    harness.scalekit.keys().serve_normally();
    assert_eq!(bad(&harness.diagnose().await), [""; 0], "the control");
}

#[tokio::test]
async fn keys_that_do_not_come() {
    let harness = Harness::start().await;
    let token = harness.scalekit.token().sign();
    for (fault, code) in [
        (Fault::Status(500), "bad-answer"),
        (Fault::Close, "no-answer"),
        (Fault::Body(b"{}".to_vec()), "unusable"),
    ] {
        let fault = harness.scalekit.fail(Endpoint::Keys, fault);
        let diagnosis = harness.explain(&token).await;
        drop(fault);
        assert_eq!(verdict(&diagnosis, "keys"), (Failure, Some(code)));
        assert_eq!(
            of(&diagnosis, "token").what,
            "not checked, since it depends on keys"
        );
    }
}

#[tokio::test]
async fn required_scopes_must_be_offered() {
    let harness = Harness::start().await;
    let settings = harness
        .settings()
        .required_scopes(["notes:read", "notes:all"]);
    let diagnosis = diagnose(settings, DiagnoseOptions::default(), |_| ()).await;
    assert_eq!(
        verdict(&diagnosis, "scopes"),
        (Warning, Some("not-offered"))
    );
    assert_eq!(
        of(&diagnosis, "scopes").what,
        "the authorization server does not offer the required \"notes:all\"; it offers \"notes:read\""
    );
    let settings = harness.settings().required_scopes([""; 0]);
    let diagnosis = diagnose(settings, DiagnoseOptions::default(), |_| ()).await;
    assert_eq!(
        of(&diagnosis, "scopes").what,
        "no scope is required of every caller"
    );
}

#[tokio::test]
async fn clocks_that_differ() {
    let harness = Harness::start().await;
    let at = |ahead: u64, behind: u64| {
        let now = SystemTime::now() + Duration::from_secs(ahead);
        TestClock::at(now - Duration::from_secs(behind))
    };
    for (clock, expected) in [
        (at(0, 0), (Ok, None)),
        (at(20, 0), (Ok, None)),
        (at(45, 0), (Warning, Some("ahead"))),
        (at(0, 45), (Warning, Some("behind"))),
        (at(3600, 0), (Failure, Some("ahead"))),
        (at(0, 3600), (Failure, Some("behind"))),
    ] {
        let diagnosis = diagnose(
            harness.settings().clock(clock),
            DiagnoseOptions::default(),
            |_| (),
        )
        .await;
        let finding = of(&diagnosis, "clock");
        assert_eq!(verdict(&diagnosis, "clock"), expected, "{finding:?}");
    }
}
