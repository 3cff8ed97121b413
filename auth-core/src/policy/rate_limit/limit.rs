//! [`Limit`]: one quota, and the requests that it counts.

use std::fmt;

use super::key::Key;
use super::quota::Quota;
use crate::operation::{Operation, Primitive};
use crate::policy::operations::Pattern;
use crate::policy::target::{concerns, may_match};

/// One quota, which was not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) key: Key,
    pub(super) quota: Quota,
    /// The primitives whose use it counts; `None` if it counts all requests.
    pub(super) target: Option<(Primitive, Pattern)>,
}

impl Limit {
    /// Whether it counts a request for this operation. When in doubt it does.
    pub(super) fn counts(&self, operation: Option<&Operation>) -> bool {
        match (&self.target, operation) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some((primitive, pattern)), Some(operation)) => {
                concerns(operation, *primitive) && may_match(operation, pattern)
            }
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} per {}", self.quota, self.key)?;
        match &self.target {
            Some((primitive, pattern)) => write!(f, ", {primitive} {:?}", pattern.to_string()),
            None => Ok(()),
        }
    }
}
