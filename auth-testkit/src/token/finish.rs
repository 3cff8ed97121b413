//! How the three parts become the token string.

use std::sync::Arc;

/// Joins header, claims and signature; by default with a dot between two of them.
#[derive(Clone)]
pub(super) struct Finish(Arc<Join>);

type Join = dyn Fn([String; 3]) -> String + Send + Sync;

impl Finish {
    pub(super) fn new(join: impl Fn([String; 3]) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(join))
    }

    pub(super) fn apply(&self, parts: [String; 3]) -> String {
        (self.0)(parts)
    }
}

impl Default for Finish {
    fn default() -> Self {
        Self::new(|parts| parts.join("."))
    }
}
