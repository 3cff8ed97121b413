//! Sends one MCP request with the stored token, and with a proof if the token is bound to a key.

use std::time::Duration;

use http::HeaderMap;
use rmcp::transport::{auth::AuthError, streamable_http_client::StreamableHttpError};
use url::Url;

use super::authorized::{Authorized, Headers, Target, TransportResult};
use crate::{
    dpop::{BoundHeaders, Nonce, TokenPresentation, is_required_by_server},
    error::ClientError,
};

/// How long the server may take to send a nonce.
const NONCE_TIMEOUT: Duration = Duration::from_secs(30);

impl Authorized {
    /// Sends the request with this token, and with a fresh proof when the token is bound to a key. A request that was
    /// refused only because of the nonce is repeated once.
    ///
    /// # Errors
    ///
    /// Those of `call`, and [`AuthError`] when the key cannot be read or does not sign.
    pub(super) async fn send_with_token<T, F>(
        &self,
        target: &Target,
        token: &str,
        call: &impl Fn(Option<String>, Headers) -> F,
    ) -> TransportResult<T>
    where
        F: Future<Output = TransportResult<T>>,
    {
        let sent = match self.present(target, token)? {
            TokenPresentation::Bound(bound) => bound,
            TokenPresentation::Bearer => {
                return call(Some(token.to_owned()), target.headers.clone()).await;
            }
            TokenPresentation::Unusable => return call(None, target.headers.clone()).await,
        };
        let with_proof = |bound: &BoundHeaders| {
            let mut headers = target.headers.clone();
            headers.extend(bound.headers.clone());
            headers
        };
        match call(None, with_proof(&sent)).await {
            Err(StreamableHttpError::AuthRequired(challenge))
                if is_required_by_server(&challenge.www_authenticate_header) =>
            {
                self.fetch_nonce(target, token, sent.nonce.as_ref()).await?;
                match self.present(target, token)? {
                    TokenPresentation::Bound(again) if again.nonce != sent.nonce => {
                        call(None, with_proof(&again)).await
                    }
                    _ => Err(StreamableHttpError::AuthRequired(challenge)),
                }
            }
            result => result,
        }
    }

    fn present(&self, target: &Target, token: &str) -> Result<TokenPresentation, AuthError> {
        let url = Url::parse(&target.url)?;
        let failed = |error: ClientError| AuthError::InternalError(error.to_string());
        self.dpop
            .present(&target.method, &url, token)
            .map_err(failed)
    }

    /// Sends a request without a message, only to get the nonce: rmcp reports the challenge of a refusal, but not the
    /// header with the nonce.
    async fn fetch_nonce(
        &self,
        target: &Target,
        token: &str,
        sent: Option<&Nonce>,
    ) -> TransportResult<()> {
        let _held = self.dpop.nonce_lock.lock().await;
        if self.dpop.has_newer_than(sent) {
            return Ok(());
        }
        if let TokenPresentation::Bound(bound) = self.present(target, token)? {
            let request = self
                .http
                .request(target.method.clone(), &*target.url)
                .headers(HeaderMap::from_iter(bound.headers))
                .timeout(NONCE_TIMEOUT);
            self.dpop
                .store_server_nonce(request.send().await?.headers());
        }
        Ok(())
    }
}
