//! What one connection knows of proofs: who takes them, which key makes them, the newest nonces.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use oauth2::TokenResponse as _;
use rmcp::transport::auth::AuthorizationMetadata;
use url::Url;

use crate::{
    dpop::{
        key::ProofKey,
        nonce::Nonce,
        proof::{DPOP, Proof},
    },
    error::ClientError,
    server_metadata::Promises as _,
    store::{Record, Slot},
};

/// The key and the nonces of one connection. Nonces of the authorization server and of the MCP server
/// are never mixed, also when both have the same origin.
#[derive(Default)]
pub(crate) struct Holder {
    state: Mutex<State>,
    /// Held while the server is asked for a nonce: one asks for all.
    pub(crate) asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// Where the key is, with the tokens that are bound to it.
    slot: Option<Slot>,
    /// Where proofs may go.
    token_endpoint: Option<Url>,
    /// Whether the authorization server says that it takes proofs.
    takes: bool,
    issuer_nonce: Option<Nonce>,
    server_nonce: Option<Nonce>,
    /// As it is stored, and parsed.
    key: Option<(String, Arc<ProofKey>)>,
}

/// How a bound token goes out (RFC 9449 section 7.1).
pub(crate) struct Shown {
    pub(crate) headers: [(HeaderName, HeaderValue); 2],
    pub(crate) nonce: Option<Nonce>,
}

/// How a token goes out.
pub(crate) enum Showing {
    /// As a bearer's (RFC 6750).
    Bearer,
    /// With a proof.
    Bound(Shown),
    /// Not at all: it is bound to a key that is gone, and was not issued for a bearer.
    Impossible,
}

impl Holder {
    /// Notes whether this authorization server takes proofs that we can make (RFC 9449 section 5.1), and
    /// where the tokens from there are. Without `asking`, tokens are asked for without a proof.
    pub(crate) fn meet(&self, metadata: &AuthorizationMetadata, slot: Slot, asking: bool) {
        let takes = metadata.lists("dpop_signing_alg_values_supported", "ES256");
        let endpoint = Url::parse(&metadata.token_endpoint).ok();
        let endpoint = endpoint.filter(|_| asking);
        let mut state = self.state();
        state.slot = Some(slot);
        state.takes = takes.unwrap_or_default() && asking;
        if state.token_endpoint != endpoint {
            state.token_endpoint = endpoint;
            state.issuer_nonce = None;
        }
    }

    /// The key's name, for an authorization code that nobody else can spend (RFC 9449 section 10);
    /// none when the authorization server takes no proofs.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the key cannot be made, read or kept.
    pub(crate) fn thumbprint(&self) -> Result<Option<String>, ClientError> {
        if !self.state().takes {
            return Ok(None);
        }
        Ok(Some(self.key()?.thumbprint()))
    }

    /// The proof of a token request; none when it does not go to an authorization server that takes
    /// proofs.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the key cannot be made, read or kept, or does not sign.
    pub(crate) fn token_proof(
        &self,
        request: &Request<Vec<u8>>,
    ) -> Result<Option<HeaderValue>, ClientError> {
        let (endpoint, takes, nonce) = {
            let state = self.state();
            let endpoint = state.token_endpoint.clone();
            (endpoint, state.takes, state.issuer_nonce.clone())
        };
        let here = Url::parse(&request.uri().to_string()).ok();
        let Some(url) = endpoint.filter(|endpoint| Some(endpoint) == here.as_ref()) else {
            return Ok(None);
        };
        // Also when the metadata has stopped to say so: what is bound can be refreshed with a proof alone.
        if !takes && self.bound()?.is_none() {
            return Ok(None);
        }
        let proof = Proof {
            method: request.method(),
            url: &url,
            token: None,
            nonce: nonce.as_ref(),
        };
        Ok(Some(proof.signed_by(&*self.key()?)?))
    }

    /// How to send the stored token with this request.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the key cannot be read, or does not sign.
    pub(crate) fn shown(
        &self,
        method: &Method,
        url: &Url,
        token: &str,
    ) -> Result<Showing, ClientError> {
        // Read each time: another process may have logged in again, with another key.
        let Some(record) = self.bound()? else {
            return Ok(Showing::Bearer);
        };
        let Some(key) = record.proof_key else {
            return Ok(Showing::Impossible);
        };
        let nonce = self.state().server_nonce.clone();
        let proof = Proof {
            method,
            url,
            token: Some(token),
            nonce: nonce.as_ref(),
        };
        let proof = proof.signed_by(&*self.parsed(&key)?)?;
        let mut credentials = HeaderValue::try_from(format!("DPoP {token}"))
            .map_err(|_| ClientError::Token("the access token does not fit a header".into()))?;
        credentials.set_sensitive(true);
        Ok(Showing::Bound(Shown {
            headers: [(header::AUTHORIZATION, credentials), (DPOP, proof)],
            nonce,
        }))
    }

    /// The stored tokens, when they are bound to the key.
    fn bound(&self) -> Result<Option<Record>, ClientError> {
        let slot = self.state().slot.clone();
        Ok(match slot {
            Some(slot) => slot.read()?.filter(is_bound),
            None => None,
        })
    }

    /// Each answer may bring a new one (RFC 9449 section 8.2).
    pub(crate) fn note_issuer_nonce(&self, headers: &HeaderMap) {
        if let Some(nonce) = Nonce::of(headers) {
            self.state().issuer_nonce = Some(nonce);
        }
    }

    pub(crate) fn note_server_nonce(&self, headers: &HeaderMap) {
        if let Some(nonce) = Nonce::of(headers) {
            self.state().server_nonce = Some(nonce);
        }
    }

    /// Whether the MCP server has handed out another nonce than this one.
    pub(crate) fn has_newer_than(&self, sent: Option<&Nonce>) -> bool {
        self.state().server_nonce.as_ref() != sent
    }

    /// The stored key, else a new one. It lives as long as the token file, not as long as a login: a
    /// login that fails then leaves the tokens as good as they were.
    fn key(&self) -> Result<Arc<ProofKey>, ClientError> {
        let slot = self.state().slot.clone();
        let make = || ProofKey::generate()?.to_text();
        let text = match slot {
            Some(slot) => slot.proof_key(make)?,
            None => make()?,
        };
        self.parsed(&text)
    }

    fn parsed(&self, text: &str) -> Result<Arc<ProofKey>, ClientError> {
        let mut state = self.state();
        match &state.key {
            Some((known, key)) if known == text => Ok(Arc::clone(key)),
            _ => {
                let key = Arc::new(ProofKey::from_text(text)?);
                state.key = Some((text.to_owned(), Arc::clone(&key)));
                Ok(key)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the stored token is bound to the key. rmcp keeps its type in lower case.
fn is_bound(record: &Record) -> bool {
    let credentials = record.credentials.as_ref();
    credentials
        .and_then(|credentials| credentials.token_response.as_ref())
        .is_some_and(|response| response.token_type().as_ref().eq_ignore_ascii_case("dpop"))
}

impl fmt::Debug for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Holder")
    }
}
