//! The client against an issuer and a server that bind tokens to a key (RFC 9449).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod issuer;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use client::{
    Browser, ClientError, ClientOptions, McpClient, Progress, Protection, Reporter, TokenStore,
    Wire, connect, store::TokenEntry,
};
use issuer::Issuer;
use serde_json::{Value, json};
use url::Url;

/// An issuer that offers DPoP, and a client with its own token file.
struct Bench {
    issuer: Issuer,
    directory: tempfile::TempDir,
    events: Arc<Mutex<Vec<String>>>,
}

impl Bench {
    async fn offering_dpop() -> Self {
        let issuer = Issuer::start().await;
        issuer.now().dpop.offered = true;
        Self {
            issuer,
            directory: tempfile::tempdir().unwrap(),
            events: Arc::default(),
        }
    }

    fn store(&self) -> TokenStore {
        TokenStore::in_directory(self.directory.path(), Protection::Unencrypted)
    }

    fn entry(&self) -> TokenEntry {
        let server = Url::parse(&self.issuer.url()).unwrap();
        self.store().entry(&server, Some(&self.issuer.base))
    }

    async fn connect(&self, wire: Wire) -> McpClient {
        self.try_to_connect(wire).await.unwrap()
    }

    async fn try_to_connect(&self, wire: Wire) -> Result<McpClient, ClientError> {
        let events = Arc::clone(&self.events);
        let options = ClientOptions::new(&self.issuer.url())
            .unwrap()
            .with_browser(Browser::Headless)
            .with_wire(wire)
            .with_store(self.store())
            .with_reporter(Reporter::new(move |event: &Progress| {
                events.lock().unwrap().push(format!("{event:?}"));
            }));
        connect(options).await
    }

    fn file(&self) -> Value {
        let text = std::fs::read(self.entry().path().unwrap()).unwrap();
        let mut file: Value = serde_json::from_slice(&text).unwrap();
        file["unencrypted"].take()
    }

    /// Logins, refreshes.
    fn asked(&self) -> (u32, u32) {
        let now = self.issuer.now();
        (now.authorizations, now.refreshes)
    }

    /// The status of a request by hand, with the token of the file.
    async fn by_hand(&self, scheme: &str, proof: Option<&str>) -> u16 {
        let token = self.file()["credentials"]["token_response"]["access_token"].clone();
        let mut request = reqwest::Client::new().post(self.issuer.url()).header(
            "authorization",
            format!("{scheme} {}", token.as_str().unwrap()),
        );
        if let Some(proof) = proof {
            request = request.header("dpop", proof);
        }
        request.send().await.unwrap().status().as_u16()
    }
}

async fn echo(client: &McpClient) {
    let arguments = json!({ "message": "hi" }).as_object().cloned();
    let result = client.call_tool("echo", arguments).await.unwrap();
    assert_eq!(
        result.content[0].as_text().unwrap().text,
        r#"{"message":"hi"}"#
    );
}

#[tokio::test]
async fn each_request_has_a_fresh_proof_of_one_key() {
    for wire in [Wire::Stateful, Wire::Stateless] {
        let bench = Bench::offering_dpop().await;
        let client = bench.connect(wire).await;
        let before = bench.issuer.now().dpop.taken[1].len();
        echo(&client).await;
        echo(&client).await;
        {
            let now = bench.issuer.now();
            let [issuer, server] = &now.dpop.taken;
            assert_eq!(issuer.len(), 1, "{wire:?}: the code");
            assert!(server.len() >= before + 2, "{wire:?}: each call");
            let all: HashSet<_> = issuer.iter().chain(server).collect();
            assert_eq!(
                all.len(),
                issuer.len() + server.len(),
                "{wire:?}: a name twice"
            );
            assert_eq!(now.dpop.keys.len(), 1, "{wire:?}");
            let codes = now
                .dpop
                .bound
                .keys()
                .filter(|name| name.starts_with("code"));
            assert_eq!(codes.count(), 1, "{wire:?}: the code is bound as well");
        }
        assert_eq!(bench.asked(), (1, 0), "{wire:?}");
        // The token alone is refused, so the client has sent a proof with it.
        assert_eq!(bench.by_hand("Bearer", None).await, 401);
        assert_eq!(bench.by_hand("DPoP", None).await, 401);
        assert_eq!(bench.by_hand("DPoP", Some("e30.e30.e30")).await, 401);
        client.close().await;
    }
}

#[tokio::test]
async fn nonces_of_both_sides_are_used_and_never_mixed() {
    for wire in [Wire::Stateful, Wire::Stateless] {
        let bench = Bench::offering_dpop().await;
        {
            let mut now = bench.issuer.now();
            now.dpop.issuer_nonce = Some("issuer-1");
            now.dpop.server_nonce = Some("server-1");
        }
        let client = bench.connect(wire).await;
        echo(&client).await;
        {
            let now = bench.issuer.now();
            assert_eq!(now.dpop.nonce_refusals[0], 1, "{wire:?}: at the first try");
            assert_eq!(now.dpop.nonce_refusals[1], 1, "{wire:?}: the same");
        }
        {
            let mut now = bench.issuer.now();
            now.dpop.server_nonce = Some("server-2");
        }
        echo(&client).await;
        assert_eq!(
            bench.asked(),
            (1, 0),
            "{wire:?}: an old nonce costs no token"
        );
        bench.issuer.now().access.clear();
        echo(&client).await;
        assert_eq!(bench.asked(), (1, 1), "{wire:?}");
        let refused = bench.issuer.now().dpop.nonce_refusals;
        assert_eq!(refused, [1, 2], "{wire:?}: each side has its own");
        {
            let mut now = bench.issuer.now();
            now.access.clear();
            now.dpop.issuer_nonce = Some("issuer-2");
        }
        echo(&client).await;
        assert_eq!(bench.asked(), (1, 2), "{wire:?}");
        let message = bench.events.lock().unwrap().join("\n");
        assert!(!message.contains("RefreshRefused"), "{message}");
        client.close().await;
    }
}

#[tokio::test]
async fn a_nonce_that_changes_is_asked_for_once_by_twenty_requests() {
    let bench = Bench::offering_dpop().await;
    bench.issuer.now().dpop.server_nonce = Some("server-1");
    let client = bench.connect(Wire::Stateless).await;
    echo(&client).await;
    {
        let mut now = bench.issuer.now();
        now.dpop.server_nonce = Some("server-2");
        now.dpop.nonce_refusals = [0, 0];
    }
    let calls = (0..20).map(|_| Box::pin(echo(&client)));
    futures_util::future::join_all(calls).await;
    let refused = bench.issuer.now().dpop.nonce_refusals[1];
    // The refusal brings the nonce, so no request is refused twice.
    assert!((1..=20).contains(&refused), "{refused}");
    assert_eq!(bench.asked(), (1, 0));
    client.close().await;
}

#[tokio::test]
async fn who_is_never_satisfied_with_a_nonce_is_not_asked_for_ever() {
    // The side, and how often the issuer and the server refused for the nonce. The server: a token is shown without a
    // nonce and with it; then a refreshed one with it, for which there is no other nonce.
    let rows = [(None, [1, 1]), (Some(0), [2, 0]), (Some(1), [1, 3])];
    for (side, refusals) in rows {
        let bench = Bench::offering_dpop().await;
        {
            let mut now = bench.issuer.now();
            now.dpop.issuer_nonce = Some("issuer-1");
            now.dpop.server_nonce = Some("server-1");
            now.dpop.never_satisfied = side;
        }
        let connected = bench.try_to_connect(Wire::Stateless).await;
        let refused = connected.as_ref().err().map(ToString::to_string);
        assert_eq!(refused.is_some(), side.is_some(), "{refused:?}");
        assert_eq!(bench.issuer.now().dpop.nonce_refusals, refusals, "{side:?}");
        if let Ok(client) = connected {
            client.close().await;
        }
    }
}

#[tokio::test]
async fn the_key_outlives_the_process_and_is_never_shown() {
    let bench = Bench::offering_dpop().await;
    bench.connect(Wire::Stateless).await.close().await;
    let key = bench.file()["proof_key"].as_str().unwrap().to_owned();
    bench.issuer.now().access.clear();
    // The refresh token is bound to the key: the issuer takes no other.
    let client = bench.connect(Wire::Stateless).await;
    echo(&client).await;
    assert_eq!(bench.asked(), (1, 1));
    assert_eq!(bench.issuer.now().dpop.keys.len(), 1);
    client.close().await;

    let record = bench.entry().read().await.unwrap().unwrap();
    let message = bench.events.lock().unwrap().join("\n");
    for shown in [format!("{record:?}"), message] {
        assert!(!shown.contains(&key), "{shown}");
    }

    // Without it, the refresh is refused; there is one new login, with a new key.
    let mut file = bench.file();
    file.as_object_mut().unwrap().remove("proof_key");
    let file = json!({ "version": 2, "unencrypted": file });
    std::fs::write(bench.entry().path().unwrap(), file.to_string()).unwrap();
    let client = bench.connect(Wire::Stateless).await;
    echo(&client).await;
    assert_eq!(bench.asked(), (2, 1));
    assert_eq!(bench.issuer.now().dpop.keys.len(), 2);
    let message = bench.events.lock().unwrap().join("\n");
    assert!(
        message.contains(r#"RefreshRefused("invalid_grant")"#),
        "{message}"
    );
    client.close().await;
}

#[tokio::test]
async fn who_does_not_bind_tokens_gets_no_proof() {
    for offered in [true, false] {
        let bench = Bench::offering_dpop().await;
        bench.issuer.now().dpop.offered = offered;
        let client = bench.connect(Wire::Stateless).await;
        echo(&client).await;
        bench.issuer.now().access.clear();
        echo(&client).await;
        assert_eq!(bench.asked(), (1, 1), "{offered}");
        let kind = bench.file()["credentials"]["token_response"]["token_type"].clone();
        assert_eq!(kind == "dpop", offered, "{kind}");
        assert_eq!(bench.issuer.now().dpop.headers > 0, offered, "{offered}");
        assert_eq!(bench.file().get("proof_key").is_some(), offered);
        client.close().await;
    }
}

#[tokio::test]
async fn a_bearer_token_stays_one_where_proofs_are_taken() {
    let bench = Bench::offering_dpop().await;
    bench.issuer.now().dpop.bearer = true;
    let client = bench.connect(Wire::Stateless).await;
    echo(&client).await;
    {
        let now = bench.issuer.now();
        assert_eq!(now.dpop.taken[0].len(), 1);
        assert_eq!(now.dpop.headers, 1, "the token request alone");
    }
    assert_ne!(bench.by_hand("Bearer", None).await, 401);
    assert_eq!(bench.by_hand("DPoP", None).await, 401);
    client.close().await;
}

#[tokio::test]
async fn a_bound_token_is_never_sent_as_a_bearers() {
    let bench = Bench::offering_dpop().await;
    bench.connect(Wire::Stateless).await.close().await;
    let proofs = bench.issuer.now().dpop.headers;
    // The metadata no longer offers DPoP; the issued tokens stay bound.
    bench.issuer.now().dpop.offered = false;
    let client = bench.connect(Wire::Stateless).await;
    echo(&client).await;
    assert!(bench.issuer.now().dpop.headers > proofs);
    bench.issuer.now().access.clear();
    echo(&client).await;
    assert_eq!(bench.asked(), (1, 1), "refreshed with a proof");
    client.close().await;
}
