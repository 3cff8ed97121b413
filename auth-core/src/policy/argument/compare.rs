//! When two JSON values are equal, and how numbers compare.
//!
//! Types are compared strictly: `1` is not `"1"`, and `true` is not `1`. Numbers are compared by their
//! value: `1`, `1.0` and `1e0` are equal, since to most languages they are the same. Integers of 64 bits
//! are compared exactly, and other numbers as doubles. An integer beyond 64 bits was rounded when it was
//! read, so it is unknown whether it equals another one.

use std::cmp::Ordering;

use serde_json::{Number, Value};

/// Doubles from here on, 2^53, may have been rounded from another integer.
const FIRST_INEXACT: f64 = 9_007_199_254_740_992.0;

/// Whether the values are equal; `None` if that is unknown.
pub(super) fn equal(one: &Value, other: &Value) -> Option<bool> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => numbers_equal(one, other),
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            all(one.iter().zip(other).map(|(one, other)| equal(one, other)))
        }
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => {
            all(one.iter().map(|(name, value)| match other.get(name) {
                Some(other) => equal(value, other),
                None => Some(false),
            }))
        }
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => Some(false),
        (one, other) => Some(one == other),
    }
}

/// Certainly not if one is not, else unknown if one is.
fn all(results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for result in results {
        match result {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

fn numbers_equal(one: &Number, other: &Number) -> Option<bool> {
    match (integer(one), integer(other)) {
        (Some(one), Some(other)) => Some(one == other),
        _ => {
            let (one, other) = (one.as_f64()?, other.as_f64()?);
            let is_exact = one.abs() < FIRST_INEXACT && other.abs() < FIRST_INEXACT;
            match one.partial_cmp(&other)? {
                // Rounding keeps the order, so numbers that differ after it differed before.
                Ordering::Less | Ordering::Greater => Some(false),
                Ordering::Equal => is_exact.then_some(true),
            }
        }
    }
}

/// How a number compares with an integer; `None` if it is unknown.
pub(super) fn compare(number: &Number, bound: i64) -> Option<Ordering> {
    if let Some(integer) = integer(number) {
        return Some(integer.cmp(&bound.into()));
    }
    let number = number.as_f64()?;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a cast from a double saturates, and the bound is far within the range"
    )]
    let floor = number.floor() as i128;
    let order = floor.cmp(&i128::from(bound));
    // Equal to the bound, or less than 1 above it.
    if order.is_eq() && number > number.floor() {
        return Some(Ordering::Greater);
    }
    Some(order)
}

/// An integer that is written as one and fits 64 bits.
fn integer(number: &Number) -> Option<i128> {
    let unsigned = number.as_u64().map(i128::from);
    unsigned.or_else(|| number.as_i64().map(i128::from))
}
