//! Sends one MCP request with the stored token, bound to the key or not.

use std::time::Duration;

use http::HeaderMap;
use rmcp::transport::{auth::AuthError, streamable_http_client::StreamableHttpError};
use url::Url;

use crate::{
    dpop::{
        nonce::{self, Nonce},
        session::{Showing, Shown},
    },
    error::ClientError,
    transport::authorized::{Answer, Authorized, Headers, Target},
};

/// How long a server may take to hand out a nonce.
const NONCE_PATIENCE: Duration = Duration::from_secs(30);

impl Authorized {
    /// Sends the request with this token, and with a fresh proof of the key when the token is bound to
    /// one. A proof that was refused for its nonce alone is made once more.
    pub(crate) async fn show<T, F>(
        &self,
        target: &Target,
        token: &str,
        call: &impl Fn(Option<String>, Headers) -> F,
    ) -> Answer<T>
    where
        F: Future<Output = Answer<T>>,
    {
        let shown = match self.showing(target, token)? {
            Showing::Bound(shown) => shown,
            Showing::Bearer => return call(Some(token.to_owned()), target.headers.clone()).await,
            Showing::Impossible => return call(None, target.headers.clone()).await,
        };
        let bound = |shown: &Shown| {
            let mut headers = target.headers.clone();
            headers.extend(shown.headers.clone());
            headers
        };
        match call(None, bound(&shown)).await {
            Err(StreamableHttpError::AuthRequired(challenge))
                if nonce::is_wanted_by_server(&challenge.www_authenticate_header) =>
            {
                self.learn_nonce(target, token, shown.nonce.as_ref())
                    .await?;
                match self.showing(target, token)? {
                    Showing::Bound(again) if again.nonce != shown.nonce => {
                        call(None, bound(&again)).await
                    }
                    _ => Err(StreamableHttpError::AuthRequired(challenge)),
                }
            }
            answer => answer,
        }
    }

    fn showing(&self, target: &Target, token: &str) -> Result<Showing, AuthError> {
        let url = Url::parse(&target.url)?;
        let failed = |error: ClientError| AuthError::InternalError(error.to_string());
        self.dpop.shown(&target.method, &url, token).map_err(failed)
    }

    /// Has the server say its nonce again: rmcp hands on the challenge of a refusal without it. This
    /// request holds no message, so it is good for nothing else.
    async fn learn_nonce(&self, target: &Target, token: &str, sent: Option<&Nonce>) -> Answer<()> {
        let _turn = self.dpop.asking.lock().await;
        if self.dpop.has_newer_than(sent) {
            return Ok(());
        }
        if let Showing::Bound(shown) = self.showing(target, token)? {
            let request = self
                .http
                .request(target.method.clone(), &*target.url)
                .headers(HeaderMap::from_iter(shown.headers))
                .timeout(NONCE_PATIENCE);
            self.dpop.note_server_nonce(request.send().await?.headers());
        }
        Ok(())
    }
}
