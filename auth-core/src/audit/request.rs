//! [`RequestRecord`]: the parts of a request that events name.

use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method};
use smol_str::SmolStr;

use crate::error::Excerpt;
use crate::operation::REQUEST_ID;

/// Maximum length of a request id in events; the client may have chosen it.
const MAX_REQUEST_ID_BYTES: usize = 128;

/// Maximum length of a path in events.
const MAX_PATH_BYTES: usize = 256;

/// Maximum length of a method in events: longer than every method that MCP uses.
const MAX_METHOD_BYTES: usize = 15;

/// The parts of a request that its events name, kept because an event can follow after the request
/// was forwarded. Cheap to clone. Without `Debug`: the query may contain a secret.
#[derive(Clone)]
pub(crate) struct RequestRecord {
    method: Method,
    // Most paths fit without an allocation.
    path: SmolStr,
    request_id: Option<HeaderValue>,
}

impl RequestRecord {
    pub(crate) fn of(parts: &Parts) -> Self {
        // `Uri::path` would return a slash for a target without a path.
        let path = parts.uri.path_and_query().map_or("", PathAndQuery::path);
        Self {
            method: parts.method.clone(),
            path: SmolStr::new(beginning(path)),
            request_id: parts.headers.get(REQUEST_ID).cloned(),
        }
    }

    /// The method, at most 15 bytes of it.
    pub(crate) fn method(&self) -> Method {
        let bytes = self.method.as_str().as_bytes();
        let start = bytes.get(..MAX_METHOD_BYTES);
        let start = start.and_then(|start| Method::from_bytes(start).ok());
        start.unwrap_or_else(|| self.method.clone())
    }

    /// The path, without the query.
    pub(crate) fn path(&self) -> Excerpt {
        Excerpt::new(self.path.as_bytes(), MAX_PATH_BYTES)
    }

    /// The request id, if it can be logged.
    pub(crate) fn request_id(&self) -> Option<String> {
        let id = self.request_id.as_ref()?.to_str().ok()?;
        (id.len() <= MAX_REQUEST_ID_BYTES).then(|| id.to_owned())
    }
}

/// As much of a path as is needed to see that it is too long.
fn beginning(path: &str) -> &str {
    let mut ends = MAX_PATH_BYTES..MAX_PATH_BYTES + 4;
    ends.find_map(|end| path.get(..end + 1)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn record(method: &str, target: &str) -> RequestRecord {
        let request = Request::builder().method(method).uri(target).body(());
        RequestRecord::of(&request.unwrap().into_parts().0)
    }

    #[test]
    fn methods_and_paths_are_of_bounded_length_and_without_a_query() {
        let long = format!("/{}", "p".repeat(300));
        let cut = format!("/{}...", "p".repeat(252));
        for (method, target, shown_method, shown_path) in [
            ("POST", "/mcp", "POST", "/mcp"),
            ("POST", "/mcp?access_token=marker", "POST", "/mcp"),
            ("GET", "https://mcp.example.com/mcp", "GET", "/mcp"),
            ("OPTIONS", "*", "OPTIONS", "*"),
            ("CONNECT", "mcp.example.com:443", "CONNECT", ""),
            ("GET", &long, "GET", &cut),
            ("GET", "/a\"b", "GET", "/a\\x22b"),
            ("ABCDEFGHIJKLMNO", "/", "ABCDEFGHIJKLMNO", "/"),
            ("ABCDEFGHIJKLMNOP", "/", "ABCDEFGHIJKLMNO", "/"),
        ] {
            let record = record(method, target);
            assert_eq!(record.method().as_str(), shown_method, "{target}");
            assert_eq!(record.path().as_str(), shown_path, "{target}");
        }
    }
}
