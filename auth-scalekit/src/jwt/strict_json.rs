//! JSON as a security decision reads it: a member that stands twice is an error, at every level.
//!
//! [RFC 7515 section 4](https://www.rfc-editor.org/rfc/rfc7515#section-4) and
//! [RFC 7519 section 4](https://www.rfc-editor.org/rfc/rfc7519#section-4) allow to refuse such a
//! text or to take the last member; two parsers that take different ones are an exploit.
//! Nesting is bounded by `serde_json` at 128 levels.
//!
//! Of a token only the members that are judged are built ([`members`]); all others are read as
//! strictly, and take nothing.

use std::borrow::Cow;
use std::fmt;

use auth_core::InvalidReason;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::de::Read;
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
    let parser = serde_json::Deserializer::from_slice(bytes);
    match parse(parser, Strict::<true>)? {
        Value::Object(object) => Ok(object),
        _ => Err(JsonFault::Malformed),
    }
}

/// Reads one object and nothing after it, and builds its members of these names.
pub(crate) fn members<'n>(text: &str, names: &'n [String]) -> Result<Members<'n>, JsonFault> {
    parse(serde_json::Deserializer::from_str(text), Named(names))
}

fn parse<'de, R: Read<'de>, S: DeserializeSeed<'de>>(
    mut parser: serde_json::Deserializer<R>,
    seed: S,
) -> Result<S::Value, JsonFault> {
    seed.deserialize(&mut parser)
        .and_then(|value| parser.end().map(|()| value))
        .map_err(|error| {
            if error.to_string().starts_with(DUPLICATE) {
                JsonFault::DuplicateMember
            } else {
                JsonFault::Malformed
            }
        })
}

/// Some members of an object.
#[derive(Debug)]
pub(crate) struct Members<'n> {
    names: &'n [String],
    found: Vec<(&'n str, Value)>,
}

impl Members<'_> {
    /// The member of that name, which is one of those that were asked for.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        // One that nobody asked for is not absent: it was not looked for.
        debug_assert!(self.names.iter().any(|known| known == name), "{name}");
        let mut members = self.found.iter();
        members.find_map(|(known, value)| (*known == name).then_some(value))
    }
}

/// Reads an object, builds its members of these names and refuses duplicates on the way.
struct Named<'n>(&'n [String]);

impl<'de, 'n> DeserializeSeed<'de> for Named<'n> {
    type Value = Members<'n>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Members<'n>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, 'n> Visitor<'de> for Named<'n> {
    type Value = Members<'n>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members<'n>, A::Error> {
        let mut seen = Seen::default();
        let mut found = Vec::with_capacity(self.0.len());
        while let Some(name) = members.next_key_seed(Name)? {
            match self.0.iter().find(|wanted| **wanted == name) {
                Some(wanted) => {
                    found.push((wanted.as_str(), members.next_value_seed(Strict::<true>)?));
                }
                None => drop(members.next_value_seed(Strict::<false>)?),
            }
            seen.0.push(name);
        }
        seen.once()?;
        Ok(Members {
            names: self.0,
            found,
        })
    }
}

/// The names of an object.
#[derive(Default)]
struct Seen<'de>(Vec<Cow<'de, str>>);

impl Seen<'_> {
    /// Whether each stands there once.
    fn once<E: Error>(mut self) -> Result<(), E> {
        self.0.sort_unstable();
        if self.0.is_sorted_by(|one, next| one < next) {
            Ok(())
        } else {
            Err(E::custom(DUPLICATE))
        }
    }
}

/// Reads the name of a member.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

/// Reads any value and refuses duplicates on the way. Unless it is to `BUILD` the value, its
/// texts, arrays and objects come out as `null`.
struct Strict<const BUILD: bool>;

impl<'de, const BUILD: bool> DeserializeSeed<'de> for Strict<BUILD> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, const BUILD: bool> Visitor<'de> for Strict<BUILD> {
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
        if BUILD {
            Ok(Value::String(value.to_owned()))
        } else {
            Ok(Value::Null)
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        // No capacity by hint: it is the sender's word.
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            if BUILD {
                array.push(item);
            }
        }
        Ok(if BUILD { array.into() } else { Value::Null })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        if BUILD {
            let mut object = Map::new();
            while let Some(name) = members.next_key::<String>()? {
                let value = members.next_value_seed(Self)?;
                if object.insert(name, value).is_some() {
                    return Err(A::Error::custom(DUPLICATE));
                }
            }
            return Ok(Value::Object(object));
        }
        let mut seen = Seen::default();
        while let Some(name) = members.next_key_seed(Name)? {
            members.next_value_seed(Self)?;
            seen.0.push(name);
        }
        seen.once()?;
        Ok(Value::Null)
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
            assert_eq!(fault_of_members(text), Err(fault), "{text}");
        }
        assert_eq!(object(b"{\"a\":\"\xff\"}"), Err(Malformed));
    }

    /// The fault that is found when only one member is built, whichever that is.
    fn fault_of_members(text: &str) -> Result<(), JsonFault> {
        let [none, first] = [vec![], vec!["a".to_owned()]].map(|names| {
            let found = members(text, &names);
            found.map(|_| ())
        });
        assert_eq!(none, first);
        first
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
            let names = ["b", "z", "a"].map(str::to_owned);
            let found = members(text, &names).unwrap();
            for name in &names {
                let built = built.as_ref().unwrap().get(name);
                assert_eq!(found.get(name), built, "{name} of {text}");
            }
        }
    }

    #[test]
    fn what_is_not_built_is_read_as_strictly() {
        let built = object(br#"{"a":1,"b":2}"#).map(Value::Object);
        let names = ["\u{61}".to_owned()];
        let found = members(r#"{"b":2,"\u0061":1}"#, &names).unwrap();
        assert_eq!(found.get("a"), built.as_ref().unwrap().get("a"));
        // Two that stand apart, and between them as many as are sorted in another way.
        let other: String = (0..100).map(|number| format!("\"n{number}\":0,")).collect();
        for (text, fault) in [
            (format!(r#"{{"x":1,{other}"y":1}}"#), Ok(())),
            (
                format!(r#"{{"x":1,{other}"x":1}}"#),
                Err(JsonFault::DuplicateMember),
            ),
            (
                format!(r#"{{"x":{{"x":1,{other}"\u0078":1}}}}"#),
                Err(JsonFault::DuplicateMember),
            ),
        ] {
            assert_eq!(fault_of_members(&text), fault, "{text}");
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
