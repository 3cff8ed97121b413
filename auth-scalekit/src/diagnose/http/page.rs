//! [`Page`]: the beginning of a reply of any status and content type, as a browser would get it.

use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, StatusCode};
use reqwest::Response;
use url::Url;

use super::client::HttpClient;
use super::transport_error::TransportError;

/// Enough for an error page with its styles; the rest is not read.
const MAX_BYTES: usize = 64 * 1024;

/// A reply to a browser. It has no `Debug`: a redirect may hold a code.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    /// `Location`, if it is visible ASCII. It may hold a code.
    pub(crate) location: Option<String>,
    pub(crate) is_html: bool,
    /// The body, cut at the limit or where the connection broke.
    pub(crate) text: String,
}

impl HttpClient {
    /// GET as by a browser; a redirect is not followed.
    pub(crate) async fn open(&mut self, url: Url) -> Result<Page, TransportError> {
        let request = self.client().get(url);
        let response = self
            .head(request.header(ACCEPT, "text/html, application/json;q=0.9, */*;q=0.8"))
            .await?;
        let headers = response.headers();
        Ok(Page {
            status: response.status(),
            location: text(headers, LOCATION).map(Into::into),
            is_html: text(headers, CONTENT_TYPE).is_some_and(is_html),
            text: beginning(response).await,
        })
    }
}

fn text(headers: &HeaderMap, name: http::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn is_html(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"]
        .iter()
        .any(|html| essence.eq_ignore_ascii_case(html))
}

/// Errors while reading end the body: the beginning is enough.
async fn beginning(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = MAX_BYTES.saturating_sub(bytes.len());
        bytes.extend(chunk.iter().take(room));
        if chunk.len() >= room {
            break;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_content_types() {
        for (content_type, html) in [
            ("text/html", true),
            ("Text/HTML; charset=utf-8", true),
            ("application/xhtml+xml", true),
            ("text/plain; charset=utf-8", false),
            ("application/json", false),
            ("", false),
        ] {
            assert_eq!(is_html(content_type), html, "{content_type:?}");
        }
    }
}
