//! API keys from a table of the server itself, instead of an identity provider: the verifier is a look-up, and the layer
//! does the rest. For API keys of Scalekit see `auth_scalekit::api_keys`.
//!
//! ```sh
//! cargo run -p examples --bin api_keys -- new ada        # prints a key, and the row for it
//! cargo run -p examples --bin api_keys -- serve keys.json  # … which is in a list in this file
//! curl -H 'Authorization: Bearer key_…' http://127.0.0.1:8000/mcp
//! ```
//!
//! | part | job |
//! |---|---|
//! | [`KeyTable`] | finds the row of a key by its hash, and sets how long the result may be reused |
//! | the layer | reuses the result meanwhile, refuses a revoked key at once and ends its streams, records each decision |
//!
//! The table has hashes, so that who reads it gets no key. A single SHA-256 is enough, since a key is 256 random bits;
//! what people choose themselves would need a slow hash. Looking up the hash also takes no time that depends on how
//! much of a key is right.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use auth_core::error::ConfigErrors;
use auth_core::layer::{AuthLayer, AuthLayerBuilder};
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::revocation::MemoryRevocations;
use auth_core::support::async_trait;
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{InvalidReason, TokenVerifier, VerifyError, VerifyRequest};
use axum::Router;
use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, Response};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Who gives out the keys.
const ISSUER: &str = "https://keys.example.com";
/// Every key begins with it, so that scanners for leaked secrets find keys.
const PREFIX: &str = "key_";
/// The longest key, in bytes.
const MAX_KEY: usize = 256;

/// The owner of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRow {
    /// SHA-256 of the key, in hexadecimal.
    pub sha256: String,
    /// The user.
    pub user: String,
    /// What the key may be used for.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// The keys of a server, by their hashes.
#[derive(Debug)]
pub struct KeyTable(HashMap<String, KeyRow>);

/// Why a table cannot be used.
#[derive(Debug, Error)]
pub enum KeyTableError {
    /// It is not a list of rows.
    #[error("the table of keys is no JSON list of rows")]
    Json(#[from] serde_json::Error),
    /// A hash is not one.
    #[error("row {0}: sha256 must be 64 lower-case hexadecimal digits")]
    Hash(usize),
    /// Two rows are about the same key.
    #[error("row {0}: another row has the same sha256")]
    Twice(usize),
    /// A name or a scope is not one.
    #[error("row {0}: user must not be empty, and scopes must be scopes")]
    Owner(usize),
}

impl KeyTable {
    /// The table of a file: `[{"sha256": "…", "user": "ada", "scopes": ["notes:read"]}]`.
    ///
    /// # Errors
    ///
    /// [`KeyTableError`] with the number of the row, from 1.
    pub fn from_json(text: &str) -> Result<Self, KeyTableError> {
        let rows: Vec<KeyRow> = serde_json::from_str(text)?;
        let mut table = HashMap::new();
        for (number, row) in (1..).zip(rows) {
            let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if row.sha256.len() != 64 || !row.sha256.bytes().all(is_digit) {
                return Err(KeyTableError::Hash(number));
            }
            if row.user.is_empty() || Scopes::new(&row.scopes).is_err() {
                return Err(KeyTableError::Owner(number));
            }
            if table.insert(row.sha256.clone(), row).is_some() {
                return Err(KeyTableError::Twice(number));
            }
        }
        Ok(Self(table))
    }
}

/// A new key, to be given to its owner and stored nowhere, and its row.
///
/// # Errors
///
/// A text when the system has no random bytes.
pub fn new_key(user: &str) -> Result<(String, KeyRow), &'static str> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "the system has no random bytes")?;
    let key = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let row = KeyRow {
        sha256: sha256(&key),
        user: user.into(),
        scopes: Vec::new(),
    };
    Ok((key, row))
}

fn sha256(key: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.as_bytes());
    digest
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[async_trait]
impl TokenVerifier for KeyTable {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let key = request.token().at_most(MAX_KEY)?.secret();
        let row = self.0.get(&sha256(key)).ok_or(InvalidReason::Other)?;
        let (soon, later) = (Duration::from_secs(30), Duration::from_secs(3600));
        // It does not expire, and is looked up again long before that.
        let token = VerifiedToken::assertion(ISSUER, row.user.as_str(), request.now() + later);
        let token = token.with_scopes(Scopes::granted(row.scopes.iter().map(String::as_str)));
        Ok(token.reusable_until(request.now() + soon))
    }
}

/// A greeting behind the layer; as a stream without an end for callers that accept one.
///
/// # Errors
///
/// [`ConfigErrors`] when a setting of `change` cannot be used.
pub fn app(
    verifier: impl TokenVerifier,
    resource: PublicUrl,
    revoked: Arc<MemoryRevocations>,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> Result<Router, ConfigErrors> {
    let metadata = ProtectedResourceMetadata::new(resource, [ISSUER]);
    let provider = ResourceServer::new(verifier, metadata);
    let layer = AuthLayer::builder(provider).revocations(revoked);
    let layer = change(layer).build()?;
    let router = Router::new().route("/mcp", get(greet));
    let guarded = auth_core::axum::protect(router, &layer).into_service();
    Ok(Router::new().fallback_service(guarded))
}

async fn greet(headers: HeaderMap, caller: auth_core::axum::Authenticated) -> Response<Body> {
    let greeting = format!("hello {}\n", caller.0.subject());
    let stream = "text/event-stream";
    let wants_stream = headers.get(ACCEPT).is_some_and(|accept| accept == stream);
    let mut response = Response::new(Body::from(greeting));
    if wants_stream {
        let silence = futures_util::stream::pending::<Result<String, std::io::Error>>();
        *response.body_mut() = Body::from_stream(silence);
        let stream = axum::http::HeaderValue::from_static(stream);
        response.headers_mut().insert(CONTENT_TYPE, stream);
    }
    response
}
