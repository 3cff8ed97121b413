//! rmcp's requests to one authorization server.

use std::{fmt, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, header};
use rmcp::transport::auth::{OAuthHttpClient, OAuthHttpClientFuture, OAuthHttpRequest};
use url::form_urlencoded::{self, Serializer};

use super::{http_trace::is_form, oauth_http::OAuthHttp};

/// [`OAuthHttp`] with the resource indicator of one MCP server. rmcp derives it from the URL of the server, and a parsed
/// URL is not always the string that the metadata has; the authorization server compares strings (RFC 8707 section 2).
pub(crate) struct IssuerHttp {
    http: Arc<OAuthHttp>,
    resource: String,
}

impl IssuerHttp {
    pub(crate) fn new(http: Arc<OAuthHttp>, resource: &str) -> Self {
        Self {
            http,
            resource: resource.to_owned(),
        }
    }
}

impl OAuthHttpClient for IssuerHttp {
    fn execute(&self, mut request: OAuthHttpRequest) -> OAuthHttpClientFuture<'_> {
        if is_form(&request.request) {
            let client = client_of(request.request.headers());
            let form = completed(request.request.body(), &self.resource, client);
            *request.request.body_mut() = form;
        }
        self.http.execute(request)
    }
}

/// The form with this `resource` for the one that it has, and with the id of the client. The id is redundant beside an
/// `Authorization` header, and some authorization servers look for it in the form alone.
fn completed(form: &[u8], resource: &str, client: Option<String>) -> Vec<u8> {
    let mut changed = Serializer::new(String::new());
    let mut client = client;
    for (name, value) in form_urlencoded::parse(form) {
        let value = match &*name {
            "resource" => resource,
            _ => &*value,
        };
        if name == "client_id" {
            client = None;
        }
        changed.append_pair(&name, value);
    }
    if let Some(id) = client {
        changed.append_pair("client_id", &id);
    }
    changed.finish().into_bytes()
}

/// The id of a client that authenticates with a header (RFC 6749 section 2.3.1).
fn client_of(headers: &HeaderMap) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let pair = STANDARD.decode(header.strip_prefix("Basic ")?).ok()?;
    let pair = String::from_utf8(pair).ok()?;
    let (id, _) = pair.split_once(':')?;
    let encoded = format!("id={id}");
    let mut decoded = form_urlencoded::parse(encoded.as_bytes());
    decoded.next().map(|(_, id)| id.into_owned())
}

impl fmt::Debug for IssuerHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IssuerHttp")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_resource_is_sent_as_the_metadata_writes_it() {
        let form =
            b"grant_type=refresh_token&resource=https%3A%2F%2Fa.example%2F&refresh_token=a%2Bb+c";
        assert_eq!(
            String::from_utf8_lossy(&completed(form, "https://a.example", None)),
            "grant_type=refresh_token&resource=https%3A%2F%2Fa.example&refresh_token=a%2Bb+c"
        );
        assert_eq!(completed(b"a=b", "https://a.example", None), b"a=b");
    }

    #[test]
    fn the_id_of_an_authenticated_client_is_in_the_form_too() {
        // `a+b:c` and its secret, form-encoded.
        let header = format!("Basic {}", STANDARD.encode("a%2Bb%3Ac:the%3Asecret"));
        let value = header.parse();
        let headers = value.map(|value| HeaderMap::from_iter([(header::AUTHORIZATION, value)]));
        let client = headers.ok().as_ref().and_then(client_of);
        assert_eq!(client.as_deref(), Some("a+b:c"));
        assert_eq!(
            completed(b"a=b", "", client.clone()),
            b"a=b&client_id=a%2Bb%3Ac"
        );
        assert_eq!(completed(b"client_id=c", "", client), b"client_id=c");
        assert_eq!(client_of(&HeaderMap::new()), None);
    }
}
