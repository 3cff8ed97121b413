//! The order of the events API.

/// In which order the events API lists events. Scalekit documents none, so that a client must not depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EventOrder {
    /// As Scalekit's authentication logs. The default.
    #[default]
    NewestFirst,
    /// In the order in which they happened.
    OldestFirst,
}

impl EventOrder {
    /// Whether the event of one number comes before that of another, which happened later if its number is greater.
    pub(crate) fn is_before(self, one: usize, other: usize) -> bool {
        match self {
            Self::NewestFirst => one > other,
            Self::OldestFirst => one < other,
        }
    }
}
