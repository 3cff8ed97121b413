//! Routes that need no token, by exact method and path.

use http::Method;

/// Routes such as a health check or a landing page.
///
/// Each is one method and one path, byte by byte: a prefix or a pattern that lets one path too
/// many through is the oldest hole there is. A path is compared as it came, before any decoding.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PublicRoutes(Vec<(Method, String)>);

impl PublicRoutes {
    pub(super) fn add(&mut self, method: Method, path: String) {
        self.0.push((method, path));
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(_, path)| path.as_str())
    }

    pub(super) fn lets_through(&self, method: &Method, path: &str) -> bool {
        self.0
            .iter()
            .any(|(known, exact)| known == method && exact == path)
    }
}
