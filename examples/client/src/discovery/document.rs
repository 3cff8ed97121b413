//! Reads one document.

use http::StatusCode;
use serde_json::{Map, Value};
use url::Url;

use crate::{
    error::ClientError,
    events::Step,
    json_object, redact,
    transport::{OAuthHttp, is_outage},
    web_url::vet_web,
};

/// What is at a URL.
pub(super) enum Document {
    /// A JSON object.
    Object(Map<String, Value>),
    /// A redirect to another origin, which is not followed. The reason, for people.
    Elsewhere(String),
    /// Nothing that could be the document: another status, or another body. The reason, for people.
    Absent(String),
}

/// Gets a document.
///
/// # Errors
///
/// [`ClientError::IssuerUnreachable`] without a response, or with a status that means "not now": an outage is not the
/// absence of a document.
pub(super) async fn get(http: &OAuthHttp, url: &Url, step: Step) -> Result<Document, ClientError> {
    let unreachable = |reason: String| ClientError::IssuerUnreachable {
        url: redact::url_without_query(url),
        reason,
    };
    vet_web(url).map_err(|why| unreachable(format!("it {why}")))?;
    let response = http.document(url, step).await?;
    let status = response.status();
    if is_outage(status) {
        return Err(unreachable(format!("HTTP {}", status.as_u16())));
    }
    if status.is_redirection() {
        return Ok(Document::Elsewhere(format!(
            "it redirects to another origin (HTTP {}), which is not followed",
            status.as_u16()
        )));
    }
    if status != StatusCode::OK {
        return Ok(Document::Absent(format!("HTTP {}", status.as_u16())));
    }
    Ok(match json_object::read(response.body()) {
        Ok(object) => Document::Object(object),
        Err(what) => Document::Absent(format!("it is {what}")),
    })
}

/// The strings of a list; strings alone are read, other members are ignored.
pub(super) fn strings(object: &Map<String, Value>, member: &str) -> Vec<String> {
    let listed = object.get(member).and_then(Value::as_array);
    listed
        .into_iter()
        .flatten()
        .filter_map(|value| Some(value.as_str()?.to_owned()))
        .collect()
}
