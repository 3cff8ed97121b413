//! The two calls of the page's backend: a token for the environment, and the user who has logged in.

use std::fmt;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

/// Scalekit, as the backend of the page calls it.
#[derive(Clone)]
pub struct ScalekitApi {
    http: reqwest::Client,
    environment: String,
    connection: String,
    client_id: String,
    client_secret: String,
}

/// Why a login cannot be completed.
#[derive(Debug, Error)]
pub(super) enum ApiError {
    /// The call has failed.
    #[error("scalekit is unavailable")]
    Unavailable(#[from] reqwest::Error),
    /// Scalekit has refused the client of the backend.
    #[error(
        "scalekit refused the token of the login page's backend with status {0}: check its client id and secret"
    )]
    NoToken(StatusCode),
    /// The login request is unknown, too old or used.
    #[error("scalekit refused the user with status {0}: the login has to be started again")]
    Refused(StatusCode),
}

#[derive(Deserialize)]
struct Token {
    access_token: String,
}

impl ScalekitApi {
    /// Calls this environment as a client with `client_secret`; `connection` is the one of the login page.
    ///
    /// # Errors
    ///
    /// When there is no TLS.
    pub fn new(
        environment: impl Into<String>,
        connection: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            http,
            environment: environment.into(),
            connection: connection.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
        })
    }

    /// Posts the user of a login request. Its id was checked to be one segment of a path.
    pub(super) async fn post_user(
        &self,
        login_request: &str,
        user: &Value,
    ) -> Result<(), ApiError> {
        let token = self.token().await?;
        let (environment, connection) = (&self.environment, &self.connection);
        let url = format!(
            "{environment}/api/v1/connections/{connection}/auth-requests/{login_request}/user"
        );
        let request = self.http.post(url).bearer_auth(token.access_token);
        let status = request.json(user).send().await?.status();
        match status.is_success() {
            true => Ok(()),
            false => Err(ApiError::Refused(status)),
        }
    }

    async fn token(&self) -> Result<Token, ApiError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.client_id),
            ("client_secret", &self.client_secret),
        ];
        let url = format!("{}/oauth/token", self.environment);
        let response = self.http.post(url).form(&form).send().await?;
        match response.status() {
            StatusCode::OK => Ok(response.json().await?),
            status => Err(ApiError::NoToken(status)),
        }
    }

    /// Where the browser goes once the user was posted.
    pub(super) fn back(&self, state: &str) -> String {
        let (environment, connection) = (&self.environment, &self.connection);
        format!("{environment}/sso/v1/connections/{connection}/partner:callback?state={state}")
    }
}

impl fmt::Debug for ScalekitApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScalekitApi")
            .field("environment", &self.environment)
            .field("connection", &self.connection)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
