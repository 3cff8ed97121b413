//! A client, tried: one authorization request as it would make it, that nobody approves.
//!
//! | file | job |
//! |---|---|
//! | `registered` | the client that is tried |
//! | `request` | the URL that it would open in a browser |
//! | `outcome` | what the issuer makes of it |
//! | `complaint` | whether an error is about the client or about its redirect URI |
//! | `refusal` | what to say of an error, and what to change |
//!
//! An unknown client, and a redirect URI that is not its own, are told to the user alone, on a page
//! of the issuer: the client waits and learns nothing.

mod authorization_response;
mod complaint;
mod explain;
mod registered;
mod request;

use url::Url;

use crate::diagnose::environment::metadata::{Document, text};
use crate::diagnose::http::{Asker, same_origin};
use crate::diagnose::report::{Check, Finding, format};
use crate::diagnose::subject::Subject;
use authorization_response::Outcome;

pub use registered::RegisteredClient;

/// What the issuer says to the client, if there is one to be tried.
pub(super) async fn judge(
    subject: &Subject<'_>,
    asker: &mut Asker,
    document: Option<&Document>,
    client: Option<&RegisteredClient>,
) -> Finding {
    let (document, client) = match (document, client) {
        (_, None) => {
            let what =
                "no client was tried, since no client id was given (--client-id of the doctor)";
            return Check::Client.skipped("not-given", what);
        }
        (None, Some(_)) => return Check::Client.depends_on(Check::Metadata),
        (Some(document), Some(client)) => (document, client),
    };
    match tried(subject, asker, document, client).await {
        Ok(finding) | Err(finding) => finding,
    }
}

/// # Errors
///
/// The finding that ends it early.
async fn tried(
    subject: &Subject<'_>,
    asker: &mut Asker,
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
    let page = asker.open(url.clone()).await.map_err(|problem| {
        Check::Client.failure(
            problem.trouble(),
            format!("the authorization endpoint {place} {}", problem.what()),
            explain::ASK_AGAIN,
        )
    })?;
    let id = format::quoted(&client.client_id);
    let to = format::quoted(&client.redirect_uri);
    Ok(match Outcome::of(page, &url, &redirect_uri) {
        Outcome::Asks(origin) => Check::Client.ok(format!(
            "the client {id} is known, with {to}: its user is asked to log in at {}",
            format::quoted(&origin)
        )),
        Outcome::Approved => Check::Client.ok(format!(
            "the client {id} is known, with {to}: the issuer approves by itself, and its code is thrown away"
        )),
        Outcome::SentBack(told) => explain::of_request(subject, client, &told),
        Outcome::SentBackEmpty => Check::Client.failure(
            "bad-answer",
            format!("the issuer sends the client {id} back to {to} with neither a code nor an error"),
            explain::CHECK_ENVIRONMENT,
        ),
        Outcome::SentAstray(origin) => Check::Client.failure(
            "redirect-mismatch",
            format!(
                "the issuer sends the code of the client {id} to {}, although {to} was asked for",
                format::quoted(&origin)
            ),
            explain::CHECK_ENVIRONMENT,
        ),
        Outcome::Refused(refused) => explain::of_client(client, &refused),
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

/// `authorization_endpoint`, if it is where the environment is.
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
