//! [`JsonError`]: why a JSON text is refused.

use thiserror::Error;

/// Why a JSON text is refused. Only [`Shape`](Self::Shape) can repeat parts of the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JsonError {
    /// The bytes are not UTF-8
    /// ([RFC 8259 section 8.1](https://www.rfc-editor.org/rfc/rfc8259#section-8.1)).
    #[error("not UTF-8")]
    NotUtf8,
    /// The text does not follow the grammar of RFC 8259.
    #[error("not JSON at byte {at}")]
    Syntax {
        /// The offset of the first byte that does not fit.
        at: usize,
    },
    /// Arrays and objects are nested more deeply than the rules allow.
    #[error("nested more than {limit} levels deep")]
    TooDeep {
        /// The number of levels that are allowed.
        limit: usize,
    },
    /// A member name is duplicated in one object.
    #[error("a duplicate member name")]
    DuplicateMember,
    /// A member name that `serde_json` reserves for itself.
    #[error("a member name that serde_json reserves")]
    ReservedMember,
    /// A number that does not fit a double.
    #[error("a number out of range at byte {at}")]
    NumberOutOfRange {
        /// The offset of the first byte after it.
        at: usize,
    },
    /// The text is JSON, but not of the expected shape. Contains the message of serde, which can repeat
    /// a value of the text.
    #[error("{0}")]
    Shape(Box<str>),
}
