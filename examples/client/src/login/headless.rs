//! Completes a login without a browser, at an issuer that approves by itself.

use http::{HeaderMap, header};
use url::Url;

use super::authorization_response::{AuthorizationResponse, Expected};
use crate::{
    error::ClientError,
    redact,
    transport::{MAX_REDIRECTS, OAuthHttp},
    web_url::vet_web,
};

/// Follows redirects from the authorization URL until one leads to `redirect_uri`.
///
/// # Errors
///
/// [`ClientError::LoginPage`] when the issuer shows a page for a person, [`ClientError::AuthorizeRefused`] when it
/// shows an error, [`ClientError::Headless`] when the redirects do not lead to `redirect_uri`,
/// [`ClientError::Callback`] when the last one is not the response to this login.
pub(crate) async fn approve(
    http: &OAuthHttp,
    start: Url,
    redirect_uri: &Url,
    expected: &Expected,
) -> Result<AuthorizationResponse, ClientError> {
    let mut here = start;
    for _ in 0..=MAX_REDIRECTS {
        let response = http.authorize(&here).await?;
        let status = response.status();
        if !status.is_redirection() {
            return Err(if status.is_success() {
                ClientError::LoginPage {
                    url: redact::url_without_query(&here),
                }
            } else {
                refused(status.as_u16(), response.body())
            });
        }
        let next = location(&here, response.headers())?;
        if is_redirect_uri(&next, redirect_uri) {
            return Ok(AuthorizationResponse::read(&next, expected)?);
        }
        if expected.is_state_of(&next) && looks_like_response(&next) {
            let received = redact::url_without_query(&next);
            return Err(expected.moved(redirect_uri, &received).into());
        }
        vet_web(&next).map_err(|why| {
            ClientError::Headless(format!(
                "a redirect to {} {why}",
                redact::url_without_query(&next)
            ))
        })?;
        here = next;
    }
    Err(ClientError::Headless(format!(
        "more than {MAX_REDIRECTS} redirects"
    )))
}

/// Whether a redirect has a code or an error, as only responses have.
fn looks_like_response(url: &Url) -> bool {
    url.query_pairs()
        .any(|(name, _)| name == "code" || name == "error")
}

/// The error of an authorization endpoint that reports it without a redirect.
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
        // An HTML page has no reason that would fit one line.
        _ => "no reason given".into(),
    };
    ClientError::AuthorizeRefused { status, reason }
}

fn location(here: &Url, headers: &HeaderMap) -> Result<Url, ClientError> {
    let lost = |why: &str| {
        ClientError::Headless(format!(
            "{} redirects {why}",
            redact::url_without_query(here)
        ))
    };
    let location = headers
        .get(header::LOCATION)
        .ok_or_else(|| lost("without a location"))?;
    let location = location
        .to_str()
        .map_err(|_| lost("to something that is not text"))?;
    here.join(location)
        .map_err(|_| lost("to something that is not a URL"))
}

/// Same origin and path; the query is the response.
fn is_redirect_uri(url: &Url, redirect_uri: &Url) -> bool {
    url.origin() == redirect_uri.origin() && url.path() == redirect_uri.path()
}
