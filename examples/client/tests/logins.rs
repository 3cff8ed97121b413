//! rmcp's client against the mock Scalekit and the notes server, with each kind of client id, and what follows the
//! login. `examples/interop` has the same for FastMCP's and the TypeScript client.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

use std::{fs, path::Path};

use auth_testkit::{Client, Endpoint, RecordedRequest, SentAuth};
use client::options::{AuthorizeHints, CallbackHost};
use client::{Browser, ClientOptions, McpClient, Protection, TokenStore, Wire, connect};
use examples::demo::servers::DemoServers;
use serde_json::{Value, json};

// A login without a browser reads the redirect: there is no listener.
const PORT: u16 = 8123;
const REDIRECT: &str = "http://localhost:8123/auth/callback";
const WIRES: [Wire; 2] = [Wire::Stateful, Wire::Stateless];

fn options(demo: &DemoServers, wire: Wire) -> ClientOptions {
    ClientOptions::new(&demo.url)
        .unwrap()
        .with_browser(Browser::Headless)
        .with_wire(wire)
}

/// What the server says of the caller.
async fn status(client: &McpClient) -> Value {
    let answer = client.call_tool("auth_status", None).await.unwrap();
    answer.structured_content.unwrap()
}

/// Who asked for a token, and how: one login, which is sound in every respect.
fn only_login(demo: &DemoServers) -> RecordedRequest {
    let asked = demo.scalekit.only_request(Endpoint::Authorize);
    asked
        .assert_resource(&demo.url)
        .assert_scopes(["notes:read"]);
    let bought = demo.scalekit.only_request(Endpoint::Token);
    bought
        .assert_pkce_s256()
        .assert_resource(&demo.url)
        .assert_status(200);
    bought
}

#[tokio::test]
async fn by_registering_itself() {
    for wire in WIRES {
        let demo = DemoServers::start().await.unwrap();
        let client = connect(options(&demo, wire)).await.unwrap();
        let status = status(&client).await;
        assert_eq!(status["scopes"], json!(["notes:read"]), "{wire:?}");
        demo.scalekit
            .only_request(Endpoint::Register)
            .assert_status(201);
        only_login(&demo);
        client.close().await;
        demo.stop().await;
    }
}

#[tokio::test]
async fn by_a_metadata_document() {
    for wire in WIRES {
        let demo = DemoServers::start().await.unwrap();
        let id = "https://client.invalid/metadata.json";
        demo.scalekit.publish_client_metadata(
            id,
            &json!({ "client_id": id, "client_name": "Notes", "redirect_uris": [REDIRECT] }),
        );
        let options = options(&demo, wire)
            .with_client_metadata_url(id.to_owned())
            .with_callback_port(PORT);
        let client = connect(options).await.unwrap();
        assert_eq!(status(&client).await["client_id"], id, "{wire:?}");
        assert!(demo.scalekit.requests(Endpoint::Register).is_empty());
        only_login(&demo).assert_auth(SentAuth::None);
        client.close().await;
        demo.stop().await;
    }
}

#[tokio::test]
async fn by_a_metadata_document_that_lists_an_address_for_localhost() {
    for (host, listed) in [
        (CallbackHost::Ipv4, "http://127.0.0.1:8123/auth/callback"),
        (CallbackHost::Ipv6, "http://[::1]:8123/auth/callback"),
    ] {
        let demo = DemoServers::start().await.unwrap();
        let id = "https://client.invalid/metadata.json";
        demo.scalekit.publish_client_metadata(
            id,
            &json!({ "client_id": id, "client_name": "Notes", "redirect_uris": [listed] }),
        );
        let options = options(&demo, Wire::Auto)
            .with_client_metadata_url(id.to_owned())
            .with_callback_port(PORT);
        // With another host it is not the URI of the document.
        let refused = connect(options.clone()).await.unwrap_err();
        assert_eq!(refused.report().code, "authorize_refused", "{refused}");
        let client = connect(options.with_callback_host(host)).await.unwrap();
        assert_eq!(status(&client).await["client_id"], id, "{listed}");
        client.close().await;
        demo.stop().await;
    }
}

#[tokio::test]
async fn registered_by_hand_with_and_without_a_secret() {
    for wire in WIRES {
        for secret in [None, Some("correct horse battery staple")] {
            let demo = DemoServers::start().await.unwrap();
            let registered = match secret {
                None => Client::public(REDIRECT),
                Some(secret) => Client::confidential("m2m_42", secret).redirect_uri(REDIRECT),
            };
            let id = demo.scalekit.register_client(registered.id("m2m_42"));
            let options = options(&demo, wire)
                .with_client(id.clone(), secret.map(Into::into))
                .with_callback_port(PORT);
            let client = connect(options).await.unwrap();
            assert_eq!(status(&client).await["client_id"], id, "{wire:?}");
            assert!(demo.scalekit.requests(Endpoint::Register).is_empty());
            let expected = match secret {
                None => SentAuth::None,
                Some(_) => SentAuth::Basic,
            };
            only_login(&demo).assert_auth(expected);
            client.close().await;
            demo.stop().await;
        }
    }
}

#[tokio::test]
async fn refreshing_what_is_about_to_expire() {
    for wire in WIRES {
        let demo = DemoServers::start().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let store = TokenStore::in_directory(directory.path(), Protection::Unencrypted);
        let scopes = ["notes:read", "offline_access"].map(str::to_owned);
        let options = options(&demo, wire).with_scopes(scopes).with_store(store);
        connect(options.clone()).await.unwrap().close().await;
        pretend_to_be_old(directory.path());
        let client = connect(options).await.unwrap();
        status(&client).await;
        let tokens = demo.scalekit.requests(Endpoint::Token);
        let kinds: Vec<_> = tokens
            .iter()
            .filter_map(|sent| sent.param("grant_type"))
            .collect();
        assert_eq!(kinds, ["authorization_code", "refresh_token"], "{wire:?}");
        assert!(tokens.iter().all(|sent| sent.status() == Some(200)));
        assert_eq!(demo.scalekit.requests(Endpoint::Authorize).len(), 1);
        client.close().await;
        demo.stop().await;
    }
}

/// Makes stored tokens look as if they had been received long ago.
fn pretend_to_be_old(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "json") {
            let mut file: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            file["unencrypted"]["credentials"]["token_received_at"] = 1.into();
            fs::write(&path, file.to_string()).unwrap();
        }
    }
}

#[tokio::test]
async fn asking_for_one_scope_more_when_a_tool_needs_it() {
    for wire in WIRES {
        let demo = DemoServers::start().await.unwrap();
        let client = connect(options(&demo, wire)).await.unwrap();
        status(&client).await;
        only_login(&demo);
        let note = json!({ "text": "milk" });
        let added = client.call_tool("notes_add", note.as_object().cloned());
        let added = added.await.unwrap().structured_content.unwrap();
        assert_eq!(added, json!({ "notes": ["milk"] }), "{wire:?}");
        let asked = demo.scalekit.requests(Endpoint::Authorize);
        assert_eq!(asked.len(), 2, "{wire:?}");
        asked[1].assert_scopes(["notes:read", "notes:write"]);
        client.close().await;
        demo.stop().await;
    }
}

#[tokio::test]
async fn the_login_page_is_told_who_will_log_in() {
    let demo = DemoServers::start().await.unwrap();
    let hints = AuthorizeHints {
        organization: Some("org_1000000001".to_owned()),
        connection: Some("conn_7".to_owned()),
        login_hint: Some("ada@example.com".to_owned()),
        prompt: Some("login".to_owned()),
    };
    let options = options(&demo, Wire::Stateless).with_authorize_hints(hints);
    let client = connect(options).await.unwrap();
    only_login(&demo);
    demo.scalekit
        .only_request(Endpoint::Authorize)
        .assert_param("organization_id", "org_1000000001")
        .assert_param("connection_id", "conn_7")
        .assert_param("login_hint", "ada@example.com")
        .assert_param("prompt", "login");
    client.close().await;
    demo.stop().await;
}
