//! Sends the OAuth requests of rmcp and of this client, and reports each exchange.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{HeaderValue, Request, Response, StatusCode, header};
use reqwest::Client;
use rmcp::transport::auth::{
    AuthError, OAuthHttpClient, OAuthHttpClientError, OAuthHttpClientFuture,
    OAuthHttpRedirectPolicy, OAuthHttpRequest,
};
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::{
    addresses::{Addresses, ForbiddenAddress},
    http_clients::{EnvironmentProxy, following_client, login_client},
    http_trace::{FORM, describe, is_form, shown_headers, step_of},
    token_response::{self, REFRESH, TOKEN_EXCHANGE, TokenFailure, TokenResponse},
};
use crate::{
    dpop::{DPOP, DpopSession, is_required_by_issuer},
    error::{ClientError, root_cause},
    events::{Progress, Reporter, Step},
    redact,
    web_url::vet_web,
};

/// No OAuth document is larger than this.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// An [`OAuthHttpClient`] on reqwest that reports each exchange.
pub(crate) struct OAuthHttp {
    addresses: Addresses,
    proxy: EnvironmentProxy,
    /// Does not follow redirects.
    stop: Client,
    /// Follows redirects within an origin.
    follow: Client,
    reporter: Reporter,
    dpop: Arc<DpopSession>,
    /// What came of the last token request.
    last: Mutex<LastToken>,
}

/// What came of the last token request. In rmcp's errors it is only part of a message.
#[derive(Debug, Clone, Default)]
struct LastToken {
    failure: Option<TokenFailure>,
    expires_at_once: bool,
}

impl OAuthHttp {
    pub(crate) fn new(
        server: &Url,
        allow_private: bool,
        proxy: EnvironmentProxy,
        reporter: Reporter,
        dpop: Arc<DpopSession>,
    ) -> Result<Self, ClientError> {
        let addresses = Addresses::for_server(server, allow_private);
        Ok(Self {
            stop: login_client(&addresses, proxy)?,
            follow: following_client(&addresses, proxy)?,
            addresses,
            proxy,
            reporter,
            dpop,
            last: Mutex::default(),
        })
    }

    /// Why the last token request failed.
    pub(crate) fn token_failure(&self) -> Option<TokenFailure> {
        self.last().failure.clone()
    }

    /// Whether the issuer stated that the token it issued last expires at once.
    pub(crate) fn expires_at_once(&self) -> bool {
        self.last().expires_at_once
    }

    fn last(&self) -> MutexGuard<'_, LastToken> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error of a token request or a login that rmcp made.
    pub(crate) fn token_error(&self, error: AuthError) -> ClientError {
        match (error, self.token_failure()) {
            (
                AuthError::TokenExchangeFailed(_)
                | AuthError::ClientCredentialsError(_)
                | AuthError::TokenRefreshFailed(_)
                | AuthError::TokenRefreshRejected(_),
                Some(failure),
            ) => failure.into(),
            (error, _) => error.into(),
        }
    }

    /// Gets a document; redirects are followed within the origin.
    ///
    /// # Errors
    ///
    /// Those of [`no_response`].
    pub(crate) async fn document(
        &self,
        url: &Url,
        step: Step,
    ) -> Result<Response<Vec<u8>>, ClientError> {
        let request = Request::get(url.as_str()).header(header::ACCEPT, "application/json");
        self.respond_to(&self.follow, step, url, request.body(Vec::new()))
            .await
    }

    /// Posts JSON to the registration endpoint; redirects are followed within the origin.
    ///
    /// # Errors
    ///
    /// Those of [`no_response`].
    pub(crate) async fn register(
        &self,
        url: &Url,
        body: Vec<u8>,
    ) -> Result<Response<Vec<u8>>, ClientError> {
        let request = Request::post(url.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json");
        self.respond_to(&self.follow, Step::Registration, url, request.body(body))
            .await
    }

    /// Gets a page of the authorization endpoint, and does not follow its redirect.
    ///
    /// # Errors
    ///
    /// Those of [`no_response`].
    pub(crate) async fn authorize(&self, url: &Url) -> Result<Response<Vec<u8>>, ClientError> {
        let request = Request::get(url.as_str()).header(header::ACCEPT, "text/html");
        self.respond_to(&self.stop, Step::Authorize, url, request.body(Vec::new()))
            .await
    }

    async fn respond_to(
        &self,
        client: &Client,
        step: Step,
        url: &Url,
        request: Result<Request<Vec<u8>>, http::Error>,
    ) -> Result<Response<Vec<u8>>, ClientError> {
        let response = match request {
            Ok(request) => self.exchange(client, Some(step), request).await,
            Err(error) => Err(error.into()),
        };
        response.map_err(|error| no_response(redact::url_without_query(url), error.as_ref()))
    }

    /// Posts a form to the token endpoint, and returns the body of a successful response.
    ///
    /// # Errors
    ///
    /// [`ClientError::Metadata`] when the endpoint must not be used, [`ClientError::Token`] when it refuses or does not
    /// respond.
    pub(crate) async fn token(&self, endpoint: &str, form: String) -> Result<Vec<u8>, ClientError> {
        let request = form_request("token_endpoint", endpoint, form)?;
        let result = self.exchange(&self.stop, None, request).await;
        match result {
            Ok(response) if response.status().is_success() => Ok(response.into_body()),
            _ => Err(match self.token_failure() {
                Some(failure) => failure.into(),
                None => ClientError::TokenUnavailable("no answer".into()),
            }),
        }
    }

    /// Posts a form to the revocation endpoint, with this `Authorization` header if there is one.
    ///
    /// # Errors
    ///
    /// [`ClientError::Metadata`] when the endpoint must not be used, [`ClientError::IssuerUnreachable`] when
    /// it does not respond, [`ClientError::Revocation`] when it refuses.
    pub(crate) async fn revoke(
        &self,
        endpoint: &str,
        form: String,
        authorization: Option<HeaderValue>,
    ) -> Result<(), ClientError> {
        let mut request = form_request("revocation_endpoint", endpoint, form)?;
        if let Some(value) = authorization {
            request.headers_mut().insert(header::AUTHORIZATION, value);
        }
        let response = self
            .exchange(&self.stop, Some(Step::Revocation), request)
            .await
            .map_err(|error| no_response(redact::printable(endpoint), error.as_ref()))?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status => Err(ClientError::Revocation(error_code(
                status.as_u16(),
                &serde_json::from_slice(response.body()).unwrap_or_default(),
            ))),
        }
    }

    async fn exchange(
        &self,
        client: &Client,
        step: Option<Step>,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, OAuthHttpClientError> {
        let Some(grant) = grant_of(&request) else {
            return self.exchange_once(client, step, request).await;
        };
        let (with_proof, result) = self.request_tokens(client, request).await;
        match result {
            // What an identity provider issues for another issuer is no access token (RFC 8693 section 2.2.1).
            Ok(response) if grant == TOKEN_EXCHANGE => Ok(response),
            Ok(response) => Ok(self.read_tokens(&grant, with_proof, &response)),
            Err(error) => {
                let failure = match ForbiddenAddress::among(error.as_ref()) {
                    Some(forbidden) => TokenFailure::Forbidden(forbidden.place().to_owned()),
                    None => TokenFailure::Unavailable(root_cause(error.as_ref())),
                };
                self.record(&grant, Err(&failure));
                Err(error)
            }
        }
    }

    /// Reads a token response as RFC 6749 section 5 describes it, and passes it on as such: rmcp's reader refuses some
    /// that can be used, and accepts some that must not be.
    fn read_tokens(
        &self,
        grant: &str,
        with_proof: bool,
        response: &Response<Vec<u8>>,
    ) -> Response<Vec<u8>> {
        let read = token_response::read(response.status(), response.body(), with_proof);
        self.record(grant, read.as_ref());
        let (status, body) = match &read {
            Ok(read) => (StatusCode::OK, read.body.clone()),
            Err(failure) => (failure.status(), failure.body(grant)),
        };
        let mut passed_on = Response::new(body);
        *passed_on.status_mut() = status;
        passed_on.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        passed_on
    }

    /// Sends a token request, with a proof where the issuer offers DPoP; whether it did is the first value. If the issuer
    /// refuses it and provides a nonce (RFC 9449 section 8), the request is repeated once.
    async fn request_tokens(
        &self,
        client: &Client,
        mut request: Request<Vec<u8>>,
    ) -> (bool, Result<Response<Vec<u8>>, OAuthHttpClientError>) {
        let step = Some(Step::Token);
        let proof = match self.dpop.token_proof(&request).await {
            Ok(Some(proof)) => proof,
            Ok(None) => return (false, self.exchange_once(client, step, request).await),
            Err(error) => return (false, Err(error.into())),
        };
        request.headers_mut().insert(DPOP, proof);
        let mut again = request.clone();
        let response = match self.exchange_once(client, step, request).await {
            Ok(response) => response,
            Err(error) => return (true, Err(error)),
        };
        self.dpop.store_issuer_nonce(response.headers());
        // A client assertion is valid for one request, so the caller has to sign another one.
        let signed =
            form_urlencoded::parse(again.body()).any(|(name, _)| name == "client_assertion");
        if signed || !is_required_by_issuer(&response) {
            return (true, Ok(response));
        }
        match self.dpop.token_proof(&again).await {
            Ok(Some(proof)) => drop(again.headers_mut().insert(DPOP, proof)),
            Ok(None) => {}
            Err(error) => return (true, Err(error.into())),
        }
        let response = self.exchange_once(client, step, again).await;
        if let Ok(response) = &response {
            self.dpop.store_issuer_nonce(response.headers());
        }
        (true, response)
    }

    async fn exchange_once(
        &self,
        client: &Client,
        step: Option<Step>,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, OAuthHttpClientError> {
        let mut record = describe(&request);
        let result = self.send(client, request).await;
        record.step = step.unwrap_or_else(|| step_of(&record, result.as_ref().ok()));
        match &result {
            Ok(response) => {
                record.status = Ok(response.status().as_u16());
                record.headers = shown_headers(response.headers());
                record.received = redact::members_of(response.body());
            }
            Err(error) => record.status = Err(root_cause(error.as_ref())),
        }
        self.reporter.report(&Progress::Exchange(record));
        result
    }

    async fn send(
        &self,
        client: &Client,
        request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, OAuthHttpClientError> {
        let request = reqwest::Request::try_from(request)?;
        if !self.addresses.allow_url(request.url()) {
            return Err(ForbiddenAddress::new(redact::url_without_query(request.url())).into());
        }
        let mut response = match client.execute(request).await {
            Ok(response) => response,
            // A host that must not be reached is reported as such.
            Err(error) if ForbiddenAddress::among(&error).is_some() => return Err(error.into()),
            Err(error) => match self.proxy.note().filter(|_| error.is_connect()) {
                Some(note) => return Err(format!("{}; {note}", root_cause(&error)).into()),
                None => return Err(error.into()),
            },
        };
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(format!("the response is larger than {MAX_BODY_BYTES} bytes").into());
            }
            body.extend_from_slice(&chunk);
        }
        let mut complete = Response::new(body);
        *complete.status_mut() = response.status();
        *complete.headers_mut() = response.headers().clone();
        Ok(complete)
    }

    fn record(&self, grant: &str, read: Result<&TokenResponse, &TokenFailure>) {
        *self.last() = LastToken {
            failure: read.err().cloned(),
            expires_at_once: read.is_ok_and(|read| read.expires_at_once),
        };
        if grant == REFRESH {
            self.reporter.report(&match read {
                Ok(read) => Progress::Refreshed(read.granted.clone()),
                Err(failure) => Progress::RefreshRefused(failure.to_string()),
            });
        }
    }
}

impl OAuthHttpClient for OAuthHttp {
    fn execute(&self, request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        let client = match request.redirect_policy {
            OAuthHttpRedirectPolicy::Follow => &self.follow,
            _ => &self.stop,
        };
        Box::pin(self.exchange(client, None, request.request))
    }
}

impl fmt::Debug for OAuthHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OAuthHttp")
    }
}

/// The request that posts a form to an endpoint, which is `member` of the metadata.
///
/// # Errors
///
/// [`ClientError::Metadata`] when the endpoint is neither https nor http on loopback.
fn form_request(
    member: &str,
    endpoint: &str,
    form: String,
) -> Result<Request<Vec<u8>>, ClientError> {
    let invalid = |why: String| ClientError::Metadata(format!("{member} {why}"));
    let url = Url::parse(endpoint).map_err(|error| invalid(format!("is not a URL ({error})")))?;
    vet_web(&url).map_err(invalid)?;
    Request::post(endpoint)
        .header(header::CONTENT_TYPE, FORM)
        .header(header::ACCEPT, "application/json")
        .body(form.into_bytes())
        .map_err(|error| invalid(format!("cannot be used ({error})")))
}

/// Why there is no response from this URL: [`ClientError::ForbiddenAddress`] when metadata must not lead there, else
/// [`ClientError::IssuerUnreachable`].
fn no_response(url: String, error: &(dyn std::error::Error + 'static)) -> ClientError {
    match ForbiddenAddress::among(error) {
        Some(forbidden) => ClientError::ForbiddenAddress {
            place: forbidden.place().to_owned(),
        },
        None => ClientError::IssuerUnreachable {
            url,
            reason: root_cause(error),
        },
    }
}

/// The `error` code of an error response (RFC 6749 section 5.2), else its status.
fn error_code(status: u16, body: &Value) -> String {
    body.get("error")
        .and_then(Value::as_str)
        .map_or_else(|| format!("HTTP {status}"), redact::printable)
}

/// The grant type, if it is a token request.
fn grant_of(request: &Request<Vec<u8>>) -> Option<String> {
    form_urlencoded::parse(request.body())
        .find(|(name, _)| is_form(request) && name == "grant_type")
        .map(|(_, grant)| grant.into_owned())
}
