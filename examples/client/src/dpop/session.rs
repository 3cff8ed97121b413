//! The DPoP state of one connection: who accepts proofs, which key signs them, the newest nonces.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use rmcp::transport::auth::AuthorizationMetadata;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{
    key::ProofKey,
    nonce::Nonce,
    proof::{DPOP, Proof},
};
use crate::{
    error::ClientError,
    server_metadata::MetadataExt as _,
    store::{Binding, TokenEntry},
};

/// The key and the nonces of one connection. Nonces of the authorization server and of the MCP server are kept apart,
/// even when both have the same origin.
#[derive(Default)]
pub(crate) struct DpopSession {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// It owns the key, with the tokens that are bound to it.
    entry: Option<TokenEntry>,
    /// The only URL that token proofs are sent to; none when bound tokens must not be requested.
    token_endpoint: Option<Url>,
    /// Whether the metadata of the authorization server offers DPoP.
    offered: bool,
    issuer_nonce: Option<Nonce>,
    server_nonce: Option<Nonce>,
    /// The key that signed last, as the entry gave it, and parsed.
    key: Option<(SecretString, Arc<ProofKey>)>,
}

/// The headers of a request with a bound token (RFC 9449 section 7.1).
pub(crate) struct BoundHeaders {
    pub(crate) headers: [(HeaderName, HeaderValue); 2],
    /// The nonce of the proof.
    pub(crate) nonce: Option<Nonce>,
}

/// How to send a token.
pub(crate) enum TokenPresentation {
    /// As a bearer token (RFC 6750).
    Bearer,
    /// With a proof.
    Bound(BoundHeaders),
    /// Not at all: the key it is bound to is no longer stored, and it is no bearer token.
    Unusable,
}

impl DpopSession {
    /// Sets the authorization server, and where its tokens are stored. Proofs are sent to it when it offers DPoP with
    /// ES256 (RFC 9449 section 5.1), and never without `request_bound_tokens`.
    pub(crate) fn set_issuer(
        &self,
        metadata: &AuthorizationMetadata,
        entry: TokenEntry,
        request_bound_tokens: bool,
    ) {
        let offered = metadata.lists("dpop_signing_alg_values_supported", "ES256");
        let endpoint = Url::parse(&metadata.token_endpoint).ok();
        let endpoint = endpoint.filter(|_| request_bound_tokens);
        let mut state = self.state();
        state.entry = Some(entry);
        state.offered = offered.unwrap_or_default() && request_bound_tokens;
        if state.token_endpoint != endpoint {
            state.token_endpoint = endpoint;
            state.issuer_nonce = None;
        }
    }

    /// The thumbprint of the key, which binds the authorization code to it (RFC 9449 section 10); none when the
    /// authorization server does not offer DPoP.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the key cannot be generated, read or stored.
    pub(crate) async fn thumbprint(&self) -> Result<Option<String>, ClientError> {
        if !self.state().offered {
            return Ok(None);
        }
        Ok(Some(self.key().await?.thumbprint()))
    }

    /// The proof of a token request; none when it does not go to an authorization server that offers DPoP.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the key cannot be generated, read or stored, or does not sign.
    pub(crate) async fn token_proof(
        &self,
        request: &Request<Vec<u8>>,
    ) -> Result<Option<HeaderValue>, ClientError> {
        let (endpoint, offered, nonce) = {
            let state = self.state();
            let endpoint = state.token_endpoint.clone();
            (endpoint, state.offered, state.issuer_nonce.clone())
        };
        let here = Url::parse(&request.uri().to_string()).ok();
        let Some(url) = endpoint.filter(|endpoint| Some(endpoint) == here.as_ref()) else {
            return Ok(None);
        };
        // Bound tokens can only be refreshed with a proof, even if the metadata no longer offers DPoP.
        if !offered && !self.is_bound().await? {
            return Ok(None);
        }
        let key = self.key().await?;
        let proof = Proof {
            method: request.method(),
            url: &url,
            token: None,
            nonce: nonce.as_ref(),
        };
        Ok(Some(proof.signed_by(&key)?))
    }

    /// How to send the stored token with this request: with the key that was read together with it.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the key cannot be read, or does not sign.
    pub(crate) async fn present(
        &self,
        method: &Method,
        url: &Url,
        token: &str,
    ) -> Result<TokenPresentation, ClientError> {
        let Some(entry) = self.entry() else {
            return Ok(TokenPresentation::Bearer);
        };
        let key = match entry.binding_of(token).await? {
            Binding::Unbound => return Ok(TokenPresentation::Bearer),
            Binding::KeyLost => return Ok(TokenPresentation::Unusable),
            Binding::Key(key) => self.parsed(&key)?,
        };
        let nonce = self.state().server_nonce.clone();
        let proof = Proof {
            method,
            url,
            token: Some(token),
            nonce: nonce.as_ref(),
        };
        let proof = proof.signed_by(&key)?;
        let mut credentials = HeaderValue::try_from(format!("DPoP {token}"))
            .map_err(|_| ClientError::Token("the access token does not fit a header".into()))?;
        credentials.set_sensitive(true);
        Ok(TokenPresentation::Bound(BoundHeaders {
            headers: [(header::AUTHORIZATION, credentials), (DPOP, proof)],
            nonce,
        }))
    }

    async fn is_bound(&self) -> Result<bool, ClientError> {
        match self.entry() {
            Some(entry) => entry.is_bound().await,
            None => Ok(false),
        }
    }

    /// Keeps the nonce of a response; each may have a new one (RFC 9449 section 8.2).
    pub(crate) fn store_issuer_nonce(&self, headers: &HeaderMap) {
        if let Some(nonce) = Nonce::of(headers) {
            self.state().issuer_nonce = Some(nonce);
        }
    }

    /// The same for the MCP server (RFC 9449 section 9).
    pub(crate) fn store_server_nonce(&self, headers: &HeaderMap) {
        if let Some(nonce) = Nonce::of(headers) {
            self.state().server_nonce = Some(nonce);
        }
    }

    /// The key of the entry, else a new one.
    async fn key(&self) -> Result<Arc<ProofKey>, ClientError> {
        let generate = || ProofKey::generate()?.to_base64();
        let text = match self.entry() {
            Some(entry) => entry.proof_key(generate).await?,
            None => SecretString::from(generate()?),
        };
        self.parsed(&text)
    }

    fn parsed(&self, text: &SecretString) -> Result<Arc<ProofKey>, ClientError> {
        let mut state = self.state();
        match &state.key {
            Some((known, key)) if known.expose_secret() == text.expose_secret() => {
                Ok(Arc::clone(key))
            }
            _ => {
                let key = Arc::new(ProofKey::from_base64(text.expose_secret())?);
                state.key = Some((text.clone(), Arc::clone(&key)));
                Ok(key)
            }
        }
    }

    fn entry(&self) -> Option<TokenEntry> {
        self.state().entry.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for DpopSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DpopSession")
    }
}
