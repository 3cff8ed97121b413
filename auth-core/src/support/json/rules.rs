//! [`Rules`]: the limits of a reader.

/// What a [`Reader`](super::Reader) refuses besides invalid JSON. The default suits texts that decide
/// about security: at most 64 levels, no duplicate member names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Rules {
    pub(super) max_depth: usize,
    pub(super) allow_duplicates: bool,
}

impl Rules {
    /// The deepest nesting that can be allowed: the default limit of `serde_json`.
    pub const DEEPEST: usize = 127;

    /// The default rules.
    pub const STRICT: Self = Self {
        max_depth: 64,
        allow_duplicates: false,
    };

    /// Rules for a text that was read before: the most permissive ones.
    pub(super) const ANY: Self = Self {
        max_depth: Self::DEEPEST,
        allow_duplicates: true,
    };

    /// Sets how many levels of arrays and objects are allowed, at most [`DEEPEST`](Self::DEEPEST).
    /// Default: 64.
    pub const fn max_depth(mut self, levels: usize) -> Self {
        self.max_depth = if levels < Self::DEEPEST {
            levels
        } else {
            Self::DEEPEST
        };
        self
    }

    /// Allows duplicate member names, for texts whose later reader decides what they mean.
    pub const fn duplicates_allowed(mut self) -> Self {
        self.allow_duplicates = true;
        self
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self::STRICT
    }
}
