//! The `Origin` check that the MCP transport requires against DNS rebinding: which web pages may
//! send requests.

use http::header::ORIGIN;
use http::{HeaderMap, HeaderValue};
use url::Url;

use super::host::shown;
use crate::error::Excerpt;
use crate::provider::{PublicUrl, UrlError};
use crate::support::is_loopback_host;

/// The origins whose pages may send requests. A request without `Origin` does not come from a web
/// page and is not affected.
///
/// Default: the origin of the resource; for a resource on loopback also every page that was loaded
/// from loopback, such as MCP Inspector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedOrigins {
    exact: Vec<String>,
    loopback: bool,
    any: bool,
}

impl AllowedOrigins {
    /// The default for a resource.
    #[must_use]
    pub fn for_resource(resource: &PublicUrl) -> Self {
        Self {
            exact: vec![resource.origin().to_owned()],
            loopback: resource.is_loopback(),
            any: false,
        }
    }

    /// Exactly these origins, such as `https://inspector.example.com`.
    ///
    /// # Errors
    ///
    /// [`UrlError`] for a string that is not an origin: an origin has no path and no trailing
    /// slash.
    pub fn list<T: AsRef<str>>(origins: impl IntoIterator<Item = T>) -> Result<Self, UrlError> {
        let mut exact = Vec::new();
        for origin in origins {
            exact.push(
                PublicUrl::parse_origin(origin.as_ref())?
                    .origin()
                    .to_owned(),
            );
        }
        Ok(Self {
            exact,
            loopback: false,
            any: false,
        })
    }

    /// Every web page. On loopback, any page that the user visits can then send requests.
    #[must_use]
    pub fn dangerous_any() -> Self {
        Self {
            exact: Vec::new(),
            loopback: false,
            any: true,
        }
    }

    /// Accepts a request with these headers; else returns the refused origin, for logs. Several
    /// `Origin` lines, and one that is not ASCII, are refused.
    pub(crate) fn check(&self, headers: &HeaderMap) -> Result<(), Excerpt> {
        if self.allow_request(headers) {
            return Ok(());
        }
        let lines = headers.get_all(ORIGIN).iter();
        Err(shown(lines.map(HeaderValue::as_bytes)))
    }

    fn allow_request(&self, headers: &HeaderMap) -> bool {
        let mut lines = headers.get_all(ORIGIN).iter();
        let Some(line) = lines.next() else {
            return true;
        };
        lines.next().is_none() && self.allows(line)
    }

    /// Whether pages of `origin`, the value of one `Origin` line, may send requests. A CORS layer
    /// around this one uses it, so that both allow the same pages.
    #[must_use]
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        self.any
            || self.exact.iter().any(|exact| exact == origin)
            || (self.loopback && on_loopback(origin))
    }
}

/// Whether `origin` is exactly an origin, and its host is loopback.
fn on_loopback(origin: &str) -> bool {
    Url::parse(origin).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.origin().ascii_serialization() == origin
            && url.host_str().is_some_and(is_loopback_host)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(origins: &AllowedOrigins, lines: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(ORIGIN, HeaderValue::from_str(line).unwrap());
        }
        origins.check(&headers).is_ok()
    }

    #[test]
    fn origins_of_a_loopback_resource() {
        let resource = PublicUrl::parse("http://localhost:8000/mcp").unwrap();
        let origins = AllowedOrigins::for_resource(&resource);
        for line in [
            "http://localhost:8000",
            "http://localhost:6274",
            "http://127.0.0.1:6274",
            "http://[::1]:6274",
        ] {
            assert!(allows(&origins, &[line]), "{line}");
        }
        assert!(allows(&origins, &[]), "no page");
        for line in [
            "https://evil.example",
            "http://localhost.evil.example",
            "http://localhost:6274/",
            "http://localhost@evil.example",
            "null",
            "",
            "file://",
            "ws://localhost:8000",
            "ftp://127.0.0.1",
            "http://[::2]:6274",
        ] {
            assert!(!allows(&origins, &[line]), "{line}");
        }
        assert!(!allows(
            &origins,
            &["http://localhost:8000", "http://localhost:8000"]
        ));
    }

    #[test]
    fn refused_origins_are_returned() {
        let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
        let origins = AllowedOrigins::for_resource(&resource);
        for (lines, expected) in [
            (vec!["https://evil.example"], "https://evil.example"),
            (vec!["null"], "null"),
            (
                vec!["https://mcp.example.com", "https://mcp.example.com"],
                "https://mcp.example.com, https://mcp.example.com",
            ),
            (vec!["https://user:marker@evil.example"], "@evil.example"),
            (vec!["https://evil.example\t"], "https://evil.example\\x09"),
        ] {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(ORIGIN, HeaderValue::from_str(line).unwrap());
            }
            let refused = origins.check(&headers).unwrap_err();
            assert_eq!(refused.as_str(), expected, "{lines:?}");
        }
    }

    #[test]
    fn origins_of_a_public_resource() {
        let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
        let origins = AllowedOrigins::for_resource(&resource);
        assert!(allows(&origins, &["https://mcp.example.com"]));
        assert!(!allows(&origins, &["http://localhost:6274"]));
        let origins = AllowedOrigins::list(["https://inspector.example.com"]).unwrap();
        assert!(allows(&origins, &["https://inspector.example.com"]));
        assert!(!allows(&origins, &["https://mcp.example.com"]));
        for text in ["https://a.example/x", "a.example", "https://a.example/"] {
            let error = AllowedOrigins::list([text]).unwrap_err().to_string();
            assert!(error.ends_with("write \"https://a.example\""), "{error}");
        }
        assert!(allows(
            &AllowedOrigins::dangerous_any(),
            &["https://evil.example"]
        ));
    }
}
