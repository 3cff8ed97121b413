//! The client against an authorization server and a protected rmcp server on loopback.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test may panic"
)]

mod issuer;

use std::sync::{Arc, Mutex};

use client::{
    Browser, ClientError, ClientOptions, McpClient, Progress, Protection, Reporter, TokenStore,
    Wire, cli::terminal, connect, events::Identity, store::TokenEntry,
};
use issuer::{Approval, Issuer};
use tokio::sync::Notify;
use url::Url;

/// A client with its own token file, and all it reported.
struct Bench {
    issuer: Issuer,
    directory: tempfile::TempDir,
    events: Arc<Mutex<Vec<Progress>>>,
    arrived: Arc<Notify>,
}

impl Bench {
    async fn new() -> Self {
        Self {
            issuer: Issuer::start().await,
            directory: tempfile::tempdir().unwrap(),
            events: Arc::default(),
            arrived: Arc::default(),
        }
    }

    fn store(&self) -> TokenStore {
        TokenStore::in_directory(self.directory.path(), Protection::Unencrypted)
    }

    fn entry(&self) -> TokenEntry {
        let server = Url::parse(&self.issuer.url()).unwrap();
        self.store().entry(&server, Some(&self.issuer.base))
    }

    fn options(&self) -> ClientOptions {
        let events = Arc::clone(&self.events);
        let arrived = Arc::clone(&self.arrived);
        ClientOptions::new(&self.issuer.url())
            .unwrap()
            .with_browser(Browser::Headless)
            .with_store(self.store())
            .with_reporter(Reporter::new(move |event| {
                events.lock().unwrap().push(event.clone());
                arrived.notify_one();
            }))
    }

    async fn connect(&self) -> Result<McpClient, ClientError> {
        connect(self.options()).await
    }

    /// Waits until the client shows a URL for a person.
    async fn url_to_open(&self) -> Url {
        loop {
            let shown = self
                .events
                .lock()
                .unwrap()
                .iter()
                .find_map(|event| match event {
                    Progress::Authorization(authorize) if authorize.by_hand() => {
                        Some(authorize.url().clone())
                    }
                    _ => None,
                });
            match shown {
                Some(url) => return url,
                None => self.arrived.notified().await,
            }
        }
    }

    /// The kinds of events since the last look, exchanges left out.
    fn steps(&self) -> Vec<String> {
        let events: Vec<Progress> = self.events.lock().unwrap().drain(..).collect();
        let shown: Vec<String> = events
            .iter()
            .filter(|event| !matches!(event, Progress::Exchange(_)))
            .map(kind)
            .collect();
        // Whatever a test looks at, nothing in it may be a secret.
        let output = format!(
            "{events:?} {:?}",
            events
                .iter()
                .map(|event| match event {
                    // The one thing that holds the state: a person has to open it.
                    Progress::Authorization(authorize) if authorize.by_hand() => None,
                    event => terminal::step(event, true),
                })
                .collect::<Vec<_>>()
        );
        for secret in &self.issuer.now().secrets {
            assert!(
                !output.contains(secret.as_str()),
                "{secret} is shown in {output}"
            );
        }
        shown
    }
}

fn kind(event: &Progress) -> String {
    let text = format!("{event:?}");
    text.split([' ', '(', '{'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

const LOGIN: [&str; 6] = [
    "Challenge",
    "Discovery",
    "Registration",
    "Authorization",
    "Callback",
    "TokenExchange",
];

fn login_then(more: &[&str]) -> Vec<String> {
    LOGIN
        .iter()
        .chain(more)
        .map(|&step| step.to_owned())
        .collect()
}

async fn echo(client: &McpClient) -> Result<String, ClientError> {
    let arguments = serde_json::json!({ "message": "hi" }).as_object().cloned();
    let result = client.call_tool("echo", arguments).await?;
    Ok(result.content[0].as_text().unwrap().text.clone())
}

#[tokio::test]
async fn logs_in_once_and_uses_the_tokens_again() {
    for wire in [Wire::Auto, Wire::Stateful, Wire::Stateless] {
        let bench = Bench::new().await;
        let client = connect(bench.options().with_wire(wire)).await.unwrap();
        assert_eq!(client.list_tools().await.unwrap()[0].name, "echo");
        assert_eq!(echo(&client).await.unwrap(), r#"{"message":"hi"}"#);
        client.close().await;
        assert_eq!(bench.steps(), login_then(&["Connected"]), "{wire:?}");
        assert_eq!(
            bench.issuer.now().asked_scopes,
            ["read"],
            "the scope of the challenge, not all that are supported"
        );

        let client = connect(bench.options().with_wire(wire)).await.unwrap();
        echo(&client).await.unwrap();
        client.close().await;
        assert_eq!(bench.steps(), ["StoredTokens", "Connected"], "{wire:?}");
        let now = bench.issuer.now();
        assert_eq!(
            (now.registrations, now.authorizations, now.refreshes),
            (1, 1, 0),
            "{wire:?}"
        );
    }
}

#[tokio::test]
async fn a_revoked_token_is_refreshed_without_a_login() {
    let bench = Bench::new().await;
    bench.connect().await.unwrap().close().await;
    bench.issuer.now().access.clear();
    bench.steps();
    let client = bench.connect().await.unwrap();
    assert_eq!(bench.steps(), ["StoredTokens", "Refreshed", "Connected"]);
    // The same in the middle of a session.
    bench.issuer.now().access.clear();
    echo(&client).await.unwrap();
    assert_eq!(bench.steps(), ["Refreshed"]);
    client.close().await;
    assert_eq!(bench.issuer.now().authorizations, 1);
}

#[tokio::test]
async fn a_token_near_its_end_is_refreshed_before_it_is_sent() {
    let bench = Bench::new().await;
    bench.connect().await.unwrap().close().await;
    bench.steps();
    // As if the token had been stored long ago.
    let path = bench.entry().path().unwrap();
    let mut file: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    file["unencrypted"]["credentials"]["token_received_at"] = 1.into();
    std::fs::write(&path, file.to_string()).unwrap();
    bench.connect().await.unwrap().close().await;
    assert_eq!(bench.steps(), ["StoredTokens", "Refreshed", "Connected"]);
    assert_eq!(bench.issuer.now().authorizations, 1);
}

#[tokio::test]
async fn a_refused_refresh_leads_to_one_new_login() {
    let bench = Bench::new().await;
    let client = bench.connect().await.unwrap();
    bench.steps();
    {
        let mut now = bench.issuer.now();
        now.access.clear();
        now.refuse_refresh = Some("invalid_grant");
    }
    echo(&client).await.unwrap();
    client.close().await;
    let expected: Vec<String> = std::iter::once("RefreshRefused".to_owned())
        .chain(login_then(&[]))
        .collect();
    assert_eq!(bench.steps(), expected);
    let now = bench.issuer.now();
    assert_eq!(
        (now.registrations, now.authorizations, now.refreshes),
        (1, 2, 1),
        "the registration is used again"
    );
}

#[tokio::test]
async fn twenty_refused_at_once_lead_to_one_login() {
    let bench = Bench::new().await;
    let client = bench.connect().await.unwrap();
    echo(&client).await.unwrap();
    {
        let mut issuer = bench.issuer.now();
        issuer.access.clear();
        issuer.refuse_refresh = Some("invalid_grant");
    }
    let calls = (0..20).map(|_| Box::pin(echo(&client)));
    for answer in futures_util::future::join_all(calls).await {
        answer.unwrap();
    }
    let (refreshes, authorizations) = {
        let now = bench.issuer.now();
        (now.refreshes, now.authorizations)
    };
    assert_eq!((refreshes, authorizations), (1, 2));
    client.close().await;
}

#[tokio::test]
async fn twenty_refused_at_once_lead_to_one_refresh() {
    for wire in [Wire::Stateful, Wire::Stateless] {
        let bench = Bench::new().await;
        let client = connect(bench.options().with_wire(wire)).await.unwrap();
        echo(&client).await.unwrap();
        assert_eq!(bench.issuer.now().refreshes, 0, "{wire:?}");
        bench.issuer.now().access.clear();
        let calls = (0..20).map(|_| Box::pin(echo(&client)));
        for answer in futures_util::future::join_all(calls).await {
            answer.unwrap();
        }
        let (refreshes, authorizations) = {
            let now = bench.issuer.now();
            (now.refreshes, now.authorizations)
        };
        assert_eq!((refreshes, authorizations), (1, 1), "{wire:?}");
        client.close().await;
    }
}

#[tokio::test]
async fn an_issuer_that_lost_its_memory_gets_a_new_registration() {
    let bench = Bench::new().await;
    bench.connect().await.unwrap().close().await;
    bench.steps();
    {
        let mut now = bench.issuer.now();
        now.access.clear();
        now.clients.clear();
    }
    bench.connect().await.unwrap().close().await;
    let steps = bench.steps();
    assert!(steps.contains(&"LoginAgain".to_owned()), "{steps:?}");
    let now = bench.issuer.now();
    assert_eq!((now.registrations, now.authorizations), (2, 2));
}

#[tokio::test]
async fn a_forgotten_client_is_noticed_before_a_person_sees_an_error_page() {
    for browser in [Browser::Headless, Browser::PrintOnly] {
        let bench = Bench::new().await;
        bench.connect().await.unwrap().close().await;
        {
            let mut now = bench.issuer.now();
            now.access.clear();
            now.refuse_refresh = Some("invalid_grant");
            now.approval = Approval::Page;
        }
        // The tokens go, the registration stays.
        bench.connect().await.unwrap_err();
        assert!(bench.entry().read().await.unwrap().is_some());
        {
            let mut now = bench.issuer.now();
            now.clients.clear();
            now.approval = Approval::Grant;
        }
        bench.steps();
        // A person's login has to use the redirect URI of the registration; 8000 may be taken here.
        let options = bench.options().with_browser(browser);
        let connecting = tokio::spawn(connect(options));
        if browser == Browser::PrintOnly {
            let url = bench.url_to_open().await;
            assert!(reqwest::get(url).await.unwrap().status().is_success());
        }
        connecting.await.unwrap().unwrap().close().await;
        assert_eq!(bench.issuer.now().registrations, 2, "{browser:?}");
    }
}

#[tokio::test]
async fn a_confidential_client_can_refresh_after_a_restart() {
    let bench = Bench::new().await;
    bench.issuer.now().issue_secrets = true;
    bench.connect().await.unwrap().close().await;
    bench.issuer.now().access.clear();
    bench.steps();
    bench.connect().await.unwrap().close().await;
    assert_eq!(bench.steps(), ["StoredTokens", "Refreshed", "Connected"]);
    assert_eq!(bench.issuer.now().authorizations, 1);
}

#[tokio::test]
async fn more_scopes_are_asked_for_when_a_call_takes_them() {
    let bench = Bench::new().await;
    bench.issuer.now().call_scope = Some("write");
    let client = bench.connect().await.unwrap();
    bench.steps();
    echo(&client).await.unwrap();
    client.close().await;
    let steps = bench.steps();
    assert_eq!(steps[..2], ["Challenge", "LoginAgain"]);
    assert_eq!(
        bench.issuer.now().asked_scopes,
        ["read", "read write"],
        "what was granted stays"
    );
}

#[tokio::test]
async fn a_scope_that_was_granted_and_does_not_help_is_not_asked_for_again() {
    let bench = Bench::new().await;
    {
        let mut now = bench.issuer.now();
        now.call_scope = Some("write");
        now.grants_help = false;
    }
    let client = bench.connect().await.unwrap();
    let error = echo(&client).await.unwrap_err();
    assert!(
        matches!(&error, ClientError::InsufficientScope { wanted } if wanted == "write"),
        "{error}"
    );
    client.close().await;
    assert_eq!(bench.issuer.now().authorizations, 2);
}

#[tokio::test]
async fn a_server_that_refuses_every_token_does_not_make_the_client_loop() {
    let bench = Bench::new().await;
    bench.issuer.now().accept_tokens = false;
    let error = bench.connect().await.unwrap_err();
    assert!(matches!(error, ClientError::StillRefused { .. }), "{error}");
    let now = bench.issuer.now();
    assert_eq!(
        (now.registrations, now.authorizations, now.refreshes),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn headless_logins_that_cannot_work_say_why() {
    type Expected = fn(&ClientError) -> bool;
    let rows: [(Approval, Expected); 4] = [
        (Approval::Page, |error| {
            matches!(error, ClientError::LoginPage { .. })
        }),
        (
            Approval::Loop,
            |error| matches!(error, ClientError::Headless(why) if why.contains("more than 10")),
        ),
        (
            Approval::Leave,
            |error| matches!(error, ClientError::Headless(why) if why.contains("plain http")),
        ),
        (
            Approval::Deny,
            |error| matches!(error, ClientError::Denied { error, description: Some(why) } if error == "access_denied" && why == "not  [31mtoday"),
        ),
    ];
    for (approval, expected) in rows {
        let bench = Bench::new().await;
        bench.issuer.now().approval = approval;
        let error = bench.connect().await.unwrap_err();
        assert!(expected(&error), "{error}");
        assert!(
            bench.entry().read().await.unwrap().is_none(),
            "nothing is stored"
        );
        bench.steps();
    }
}

#[tokio::test]
async fn the_issuer_of_the_answer_is_compared() {
    // issuer in the redirect, accepted
    for (suffix, accepted) in [("", true), ("/", false), ("x", false)] {
        let bench = Bench::new().await;
        let iss = format!("{}{suffix}", bench.issuer.base);
        bench.issuer.now().iss = Some(iss);
        let result = bench.connect().await;
        assert_eq!(result.is_ok(), accepted, "{suffix:?}");
        if let Err(error) = result {
            assert!(matches!(error, ClientError::Callback(_)), "{error}");
        }
    }
}

#[tokio::test]
async fn an_issuer_without_pkce_is_refused() {
    let bench = Bench::new().await;
    bench.issuer.now().advertise_pkce = false;
    let error = bench.connect().await.unwrap_err();
    assert!(
        matches!(&error, ClientError::Metadata(why) if why.contains("code_challenge_methods_supported")),
        "{error}"
    );
    assert_eq!(bench.issuer.now().registrations, 0);
}

#[tokio::test]
async fn a_person_approves_in_a_browser() {
    let bench = Bench::new().await;
    let (reporter, mut events) = Reporter::channel();
    let options = bench
        .options()
        .with_browser(Browser::PrintOnly)
        .with_reporter(reporter);
    let connecting = tokio::spawn(connect(options));
    let url = loop {
        if let Progress::Authorization(authorize) = events.recv().await.unwrap() {
            assert!(authorize.by_hand());
            assert!(!format!("{authorize:?}").contains(&query(authorize.url(), "state")));
            break authorize.url().clone();
        }
    };
    // A browser follows redirects, and the last one leads to the client.
    let page = reqwest::get(url).await.unwrap();
    assert!(page.url().path() == "/auth/callback" && page.status().is_success());
    assert!(page.text().await.unwrap().contains("<h1>Approved</h1>"));
    connecting.await.unwrap().unwrap().close().await;
}

fn query(url: &Url, wanted: &str) -> String {
    url.query_pairs()
        .find(|(name, _)| name == wanted)
        .unwrap()
        .1
        .into_owned()
}

#[tokio::test]
async fn a_registration_is_reported_as_what_it_is() {
    let bench = Bench::new().await;
    bench.issuer.now().clients.insert("by-hand".into(), None);
    let client = connect(bench.options().with_client("by-hand".into(), None))
        .await
        .unwrap();
    client.close().await;
    let kinds: Vec<Identity> = bench
        .events
        .lock()
        .unwrap()
        .iter()
        .filter_map(|event| match event {
            Progress::Registration { kind, .. } => Some(*kind),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, [Identity::Preregistered]);
    assert_eq!(bench.issuer.now().registrations, 0);
}

#[tokio::test]
async fn two_clients_share_one_rotating_refresh_token() {
    let bench = Bench::new().await;
    let first = bench.connect().await.unwrap();
    let second = bench.connect().await.unwrap();
    bench.issuer.now().access.clear();
    let (a, b) = tokio::join!(echo(&first), echo(&second));
    a.unwrap();
    b.unwrap();
    assert_eq!(
        bench.issuer.now().authorizations,
        1,
        "no refresh token was spent twice"
    );
    first.close().await;
    second.close().await;
}

#[tokio::test]
async fn servers_that_are_not_there_or_not_mcp() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    let error = connect(ClientOptions::new(&format!("http://{gone}/mcp")).unwrap())
        .await
        .unwrap_err();
    assert!(
        matches!(error, ClientError::ServerUnreachable { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("cargo run"), "{error}");

    let bench = Bench::new().await;
    let wrong = format!("{}/nothing-here", bench.issuer.base);
    let error = connect(ClientOptions::new(&wrong).unwrap())
        .await
        .unwrap_err();
    assert!(matches!(error, ClientError::NotMcp { .. }), "{error}");
    assert_eq!(error.exit_code(), 1);
}
