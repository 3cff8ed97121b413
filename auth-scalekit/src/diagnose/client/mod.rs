//! A client, tried with one authorization request as the client would send it; no user approves it.
//!
//! | file | job |
//! |---|---|
//! | `registered` | the client that is tried |
//! | `request` | the URL that it would open in a browser |
//! | `authorization_response` | the issuer's reply, classified |
//! | `complaint` | whether an error is about the client or about its redirect URI |
//! | `explain` | the finding for an error, and what to change |
//!
//! An issuer reports an unknown client, or a redirect URI that is not registered for it, only to the
//! user, on a page: it must not redirect, so the client waits without learning why.

mod authorization_response;
mod complaint;
mod explain;
mod registered;
mod request;

use url::Url;

use crate::diagnose::http::{Document, HttpClient, same_origin, text};
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;
use authorization_response::AuthorizationResponse;

pub use registered::RegisteredClient;

/// Tries the client, if there is one.
pub(super) async fn check(
    subject: &Subject<'_>,
    http: &mut HttpClient,
    document: Option<&Document>,
    client: Option<&RegisteredClient>,
) -> Finding {
    let (document, client) = match (document, client) {
        (_, None) => {
            let what = "no client was tried, since no client id was given (--client-id of scalekit-doctor)";
            return Check::Client.skipped("not-given", what);
        }
        (None, Some(_)) => return Check::Client.depends_on(Check::Metadata),
        (Some(document), Some(client)) => (document, client),
    };
    match try_client(subject, http, document, client).await {
        Ok(finding) | Err(finding) => finding,
    }
}

/// # Errors
///
/// The finding that ends the attempt before the issuer has replied.
async fn try_client(
    subject: &Subject<'_>,
    http: &mut HttpClient,
    document: &Document,
    client: &RegisteredClient,
) -> Result<Finding, Finding> {
    let redirect_uri = redirect_uri(client)?;
    let endpoint = endpoint(subject, document)?;
    let place = format::quoted(endpoint.as_str());
    let url = request::url(endpoint, subject, client).map_err(|_| {
        let what = "not tried, since the operating system gives no random bytes";
        Check::Client.skipped("no-random", what)
    })?;
    let page = http.open(url.clone()).await.map_err(|problem| {
        Check::Client.failure(
            problem.code(),
            format!("the authorization endpoint {place} {}", problem.what()),
            explain::ASK_AGAIN,
        )
    })?;
    let id = format::quoted(&client.client_id);
    let to = format::quoted(&client.redirect_uri);
    Ok(match AuthorizationResponse::of(page, &url, &redirect_uri) {
        AuthorizationResponse::Login(origin) => Check::Client.ok(format!(
            "the client {id} is known, with {to}: its user is asked to log in at {}",
            format::quoted(&origin)
        )),
        AuthorizationResponse::Approved => Check::Client.ok(format!(
            "the client {id} is known, with {to}: the issuer approves at once, and the code is discarded"
        )),
        AuthorizationResponse::Error(error) => explain::of_request(subject, client, &error),
        AuthorizationResponse::Empty => Check::Client.failure(
            "bad-answer",
            format!("the issuer sends the client {id} back to {to} with neither a code nor an error"),
            explain::CHECK_ENVIRONMENT,
        ),
        AuthorizationResponse::Misdirected(origin) => Check::Client.failure(
            "redirect-mismatch",
            format!(
                "the issuer sends the code of the client {id} to {}, although {to} was asked for",
                format::quoted(&origin)
            ),
            explain::CHECK_ENVIRONMENT,
        ),
        AuthorizationResponse::ErrorPage(page) => explain::of_client(client, &page),
    })
}

fn redirect_uri(client: &RegisteredClient) -> Result<Url, Finding> {
    let url = Url::parse(&client.redirect_uri).ok();
    url.filter(|url| url.fragment().is_none()).ok_or_else(|| {
        Check::Client.failure(
            "unusable-redirect-uri",
            format!(
                "the redirect URI {} is no absolute URL without a fragment",
                format::quoted(&client.redirect_uri)
            ),
            format!(
                "give the one that the client listens at, such as {}",
                RegisteredClient::DEFAULT_REDIRECT_URI
            ),
        )
    })
}

/// `authorization_endpoint` of the metadata, which must have the origin of the environment.
fn endpoint(subject: &Subject<'_>, document: &Document) -> Result<Url, Finding> {
    let environment = subject.environment;
    let Some(named) = text(document, "authorization_endpoint") else {
        return Err(Check::Client.failure(
            "no-endpoint",
            "the metadata names no authorization_endpoint",
            explain::CHECK_ENVIRONMENT,
        ));
    };
    let url = Url::parse(named).ok();
    url.filter(|_| same_origin(named, environment.as_str()))
        .ok_or_else(|| {
            Check::Client.warning(
                "another-origin",
                format!(
                    "not tried, since the authorization_endpoint {} is not at {environment}",
                    format::quoted(named)
                ),
                "set SCALEKIT_ENVIRONMENT_URL to the URL of the environment as the dashboard shows it",
            )
        })
}
