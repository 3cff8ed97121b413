//! The client against issuers that do one thing wrong: it stops, reports why, and sends no code that may belong to another
//! login.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a failure here is the test's failure"
)]

use auth_testkit::Endpoint;
use auth_testkit::settings::Misbehaviour;
use client::{Browser, ClientError, ClientOptions, McpClient, connect};
use examples::demo::servers::DemoServers;

fn is_known(name: &str) -> bool {
    let metadata = ["metadata-of-another-issuer", "metadata-without-pkce"];
    name.ends_with("-in-response") || name.ends_with("-state") || metadata.contains(&name)
}

async fn log_in(demo: &DemoServers) -> Result<McpClient, ClientError> {
    let options = ClientOptions::new(&demo.url).unwrap();
    connect(options.with_browser(Browser::Headless)).await
}

#[tokio::test]
async fn each_is_noticed_and_named() {
    let control = DemoServers::start().await.unwrap();
    log_in(&control).await.unwrap().close().await;
    control.stop().await;
    for misbehaviour in Misbehaviour::all()
        .iter()
        .filter(|one| is_known(one.name()))
    {
        let demo = DemoServers::start_with(|mock| mock.misbehave(*misbehaviour));
        let demo = demo.await.unwrap();
        let issuer = demo.scalekit.issuer().to_owned();
        let message = log_in(&demo).await.unwrap_err().to_string();
        let callback = "the login callback was refused: ";
        let metadata = "the OAuth metadata of this server cannot be used: ";
        let (of, says) = match misbehaviour {
            Misbehaviour::OtherIssInResponse => (
                callback,
                format!("expected {issuer}, received https://other.example"),
            ),
            Misbehaviour::SlashedIssInResponse => {
                (callback, format!("expected {issuer}, received {issuer}/"))
            }
            Misbehaviour::WithoutIssInResponse => (callback, "it lacks `iss`".to_owned()),
            Misbehaviour::OtherState | Misbehaviour::WithoutState => (
                callback,
                "the state does not belong to this login".to_owned(),
            ),
            Misbehaviour::MetadataOfAnotherIssuer => (
                metadata,
                format!("expected {issuer}, received https://other.example"),
            ),
            Misbehaviour::MetadataWithoutPkce => (
                metadata,
                "code_challenge_methods_supported is absent".to_owned(),
            ),
            new => panic!("add what the client does about {new}"),
        };
        assert!(message.starts_with(of), "{misbehaviour}: {message}");
        assert!(message.contains(&says), "{misbehaviour}: {message}");
        let bought = demo.scalekit.requests(Endpoint::Token);
        assert!(bought.is_empty(), "{misbehaviour}: a code went out");
        demo.stop().await;
    }
}
