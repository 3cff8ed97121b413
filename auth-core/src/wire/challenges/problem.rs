//! [`Problem`]: what is malformed, and where.

use std::fmt;

use thiserror::Error;

use crate::error::Excerpt;

/// The most bytes of a name that a problem repeats: those of known parameters, and not a token that a broken server
/// repeats at the place of a name.
const SHOWN: usize = 24;

/// A part of `WWW-Authenticate` that does not follow RFC 9110 section 11.6.1, or that exceeds a limit.
///
/// Its `Display` is such as `line 1, byte 14: a comma is missing`. It repeats the start of names, escaped, and never
/// values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    line: usize,
    position: usize,
    what: Malformed,
}

/// What is malformed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Malformed {
    /// Nothing before a comma, after the last one, or in a whole line (RFC 9110 section 5.6.1.1).
    #[error("a list element is empty")]
    EmptyElement,
    /// No comma between parameters or challenges.
    #[error("a comma is missing")]
    MissingComma,
    /// A semicolon in place of a comma.
    #[error("a semicolon is in place of a comma")]
    Semicolon,
    /// A comma between a scheme and its first parameter.
    #[error("a comma is between the scheme and its first parameter")]
    CommaAfterScheme,
    /// A quoted value or an `=` without a name before it.
    #[error("a scheme or the name of a parameter is missing")]
    MissingName,
    /// A parameter before any scheme.
    #[error("the parameter {0} is before any scheme")]
    MissingScheme(Excerpt),
    /// A parameter of a scheme that already has a token.
    #[error("the parameter {0} is after a token")]
    ParameterAfterToken(Excerpt),
    /// A token of a scheme that has parameters only: `Bearer` (RFC 6750 section 3) or `DPoP` (RFC 9449 section 7.1).
    #[error("a parameter has no value")]
    UnexpectedToken,
    /// A parameter without a value.
    #[error("the parameter {0} has no value")]
    MissingValue(Excerpt),
    /// A value with characters that only a quoted one may contain.
    #[error("the value of {0} must be quoted")]
    UnquotedValue(Excerpt),
    /// A quoted string without its end.
    #[error("a quote is not closed")]
    UnclosedQuote,
    /// A control character in a quoted string.
    #[error("a quoted string contains a control character")]
    ControlCharacter,
    /// A scheme or name that contains other characters than those of a token (RFC 9110 section 5.6.2).
    #[error("{0} is not a token")]
    NotAToken(Excerpt),
    /// A string that is neither a parameter nor a challenge, most often of an unquoted value with blanks.
    #[error("a word is neither a parameter nor a scheme")]
    Stray,
    /// A parameter that its challenge already has (RFC 9110 section 11.2).
    #[error("the parameter {0} is duplicated")]
    Duplicate(Excerpt),
    /// Bytes that are not UTF-8.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// More than [`MAX_BYTES`](super::MAX_BYTES).
    #[error("the lines are longer than {} bytes", super::MAX_BYTES)]
    TooLong,
    /// More than [`MAX_CHALLENGES`](super::MAX_CHALLENGES).
    #[error("there are more than {} challenges", super::MAX_CHALLENGES)]
    TooManyChallenges,
    /// More than [`MAX_PARAMETERS`](super::MAX_PARAMETERS).
    #[error("a challenge has more than {} parameters", super::MAX_PARAMETERS)]
    TooManyParameters,
}

impl Problem {
    pub(super) fn new(line: usize, position: usize, what: Malformed) -> Self {
        Self {
            line,
            position,
            what,
        }
    }

    /// The number of the header line, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The number of bytes of the line before the problem.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// What is malformed.
    #[must_use]
    pub fn what(&self) -> &Malformed {
        &self.what
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, position) = (self.line, self.position);
        write!(f, "line {line}, byte {position}: {}", self.what)
    }
}

/// A name, as problems repeat it.
pub(super) fn shown(name: &[u8]) -> Excerpt {
    Excerpt::new(name, SHOWN)
}
