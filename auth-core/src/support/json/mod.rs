//! JSON from other parties, read by one reader whose behaviour no Cargo feature can change.
//!
//! `serde_json::Value` is deserialized by a visitor whose behaviour other crates of the build can
//! change: with the feature `raw_value`, an object with the single member
//! `$serde_json::private::RawValue` is parsed a second time, with a new recursion limit, and with
//! `arbitrary_precision` the member `$serde_json::private::Number` represents a number. A sender who
//! knows these names can exhaust the stack of a server, or make it see other members than its
//! neighbours see.
//!
//! So such JSON is read by [`Reader`] alone, which
//!
//! 1. requires UTF-8 without a byte order mark;
//! 2. follows the grammar of [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259), and requires paired
//!    surrogates and numbers that fit a double;
//! 3. limits the depth by [`Rules::max_depth`], without recursion;
//! 4. refuses the member names that `serde_json` reserves, at every depth;
//! 5. refuses duplicate member names at every depth, unless
//!    [allowed](Rules::duplicates_allowed).
//!
//! [`check`] reads a text and builds nothing; [`members`] and [`Object`] also find the members of an
//! object. [`value`] and [`from_slice`] build values; a [`LazyObject`] is built when it is first read. After an error nothing of the text may be used,
//! and it must not be treated as an empty text.

mod build;
mod error;
mod lazy;
mod names;
mod number;
mod object;
mod reader;
mod rules;
mod string;

use serde::de::DeserializeOwned;
use serde_json::{Number, Value};

pub use build::value_of;
pub use error::JsonError;
pub use lazy::LazyObject;
pub use object::{Object, RawJson, RawObject, members};
pub use reader::{Event, Reader};
pub use rules::Rules;
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

/// Builds the value of one JSON text. Integers that fit 64 bits stay integers, and other numbers become
/// doubles, whatever features of `serde_json` are enabled.
///
/// # Errors
///
/// [`JsonError`] when the text does not follow `rules`.
pub fn value(json: &[u8], rules: Rules) -> Result<Value, JsonError> {
    let mut reader = Reader::new(json, rules)?;
    let first = reader.next_required()?;
    let value = value_of(&mut reader, first)?;
    // Only white space may follow.
    match reader.next_event()? {
        None => Ok(value),
        Some(_) => Err(JsonError::Syntax {
            at: reader.position(),
        }),
    }
}

/// Parses a JSON number: an integer if it is written as one and fits 64 bits, else a double. `None` for
/// a string that is not a JSON number, or a number that does not fit a double.
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
