//! JSON as a security decision reads it: a member that stands twice is an error, at every level.
//!
//! [RFC 7515 section 4](https://www.rfc-editor.org/rfc/rfc7515#section-4) and
//! [RFC 7519 section 4](https://www.rfc-editor.org/rfc/rfc7519#section-4) allow to refuse such a
//! text or to take the last member; two parsers that take different ones are an exploit.
//! Nesting is bounded by `serde_json` at 128 levels.

use std::fmt;

use auth_core::InvalidReason;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a text is not the object that we want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonFault {
    /// Not JSON, not UTF-8, nested too deeply, or not an object.
    Malformed,
    /// A member name stands twice in one object.
    DuplicateMember,
}

impl JsonFault {
    /// What it is called in claims.
    pub(crate) fn in_claims(self) -> InvalidReason {
        match self {
            Self::Malformed => InvalidReason::MalformedClaims,
            Self::DuplicateMember => InvalidReason::DuplicateMember,
        }
    }

    /// What it is called in a JOSE header.
    pub(crate) fn in_header(self) -> InvalidReason {
        match self {
            Self::Malformed => InvalidReason::MalformedHeader,
            Self::DuplicateMember => InvalidReason::DuplicateMember,
        }
    }
}

/// Marks the error of ours among those of `serde_json`, whose errors carry text alone.
const DUPLICATE: &str = "duplicate member";

/// Parses one object and nothing after it.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| {
            if error.to_string().starts_with(DUPLICATE) {
                JsonFault::DuplicateMember
            } else {
                JsonFault::Malformed
            }
        })?;
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(JsonFault::Malformed),
    }
}

/// Builds a [`Value`] and refuses duplicates on the way.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        // No capacity by hint: it is the sender's word.
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Strict)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(Strict)?;
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom(DUPLICATE));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_and_what_is_none() {
        use JsonFault::{DuplicateMember, Malformed};
        assert!(
            object(br#"{"a":1,"b":{"a":[1,2.5,null,true,"x"]}}"#).is_ok(),
            "the control"
        );
        for (text, fault) in [
            (r#"{"a":1,"a":1}"#, DuplicateMember),
            (r#"{"a":1,"\u0061":2}"#, DuplicateMember),
            (r#"{"a":{"b":1,"b":2}}"#, DuplicateMember),
            (r#"{"a":[{"b":1,"b":2}]}"#, DuplicateMember),
            ("[]", Malformed),
            ("1", Malformed),
            ("", Malformed),
            ("{", Malformed),
            (r#"{"a":1}x"#, Malformed),
            (r#"{"a":1e400}"#, Malformed),
            (r#"{"a":NaN}"#, Malformed),
            (r#"{"a":"\ud800"}"#, Malformed),
            ("\u{feff}{}", Malformed),
        ] {
            assert_eq!(object(text.as_bytes()), Err(fault), "{text}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), Err(Malformed));
    }

    #[test]
    fn what_it_builds_is_what_stands_there() {
        for text in [
            "{}",
            r#"{"a":null}"#,
            r#"{"a":true,"b":false}"#,
            r#"{"a":0,"b":18446744073709551615}"#,
            r#"{"a":-1,"b":-9223372036854775808}"#,
            r#"{"a":2.5,"b":1e30}"#,
            r#"{"a":"x","b":"\u0061\n","c":""}"#,
            r#"{"a":[],"b":[1,[2]],"c":{"d":{}}}"#,
        ] {
            let built = object(text.as_bytes()).map(Value::Object);
            assert_eq!(built, Ok(serde_json::from_str(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let text = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(object(text.as_bytes()), Err(JsonFault::Malformed));
    }

    #[test]
    fn a_member_that_names_itself_a_duplicate_is_none() {
        assert!(object(br#"{"duplicate member":1}"#).is_ok());
    }
}
