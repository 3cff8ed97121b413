//! Sends one MCP request with the stored token, and with a proof if the token is bound to a key.

use http::{HeaderMap, HeaderValue, StatusCode, header};
use reqwest::Response;
use rmcp::transport::auth::AuthError;
use url::Url;

use super::{
    authorized::Authorized,
    mcp_error::TransportResult,
    mcp_request::{McpRequest, challenge_lines},
};
use crate::{challenge::Challenge, dpop::TokenPresentation, error::ClientError};

impl Authorized {
    /// Sends the request with this token, and with a fresh proof when the token is bound to a key. A request that was
    /// refused only because of the nonce is repeated once (RFC 9449 section 9).
    ///
    /// # Errors
    ///
    /// The failure of the network, and [`AuthError`] when the key cannot be read or does not sign.
    pub(super) async fn send_with_token(
        &self,
        request: &McpRequest,
        token: &str,
    ) -> TransportResult<Response> {
        let bound = match self.present(request, token).await? {
            TokenPresentation::Bound(bound) => bound,
            TokenPresentation::Bearer => return request.send(&self.http, bearer(token)?).await,
            TokenPresentation::Unusable => return request.send(&self.http, HeaderMap::new()).await,
        };
        let response = request
            .send(&self.http, HeaderMap::from_iter(bound.headers))
            .await?;
        self.dpop.store_server_nonce(response.headers());
        if !asks_for_nonce(&response) {
            return Ok(response);
        }
        match self.present(request, token).await? {
            TokenPresentation::Bound(again) if again.nonce != bound.nonce => {
                let again = HeaderMap::from_iter(again.headers);
                let response = request.send(&self.http, again).await?;
                self.dpop.store_server_nonce(response.headers());
                Ok(response)
            }
            _ => Ok(response),
        }
    }

    async fn present(
        &self,
        request: &McpRequest,
        token: &str,
    ) -> Result<TokenPresentation, AuthError> {
        let url = Url::parse(&request.url)?;
        let failed = |error: ClientError| AuthError::InternalError(error.to_string());
        self.dpop
            .present(&request.method, &url, token)
            .await
            .map_err(failed)
    }
}

fn asks_for_nonce(response: &Response) -> bool {
    response.status() == StatusCode::UNAUTHORIZED
        && Challenge::read(&challenge_lines(response.headers())).requires_nonce
}

/// RFC 6750 section 2.1.
fn bearer(token: &str) -> Result<HeaderMap, AuthError> {
    let mut value = HeaderValue::try_from(format!("Bearer {token}"))
        .map_err(|_| AuthError::InternalError("the access token does not fit a header".into()))?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(header::AUTHORIZATION, value)]))
}
