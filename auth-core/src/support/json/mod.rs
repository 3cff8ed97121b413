//! JSON that somebody else wrote, read by one reader that no cargo feature can change.
//!
//! `serde_json::Value` reads a text through a visitor whose behaviour other crates of a build can
//! change: with `raw_value` an object with the one member `$serde_json::private::RawValue` is
//! parsed a second time, with a recursion limit of its own, and with `arbitrary_precision` the
//! member `$serde_json::private::Number` stands for a number. A sender who knows these names can
//! exhaust the stack of a server or make it see other members than its neighbours see.
//!
//! So JSON of others is read by [`Reader`] alone, which
//!
//! 1. takes UTF-8 and nothing else, and no byte order mark;
//! 2. keeps to the grammar of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), with paired
//!    surrogates and numbers that fit a double;
//! 3. bounds the depth by [`Rules::max_depth`], without recursion;
//! 4. refuses the member names that `serde_json` reserves, at every depth;
//! 5. refuses duplicate member names at every depth, unless [`Rules::duplicates_allowed`] says
//!    that the contract of the text lets them pass.
//!
//! [`check`] reads a text and builds nothing; [`members`] and [`Object`] find the members of an object in the same
//! pass. [`value`] and [`from_slice`] build what was read. An
//! error means that the text cannot be judged; it never stands for an empty text.

mod build;
mod error;
mod number;
mod object;
mod reader;
mod string;

use serde::de::DeserializeOwned;
use serde_json::{Number, Value};

pub use build::value_of;
pub use error::JsonError;
pub use object::{Object, ObjectText, RawJson, members};
pub use reader::{Event, Reader, Rules};
pub use string::JsonStr;

/// Reads one JSON text and builds nothing.
///
/// # Errors
///
/// [`JsonError`] when the text does not follow `rules`.
pub fn check(json: &[u8], rules: Rules) -> Result<(), JsonError> {
    let mut reader = Reader::new(json, rules)?;
    while reader.next_event()?.is_some() {}
    Ok(())
}

/// Builds the value of one JSON text. Integers that fit 64 bits stay integers, other numbers become
/// doubles, whatever features of `serde_json` are on.
///
/// # Errors
///
/// [`JsonError`] when the text does not follow `rules`.
pub fn value(json: &[u8], rules: Rules) -> Result<Value, JsonError> {
    let mut reader = Reader::new(json, rules)?;
    let first = reader.next_required()?;
    let value = value_of(&mut reader, first)?;
    // Nothing may follow.
    match reader.next_event()? {
        None => Ok(value),
        Some(_) => Err(JsonError::Syntax {
            at: reader.position(),
        }),
    }
}

/// The number that these digits are: an integer if they are written as one and fit 64 bits, else a
/// double. `None` when they are no JSON number, or one that no double holds.
#[must_use]
pub fn number(digits: &str) -> Option<Number> {
    (number::length(digits.as_bytes()) == Some(digits.len()))
        .then(|| number::parse(digits))
        .flatten()
}

/// Builds a `T` from one JSON text.
///
/// # Errors
///
/// [`JsonError::Shape`] when the text is not a `T`, else as [`value`].
pub fn from_slice<T: DeserializeOwned>(json: &[u8], rules: Rules) -> Result<T, JsonError> {
    let value = value(json, rules)?;
    T::deserialize(value).map_err(|error| JsonError::Shape(error.to_string().into()))
}

#[cfg(test)]
mod tests;
