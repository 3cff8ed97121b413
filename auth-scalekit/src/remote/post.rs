//! A POST to an issuer, whose answer is an answer to this server alone: the client, the form, the delay that the
//! issuer requests. The limits of the answer are those of `fetch` and `json_body`.

use std::time::Duration;

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE, DATE, HeaderName, RETRY_AFTER};
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

/// `Retry-After` of [RFC 9110 section 10.2.3](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3): seconds, or a
/// date. A date is compared to the `Date` of the same response, since the clocks of two machines differ; without one, it
/// is ignored. For a date that has passed, the delay is zero.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    let delay = text(RETRY_AFTER)?;
    if let Ok(seconds) = delay.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(delay).ok()?;
    let now = httpdate::parse_http_date(text(DATE)?).ok()?;
    Some(until.duration_since(now).unwrap_or_default())
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
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(text));
            let delay = retry_after(&headers);
            assert_eq!(delay, seconds.map(Duration::from_secs), "{text:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }

    #[test]
    fn a_date_is_a_delay_from_the_date_of_the_response() {
        let until = "Sun, 29 Nov 2026 00:00:07 GMT";
        for (until, date, seconds) in [
            (until, Some("Sun, 29 Nov 2026 00:00:00 GMT"), Some(7)),
            (until, Some("Sat, 28 Nov 2026 23:59:07 GMT"), Some(60)),
            (until, Some(until), Some(0)),
            (until, Some("Sun, 29 Nov 2026 00:00:08 GMT"), Some(0)),
            (until, Some("today"), None),
            (until, None, None),
            (
                "Sunday, 29-Nov-26 00:00:07 GMT",
                Some("Sun Nov 29 00:00:00 2026"),
                Some(7),
            ),
            ("tomorrow", Some(until), None),
            ("2026-11-29T00:00:07Z", Some(until), None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(until));
            headers.extend(date.map(|date| (DATE, HeaderValue::from_static(date))));
            let delay = retry_after(&headers);
            let expected = seconds.map(Duration::from_secs);
            assert_eq!(delay, expected, "{until:?} {date:?}");
        }
    }
}
