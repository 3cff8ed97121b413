//! rmcp's requests to one authorization server.

use std::{fmt, sync::Arc};

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
            let form = with_resource(request.request.body(), &self.resource);
            *request.request.body_mut() = form;
        }
        self.http.execute(request)
    }
}

/// The form with this `resource`, if it has one.
fn with_resource(form: &[u8], resource: &str) -> Vec<u8> {
    let mut changed = Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(form) {
        let value = match &*name {
            "resource" => resource,
            _ => &*value,
        };
        changed.append_pair(&name, value);
    }
    changed.finish().into_bytes()
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
            String::from_utf8_lossy(&with_resource(form, "https://a.example")),
            "grant_type=refresh_token&resource=https%3A%2F%2Fa.example&refresh_token=a%2Bb+c"
        );
        assert_eq!(with_resource(b"a=b", "https://a.example"), b"a=b");
    }
}
