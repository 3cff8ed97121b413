//! Routes that need no token, by exact method and path.

use http::Method;

/// Routes such as a health check or a landing page.
///
/// Each is one method and one path, compared byte by byte; `HEAD` is included with `GET` ([RFC 9110
/// section 9.3.2](https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2)). There are no prefixes and
/// no patterns, which are prone to match one path too many. The path is compared as it was sent,
/// without decoding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PublicRoutes(Vec<(Method, String)>);

impl PublicRoutes {
    pub(super) fn add(&mut self, method: Method, path: String) {
        self.0.push((method, path));
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, path)| path.as_str())
    }

    pub(super) fn admits(&self, method: &Method, path: &str) -> bool {
        self.0.iter().any(|(known, exact)| {
            let is_its_head = *method == Method::HEAD && *known == Method::GET;
            (known == method || is_its_head) && exact == path
        })
    }
}
