//! The MCP server in Scalekit: each setting that does not fit.

use auth_testkit::{Client, Endpoint, Fault};
use serde_json::{Value, json};

use super::{CLIENT_ID, SECRET, findings, resource, show, stage, stage_with};
use crate::{Findings, Variables, run};

type Change = fn(&mut Value);

/// A row: what is changed, the check, its severity and code, and parts of the sentence and of the fix.
type Row<'a> = (
    &'a str,
    Change,
    &'a str,
    (&'a str, &'a str),
    &'a str,
    &'a str,
);

fn close(resource: &mut Value) {
    resource["disable_dynamic_client_registration"] = true.into();
    resource["enable_cimd"] = false.into();
}

#[tokio::test]
async fn each_setting_that_does_not_fit_is_one_finding() {
    let stage = stage().await;
    let sound = resource(&stage).await;
    let control = show(&stage, &sound);
    let found = findings(&stage).await;
    assert_eq!(found.bad(), [""; 0], "the control: {found:#?}");
    drop(control);
    let rows: [Row<'_>; 19] = [
        (
            "another type",
            |it| it["resource_type"] = "WEB".into(),
            "resource",
            ("failure", "not-an-mcp-server"),
            "is not an MCP server, but of the type \"WEB\"",
            "SCALEKIT_RESOURCE_ID",
        ),
        (
            "a slash",
            |it| it["resource_uri"] = format!("{}/", it["resource_uri"].as_str().unwrap()).into(),
            "resource-url",
            ("failure", "trailing-slash"),
            "they differ in a slash at the end",
            "set the Server URL",
        ),
        (
            "another name of this machine",
            |it| {
                let url = it["resource_uri"].as_str().unwrap();
                it["resource_uri"] = url.replace("localhost", "127.0.0.1").into();
            },
            "resource-url",
            ("failure", "loopback-name"),
            "they are two names of this machine",
            "SCALEKIT_MCP_URL",
        ),
        (
            "another URL",
            |it| it["resource_uri"] = "https://mcp.example.com/MCP".into(),
            "resource-url",
            ("failure", "another-url"),
            "the Server URL is \"https://mcp.example.com/MCP\", but SCALEKIT_MCP_URL is ",
            "SCALEKIT_MCP_URL",
        ),
        (
            "no URL",
            |it| it["resource_uri"] = "".into(),
            "resource-url",
            ("warning", "no-url"),
            "has no Server URL",
            "set the Server URL",
        ),
        (
            "a scope that is not enabled",
            |it| it["scopes"][1]["enabled"] = false.into(),
            "resource-scopes",
            ("failure", "not-enabled"),
            "the required \"notes:read\" can never be granted, since it is not enabled for the MCP server; enabled: \"notes:write\"",
            "enable each for the MCP server",
        ),
        (
            "a scope that does not exist",
            |it| it["scopes"] = json!([]),
            "resource-scopes",
            ("failure", "not-enabled"),
            "enabled: nothing",
            "create \"notes:read\" as a permission (Authorization > Permissions), then enable each",
        ),
        (
            "another authorization server",
            |it| {
                it["protected_metadata"]["authorization_servers"] =
                    json!(["https://auth.example.com/resources/res_1"]);
            },
            "resource-metadata",
            ("warning", "another-issuer"),
            "sends clients to \"https://auth.example.com/resources/res_1\"",
            "SCALEKIT_ENVIRONMENT_URL",
        ),
        (
            "another resource in the document",
            |it| it["protected_metadata"]["resource"] = "https://mcp.example.com".into(),
            "resource-metadata",
            ("warning", "another-resource"),
            "is about the resource \"https://mcp.example.com\"",
            "set the Server URL",
        ),
        (
            "no registration",
            |it| it["disable_dynamic_client_registration"] = true.into(),
            "resource-registration",
            ("warning", "documents-only"),
            "only those with a metadata document (CIMD)",
            "turn on dynamic client registration",
        ),
        (
            "no registration and an allowlist",
            |it| {
                it["disable_dynamic_client_registration"] = true.into();
                it["cimd_client_allowlist_enabled"] = true.into();
                it["cimd_client_allowlist"] = json!([{ "type": "PREDEFINED", "value": "x" }]);
            },
            "resource-registration",
            ("warning", "listed-only"),
            "only those of the 1 entries of the allowlist",
            "turn on dynamic client registration",
        ),
        (
            "no registration and an empty allowlist",
            |it| {
                it["disable_dynamic_client_registration"] = true.into();
                it["cimd_client_allowlist_enabled"] = true.into();
            },
            "resource-registration",
            ("failure", "closed"),
            "no client can register",
            "create a client there for each",
        ),
        (
            "neither registration nor documents",
            close,
            "resource-registration",
            ("failure", "closed"),
            "no client was created (0 registered before)",
            "turn on dynamic client registration",
        ),
        (
            "scopes within permissions",
            |it| it["intersect_scopes_user_permission"] = true.into(),
            "resource-consent-settings",
            ("warning", "within-permissions"),
            "a user gets only scopes that are also permissions of the user, and is refused without \"notes:read\"",
            "Authorization > Roles",
        ),
        (
            "selection of scopes",
            |it| it["resource_scope_selection_allowed"] = true.into(),
            "resource-consent-settings",
            ("warning", "selection"),
            "users can deselect scopes, also the required \"notes:read\"",
            "SCALEKIT_REQUIRED_SCOPES",
        ),
        (
            "a long lifetime, as a string",
            |it| it["access_token_expiry"] = "7200".into(),
            "resource-lifetime",
            ("warning", "long"),
            "access tokens live 2 h",
            "300 to 3600 s",
        ),
        (
            "a long lifetime, as a number",
            |it| it["access_token_expiry"] = 86_400.into(),
            "resource-lifetime",
            ("warning", "long"),
            "access tokens live 24 h",
            "SCALEKIT_WEBHOOK_SECRET",
        ),
        (
            "a malformed member",
            |it| it["enable_cimd"] = "yes".into(),
            "resource",
            ("warning", "bad-answer"),
            "cannot be used: the answer has an unusable member enable_cimd",
            "no proxy",
        ),
        (
            "another resource",
            |it| it["id"] = "res_2".into(),
            "resource",
            ("warning", "bad-answer"),
            "cannot be used: the answer has another resource",
            "no proxy",
        ),
    ];
    for (name, change, check, code, what, fix) in rows {
        let mut changed = sound.clone();
        change(&mut changed["resource"]);
        assert_ne!(changed, sound, "{name}");
        let shown = show(&stage, &changed);
        let found = findings(&stage).await;
        drop(shown);
        assert_eq!(found.bad(), [check], "{name}");
        assert_eq!(found.code(check), code, "{name}");
        assert!(
            found.what(check).contains(what),
            "{name}: {}",
            found.what(check)
        );
        assert!(
            found.fix(check).contains(fix),
            "{name}: {}",
            found.fix(check)
        );
    }
    stage.stop().await;
}

#[tokio::test]
async fn what_is_worth_knowing_is_no_warning() {
    let stage = stage().await;
    let sound = resource(&stage).await;
    let control = findings(&stage).await;
    let rows: [(Change, &str, (&str, &str)); 5] = [
        (
            |it| it["xaa_enabled"] = true.into(),
            "resource-xaa",
            ("note", ""),
        ),
        (
            |it| it["access_token_expiry"] = Value::Null,
            "resource-lifetime",
            ("note", ""),
        ),
        (
            |it| it["access_token_expiry"] = "3600".into(),
            "resource-lifetime",
            ("ok", ""),
        ),
        (
            |it| it["protected_metadata"] = Value::Null,
            "resource-metadata",
            ("skipped", "missing"),
        ),
        (
            |it| it["resource_type"] = Value::Null,
            "resource",
            ("note", ""),
        ),
    ];
    for (change, check, code) in rows {
        assert_eq!(control.code(check), ("ok", ""), "the control");
        let mut changed = sound.clone();
        change(&mut changed["resource"]);
        let shown = show(&stage, &changed);
        let found = findings(&stage).await;
        drop(shown);
        assert_eq!(found.bad(), [""; 0]);
        assert_eq!(found.code(check), code, "{check}");
    }
    stage.stop().await;
}

#[tokio::test]
async fn an_unknown_resource_is_named() {
    let stage = stage().await;
    let control = findings(&stage).await;
    assert_eq!(control.code("resource"), ("ok", ""), "the control");
    let other = Variables {
        resource_id: "res_9000000009".into(),
        ..Variables::of(&stage)
    };
    let mut command = other.doctor(&["--json", "--management"]);
    command
        .env("SCALEKIT_CLIENT_ID", CLIENT_ID)
        .env("SCALEKIT_CLIENT_SECRET", SECRET);
    let found = Findings::of(&run(command, "").await);
    assert_eq!(found.code("resource"), ("failure", "unknown-resource"));
    assert!(found.fix("resource").contains("SCALEKIT_ENVIRONMENT_URL"));
    assert_eq!(found.code("management"), ("ok", ""));
    stage.stop().await;
}

/// The list of clients decides whether a closed server is a failure.
#[tokio::test]
async fn clients_and_consents_are_counted() {
    let stage = stage_with(|mock| {
        mock.dynamic_registration(false)
            .client_metadata_documents(false)
    })
    .await;
    let empty = findings(&stage).await;
    assert_eq!(
        empty.code("resource-registration"),
        ("failure", "closed"),
        "the control"
    );
    for redirect in ["http://localhost:1/", "http://localhost:2/"] {
        stage.scalekit.register_client(Client::public(redirect));
    }
    let found = findings(&stage).await;
    assert_eq!(
        found.what("resource-clients"),
        "2 clients: 2 created in the dashboard or by the API, 0 registered by themselves, 0 with a metadata document"
    );
    assert_eq!(
        found.code("resource-registration"),
        ("warning", "created-only")
    );
    assert_eq!(
        found.what("resource-registration"),
        "only clients that were created in the dashboard can log in: 2"
    );
    let unknown = stage
        .scalekit
        .fail(Endpoint::ResourceClients, Fault::Status(403));
    let found = findings(&stage).await;
    drop(unknown);
    assert_eq!(
        found.code("resource-registration"),
        ("warning", "created-only")
    );
    assert!(
        found
            .what("resource-registration")
            .ends_with("is not known")
    );

    let consent = |n: usize| json!({ "id": format!("usrcnst_{n}"), "client_name": "marker" });
    for (number, what) in [
        (1, "1 consent of a user"),
        (30, "30 consents of users"),
        (90, "90 consents of users or more"),
        (91, "90 consents of users or more"),
    ] {
        let consents: Vec<_> = (0..number).map(consent).collect();
        let body = json!({ "consents": consents }).to_string();
        let shown = stage
            .scalekit
            .fail(Endpoint::UserConsents, Fault::Body(body.into_bytes()));
        let found = findings(&stage).await;
        drop(shown);
        assert_eq!(found.what("resource-consents"), what);
    }
    stage.stop().await;
}
