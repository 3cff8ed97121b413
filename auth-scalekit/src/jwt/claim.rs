//! [`Claim`]: a claim's value, whether it has been built or not, so that each rule is written once.

use serde_json::{Number, Value};

/// What the rules ask of a value.
pub(crate) trait Claim: Copy {
    /// Whether it is a text.
    fn is_text(self) -> bool;

    /// Whether it is this very text.
    fn is(self, text: &str) -> bool;

    /// Its items, if it is an array.
    fn items(self) -> Option<impl Iterator<Item = Self>>;

    /// The number that it is, if it is one.
    fn number(self) -> Option<Number>;
}

impl Claim for &Value {
    fn is_text(self) -> bool {
        self.is_string()
    }

    fn is(self, text: &str) -> bool {
        self == text
    }

    fn items(self) -> Option<impl Iterator<Item = Self>> {
        self.as_array().map(|items| items.iter())
    }

    fn number(self) -> Option<Number> {
        self.as_number().cloned()
    }
}
