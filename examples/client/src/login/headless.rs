//! Approves a login without a person, at an issuer that asks nobody.

use http::{HeaderMap, header};
use url::Url;

use crate::{
    error::ClientError,
    login::authorization_response::{Answer, Expected},
    options::client_options::vet_web,
    redact,
    transport::{
        http_trace::{TracedHttp, without_query},
        network::MAX_REDIRECTS,
    },
};

/// Follows redirects from the authorization URL until one leads to `redirect_uri`.
///
/// # Errors
///
/// [`ClientError::LoginPage`] when a page for a person comes instead,
/// [`ClientError::AuthorizeRefused`] for an error page, [`ClientError::Headless`] when the redirects
/// lead astray, [`ClientError::Callback`] when the final one is not an answer to this login.
pub(crate) async fn approve(
    http: &TracedHttp,
    start: Url,
    redirect_uri: &Url,
    expected: &Expected,
) -> Result<Answer, ClientError> {
    let mut here = start;
    for _ in 0..=MAX_REDIRECTS {
        let response = http.authorize(&here).await?;
        let status = response.status();
        if !status.is_redirection() {
            return Err(if status.is_success() {
                ClientError::LoginPage {
                    url: without_query(&here),
                }
            } else {
                refused(status.as_u16(), response.body())
            });
        }
        let next = location(&here, response.headers())?;
        if is_redirect_uri(&next, redirect_uri) {
            return Answer::read(&next, expected)
                .map_err(|why| ClientError::Callback(why.to_string()));
        }
        vet_web(&next).map_err(|why| {
            ClientError::Headless(format!("a redirect to {} {why}", without_query(&next)))
        })?;
        here = next;
    }
    Err(ClientError::Headless(format!(
        "more than {MAX_REDIRECTS} redirects"
    )))
}

/// The error of an authorization endpoint that did not dare to redirect.
pub(crate) fn refused(status: u16, body: &[u8]) -> ClientError {
    let members = redact::members_of(body);
    let member = |wanted: &str| {
        members
            .iter()
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.clone())
    };
    let reason = match (member("error"), member("error_description")) {
        (Some(error), Some(description)) => format!("{error}: {description}"),
        (Some(error), None) => error,
        // An HTML page says nothing on one line.
        _ => "no reason given".into(),
    };
    ClientError::AuthorizeRefused { status, reason }
}

fn location(here: &Url, headers: &HeaderMap) -> Result<Url, ClientError> {
    let lost =
        |why: &str| ClientError::Headless(format!("{} redirects {why}", without_query(here)));
    let location = headers
        .get(header::LOCATION)
        .ok_or_else(|| lost("without a location"))?;
    let location = location
        .to_str()
        .map_err(|_| lost("to something that is not text"))?;
    here.join(location)
        .map_err(|_| lost("to something that is not a URL"))
}

/// Same origin and path; the query is the answer.
fn is_redirect_uri(url: &Url, redirect_uri: &Url) -> bool {
    url.origin() == redirect_uri.origin() && url.path() == redirect_uri.path()
}
