//! Sends rmcp's OAuth requests and tells what went over the wire.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use reqwest::Client;
use rmcp::transport::auth::{
    OAuthHttpClient, OAuthHttpClientError, OAuthHttpClientFuture, OAuthHttpRedirectPolicy,
    OAuthHttpRequest,
};
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::{
    dpop::{nonce, proof::DPOP, session::Holder},
    error::{ClientError, root_cause},
    events::{Exchange, Progress, Reporter, Step},
    options::client_options::vet_web,
    redact,
    store::Tokens,
    transport::network::{self, Addresses},
};

/// No OAuth document is larger than this.
const MAX_BODY_BYTES: usize = 1024 * 1024;

const FORM: &str = "application/x-www-form-urlencoded";

/// Headers of an answer that say something about OAuth.
const SHOWN_HEADERS: [&str; 6] = [
    "www-authenticate",
    "location",
    "content-type",
    "cache-control",
    "retry-after",
    "dpop-nonce",
];

/// rmcp's [`OAuthHttpClient`] on reqwest, with a record of each exchange.
pub(crate) struct TracedHttp {
    addresses: Addresses,
    stop: Client,
    follow: Client,
    reporter: Reporter,
    dpop: Arc<Holder>,
    refusal: Mutex<Option<String>>,
}

impl TracedHttp {
    pub(crate) fn new(
        server: &Url,
        allow_private: bool,
        reporter: Reporter,
        dpop: Arc<Holder>,
    ) -> Result<Self, ClientError> {
        let addresses = Addresses::for_server(server, allow_private);
        Ok(Self {
            stop: network::login_client(&addresses)?,
            follow: network::following_client(&addresses)?,
            addresses,
            reporter,
            dpop,
            refusal: Mutex::default(),
        })
    }

    /// Why the token endpoint last said no: its `error` code, or what the network said.
    /// rmcp keeps both only as part of a text.
    pub(crate) fn token_refusal(&self) -> Option<String> {
        self.refusal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Gets a page of the authorization endpoint without following where it leads.
    pub(crate) async fn authorize(&self, url: &Url) -> Result<Response<Vec<u8>>, ClientError> {
        let failed = |reason: String| ClientError::IssuerUnreachable {
            url: without_query(url),
            reason,
        };
        let request = Request::builder()
            .uri(url.as_str())
            .header(header::ACCEPT, "text/html")
            .body(Vec::new())
            .map_err(|error| failed(error.to_string()))?;
        self.exchange(&self.stop, Some(Step::Authorize), request)
            .await
            .map_err(|error| failed(root_cause(error.as_ref())))
    }

    /// Posts a form to the token endpoint; what a good answer holds.
    pub(crate) async fn token(&self, endpoint: &str, form: String) -> Result<Vec<u8>, ClientError> {
        let request = form_request("token_endpoint", endpoint, form)?;
        let answered = self.exchange(&self.stop, None, request).await;
        match answered {
            Ok(response) if response.status().is_success() => Ok(response.into_body()),
            _ => Err(ClientError::Token(
                self.token_refusal().unwrap_or_else(|| "no answer".into()),
            )),
        }
    }

    /// Posts a form to the revocation endpoint, with the header if the client has one.
    ///
    /// # Errors
    ///
    /// [`ClientError::Metadata`] when the endpoint must not be used, [`ClientError::IssuerUnreachable`] when
    /// it gives no answer, [`ClientError::Revocation`] when it says no.
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
        let answered = self
            .exchange(&self.stop, Some(Step::Revocation), request)
            .await
            .map_err(|error| ClientError::IssuerUnreachable {
                url: redact::printable(endpoint),
                reason: root_cause(error.as_ref()),
            })?;
        match answered.status() {
            status if status.is_success() => Ok(()),
            status => Err(ClientError::Revocation(refusal_in(
                status.as_u16(),
                &serde_json::from_slice(answered.body()).unwrap_or_default(),
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
        let result = self.ask_for_tokens(client, request).await;
        let outcome = match &result {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) => Err(root_cause(error.as_ref())),
        };
        self.note_token_answer(&grant, outcome, result.as_ref().ok());
        result
    }

    /// With a proof of the key where the issuer takes one. It may want a nonce in it, which it hands out
    /// with a refusal (RFC 9449 section 8): one more try then.
    async fn ask_for_tokens(
        &self,
        client: &Client,
        mut request: Request<Vec<u8>>,
    ) -> Result<Response<Vec<u8>>, OAuthHttpClientError> {
        let step = Some(Step::Token);
        let Some(proof) = self.dpop.token_proof(&request)? else {
            return self.exchange_once(client, step, request).await;
        };
        request.headers_mut().insert(DPOP, proof);
        let mut again = request.clone();
        let response = self.exchange_once(client, step, request).await?;
        self.dpop.note_issuer_nonce(response.headers());
        // An assertion of who the client is, is good for one request: who signs it has to try again.
        let signed =
            form_urlencoded::parse(again.body()).any(|(name, _)| name == "client_assertion");
        if signed || !nonce::is_wanted_by_issuer(&response) {
            return Ok(response);
        }
        if let Some(proof) = self.dpop.token_proof(&again)? {
            again.headers_mut().insert(DPOP, proof);
        }
        let response = self.exchange_once(client, step, again).await?;
        self.dpop.note_issuer_nonce(response.headers());
        Ok(response)
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
            return Err(format!(
                "{} is an address this server may not send us to",
                without_query(request.url())
            )
            .into());
        }
        let mut response = client.execute(request).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                return Err(format!("the answer is larger than {MAX_BODY_BYTES} bytes").into());
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = Response::new(body);
        *answer.status_mut() = response.status();
        *answer.headers_mut() = response.headers().clone();
        Ok(answer)
    }

    fn note_token_answer(
        &self,
        grant: &str,
        status: Result<u16, String>,
        response: Option<&Response<Vec<u8>>>,
    ) {
        let body: Value = response
            .and_then(|r| serde_json::from_slice(r.body()).ok())
            .unwrap_or_default();
        let refusal = match status {
            Ok(200..=299) => None,
            Ok(status) => Some(refusal_in(status, &body)),
            Err(reason) => Some(reason),
        };
        self.refusal
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&refusal);
        if grant == "refresh_token" {
            match (refusal, Tokens::of(&body)) {
                (Some(refusal), _) => self.reporter.report(&Progress::RefreshRefused(refusal)),
                (None, Some(tokens)) => {
                    self.reporter.report(&Progress::Refreshed(tokens.granted()));
                }
                (None, None) => {}
            }
        }
    }
}

impl OAuthHttpClient for TracedHttp {
    fn execute(&self, request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        let client = match request.redirect_policy {
            OAuthHttpRedirectPolicy::Follow => &self.follow,
            _ => &self.stop,
        };
        Box::pin(self.exchange(client, None, request.request))
    }
}

impl fmt::Debug for TracedHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TracedHttp")
    }
}

/// # Errors
///
/// [`ClientError::Metadata`] when the endpoint, which this member of the metadata names, is neither https nor
/// http on loopback.
fn form_request(
    member: &str,
    endpoint: &str,
    form: String,
) -> Result<Request<Vec<u8>>, ClientError> {
    let unfit = |why: String| ClientError::Metadata(format!("{member} {why}"));
    let url = Url::parse(endpoint).map_err(|error| unfit(format!("is not a URL ({error})")))?;
    vet_web(&url).map_err(unfit)?;
    Request::post(endpoint)
        .header(header::CONTENT_TYPE, FORM)
        .header(header::ACCEPT, "application/json")
        .body(form.into_bytes())
        .map_err(|error| unfit(format!("cannot be asked ({error})")))
}

/// The `error` code of an answer that says no (RFC 6749 section 5.2).
fn refusal_in(status: u16, body: &Value) -> String {
    body.get("error")
        .and_then(Value::as_str)
        .map_or_else(|| format!("HTTP {status}"), redact::printable)
}

fn describe(request: &Request<Vec<u8>>) -> Exchange {
    let text = request.uri().to_string();
    let mut sent = if is_form(request) {
        redact::fields_of(request.body())
    } else {
        redact::members_of(request.body())
    };
    for name in [header::AUTHORIZATION, DPOP] {
        let value = request.headers().get(&name);
        if let Some(value) = value.and_then(|value| value.to_str().ok()) {
            sent.push((name.to_string(), redact::shorten(value)));
        }
    }
    Exchange {
        step: Step::Probe,
        method: request.method().to_string(),
        url: Url::parse(&text).map_or_else(|_| "?".into(), |url| redact::url(&url)),
        sent,
        status: Err("not sent".into()),
        headers: Vec::new(),
        received: Vec::new(),
    }
}

/// rmcp does not say what a request is for, so its shape and its answer have to.
fn step_of(record: &Exchange, response: Option<&Response<Vec<u8>>>) -> Step {
    if record.method == Method::POST.as_str() {
        let grant = record.sent.iter().any(|(name, _)| name == "grant_type");
        return if grant {
            Step::Token
        } else {
            Step::Registration
        };
    }
    let body: Value = response
        .and_then(|r| serde_json::from_slice(r.body()).ok())
        .unwrap_or_default();
    if body.get("authorization_servers").is_some()
        || record.url.contains("/.well-known/oauth-protected-resource")
    {
        Step::ResourceMetadata
    } else if body.get("token_endpoint").is_some() || record.url.contains("/.well-known/") {
        Step::ServerMetadata
    } else {
        Step::Probe
    }
}

fn is_form(request: &Request<Vec<u8>>) -> bool {
    request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(FORM.as_bytes()))
}

fn grant_of(request: &Request<Vec<u8>>) -> Option<String> {
    form_urlencoded::parse(request.body())
        .find(|(name, _)| is_form(request) && name == "grant_type")
        .map(|(_, grant)| grant.into_owned())
}

fn shown_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let shown = |name: &str, text: &str| match Url::parse(text) {
        Ok(url) if name == "location" => redact::url(&url),
        // A relative Location cannot be parsed alone, and its query may hold a code.
        _ if name == "location" => {
            redact::printable(text.split(['?', '#']).next().unwrap_or_default())
        }
        _ => redact::printable(text),
    };
    SHOWN_HEADERS
        .iter()
        .filter_map(|name| Some((*name, headers.get(*name)?.to_str().ok()?)))
        .map(|(name, text)| (name.to_owned(), shown(name, text)))
        .collect()
}

pub(crate) fn without_query(url: &Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    redact::url(&shown)
}
