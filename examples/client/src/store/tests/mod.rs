//! The store as a whole: what is read when, by which thread, and what becomes of older files.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may panic"
)]

mod hostile_files;
#[path = "../../../tests/issuer/mod.rs"]
mod issuer;
mod keys_and_tokens;
mod old_files;
mod reads_of_requests;
mod threads;

use std::{fs, path::Path};

use rmcp::transport::auth::{CredentialStore as _, StoredCredentials};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::{Protection, TokenEntry, TokenStore, passphrase::Passphrase};
use crate::server_metadata::AuthorizationServer;

const ISSUER: Option<&str> = Some("http://localhost:9000");
const PASSPHRASE: &str = "correct horse";

fn server() -> Url {
    Url::parse("http://localhost:8000/mcp").unwrap()
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(SecretString::from(text)).unwrap()
}

fn store_with(directory: &Path, text: &str) -> TokenStore {
    TokenStore::in_directory(directory, Protection::Passphrase(passphrase(text)))
}

/// An entry that has derived no key yet, as after a restart.
fn encrypted(directory: &Path) -> TokenEntry {
    store_with(directory, PASSPHRASE).entry(&server(), ISSUER)
}

fn credentials(token_type: &str, access_token: &str) -> StoredCredentials {
    let response = json!({
        "access_token": access_token,
        "token_type": token_type,
        "refresh_token": format!("refresh of {access_token}"),
    });
    let response = serde_json::from_value(response).unwrap();
    StoredCredentials::new("client-1".into(), Some(response), Vec::new(), Some(1))
}

async fn log_in(entry: &TokenEntry, credentials: StoredCredentials) {
    let issuing = AuthorizationServer {
        resource: "http://localhost:8000/mcp".into(),
        metadata: rmcp::transport::auth::AuthorizationMetadata::default(),
    };
    entry.expect_login(None, &issuing);
    entry.save(credentials).await.unwrap();
}

async fn stored_token(entry: &TokenEntry) -> Option<String> {
    let tokens = entry.read().await.unwrap()?.tokens()?;
    Some(tokens.access_token)
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}
