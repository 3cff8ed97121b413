//! A POST to an issuer, whose answer is an answer to this server alone: the client, the form, the delay that the
//! issuer requests. The limits of the answer are those of `fetch` and `json_body`.

use std::time::Duration;

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE, RETRY_AFTER};
use url::{Url, form_urlencoded};

/// Shorter than the idle timeout of servers, so that no call uses a connection that is being closed: a POST
/// that may have arrived is not sent again.
const POOL_IDLE_TIMEOUT: Duration = Duration::from_secs(15);

/// A client for POST requests; TLS roots are read here. `private` allows names that resolve to private addresses.
pub(crate) fn post_client(private: bool) -> Result<reqwest::Client, reqwest::Error> {
    let client = super::fetch::client(private);
    client.pool_idle_timeout(POOL_IDLE_TIMEOUT).build()
}

/// A POST of a form, for a JSON answer.
pub(crate) fn form<'a>(
    client: &reqwest::Client,
    url: Url,
    members: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> reqwest::RequestBuilder {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(members);
    client
        .post(url)
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.finish())
}

/// `Retry-After` in seconds; a date is ignored.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn delays_are_whole_seconds() {
        for (text, seconds) in [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("", None),
            ("-7", None),
            ("7.5", None),
            ("Sun, 29 Nov 2026 00:00:00 GMT", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(text));
            let delay = retry_after(&headers);
            assert_eq!(delay, seconds.map(Duration::from_secs), "{text:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
