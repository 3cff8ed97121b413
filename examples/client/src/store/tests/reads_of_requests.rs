//! How often a request reads the token file.

use super::{issuer::Issuer, *};
use crate::{Browser, ClientOptions, McpClient, Wire, connect};

/// Reads, writes, and listings of the directory.
type Counted = (usize, usize, usize);

const STEADY: Counted = (1, 0, 0);

/// rmcp loads the tokens, sees that they expire, waits for its turn and checks that no other process refreshed them,
/// loads them again, and saves the new ones where they are still the same.
const REFRESH: Counted = (4, 1, 0);

fn protections() -> [fn() -> Protection; 2] {
    [
        || Protection::Unencrypted,
        || Protection::Passphrase(passphrase(PASSPHRASE)),
    ]
}

async fn connected(issuer: &Issuer, store: &TokenStore) -> McpClient {
    let options = ClientOptions::new(&issuer.url())
        .unwrap()
        .with_browser(Browser::Headless)
        // One HTTP request for each call.
        .with_wire(Wire::Stateless)
        .with_store(store.clone());
    connect(options).await.unwrap()
}

/// What one call of a tool reads and writes.
async fn call(client: &McpClient, store: &TokenStore) -> Counted {
    let counts = || {
        let counts = store.counts();
        (counts.reads(), counts.writes(), counts.listings())
    };
    let before = counts();
    let arguments = json!({ "message": "hi" }).as_object().cloned();
    client.call_tool("echo", arguments).await.unwrap();
    let after = counts();
    (after.0 - before.0, after.1 - before.1, after.2 - before.2)
}

/// Lets the time of the stored token run out, by another process.
async fn expire(issuer: &Issuer, directory: &Path, protection: Protection) {
    let server = Url::parse(&issuer.url()).unwrap();
    let entry = TokenStore::in_directory(directory, protection).entry(&server, Some(&issuer.base));
    let mut credentials = entry.load().await.unwrap().unwrap();
    credentials.token_received_at = Some(1);
    entry.save(credentials).await.unwrap();
}

#[tokio::test]
async fn a_request_reads_the_file_once_and_a_refresh_four_times() {
    for protection in protections() {
        for dpop in [false, true] {
            let row = format!("{:?}, DPoP: {dpop}", protection());
            let issuer = Issuer::start().await;
            issuer.now().dpop.offered = dpop;
            let directory = tempfile::tempdir().unwrap();
            let store = TokenStore::in_directory(directory.path(), protection());
            let client = connected(&issuer, &store).await;
            assert_eq!(call(&client, &store).await, STEADY, "{row}");
            expire(&issuer, directory.path(), protection()).await;
            assert_eq!(call(&client, &store).await, REFRESH, "{row}");
            assert_eq!(call(&client, &store).await, STEADY, "{row}");
            let now = issuer.now();
            assert_eq!((now.authorizations, now.refreshes), (1, 1), "{row}");
            assert_eq!(now.dpop.keys.len(), usize::from(dpop), "{row}");
        }
    }
}

#[tokio::test]
async fn a_request_after_the_login_of_another_process_uses_its_token_with_its_key() {
    let issuer = Issuer::start().await;
    issuer.now().dpop.offered = true;
    let directory = tempfile::tempdir().unwrap();
    let store = || TokenStore::in_directory(directory.path(), Protection::Unencrypted);
    let ours = store();
    let client = connected(&issuer, &ours).await;
    assert_eq!(call(&client, &ours).await, STEADY);

    let theirs = store();
    theirs.remove(&issuer.url().parse().unwrap()).await.unwrap();
    connected(&issuer, &theirs).await.close().await;
    assert_eq!(issuer.now().dpop.keys.len(), 2, "another key");

    // The issuer has bound their token to their key: with ours, the server would refuse it.
    assert_eq!(call(&client, &ours).await, STEADY);
    let now = issuer.now();
    assert_eq!((now.authorizations, now.refreshes), (2, 0));
}
