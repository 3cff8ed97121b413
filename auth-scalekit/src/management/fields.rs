//! [`Fields`]: the members of one JSON object of the API, read by their types.
//!
//! A member that is absent, null, or an empty string has the default of its type, as in the JSON of protobuf. What
//! follows for a member of another type, or of more than its bound, depends on what the member is for:
//!
//! - **It decides something**: an identifier, a status, a flag, a number, the end of something, a role, a permission, a
//!   scope, a claim, data of the application. It is [`Malformed`], and with it the answer: the caller fails closed.
//! - **It describes something to people**: a name, a description, an address of a picture, the time of a change. It is
//!   absent ([`described`](Fields::described), [`described_time`](Fields::described_time)). Nothing depends on it, and
//!   one such member must not make a list of thousands of rows unreadable for as long as it stays.

use std::time::SystemTime;

use auth_core::support::json::{JsonStr, Object, RawJson, RawObject};

use crate::timestamp;

/// The longest identifier or name of an enum, in bytes.
pub(super) const MAX_WORD: usize = 256;
/// The longest string, in bytes: a description has at most 2000 characters.
pub(super) const MAX_TEXT: usize = 8 * 1024;

/// The member that is not what the API documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// The members of an object.
pub(crate) struct Fields<'a>(Vec<(JsonStr<'a>, RawJson<'a>)>);

impl<'a> Fields<'a> {
    /// Reads an object; `None` for JSON that is not strictly one.
    pub(crate) fn read(json: &'a str) -> Option<Self> {
        let mut members = Vec::new();
        let object = Object::read(json, |name, value| members.push((name, value)));
        object.ok().map(|_| Self(members))
    }

    /// The value of a member; `None` if it is absent or null.
    pub(crate) fn value(&self, name: &str) -> Option<RawJson<'a>> {
        let mut members = self.0.iter();
        let (_, value) = members.find(|(known, _)| known.is(name))?;
        (value.as_str() != "null").then_some(*value)
    }

    /// A string of at most `max` bytes; `None` if it is absent or empty.
    pub(crate) fn string(
        &self,
        name: &'static str,
        max: usize,
    ) -> Result<Option<String>, Malformed> {
        let Some(value) = self.value(name) else {
            return Ok(None);
        };
        let string = value.string().and_then(|string| string.at_most(max));
        let string = string.ok_or(Malformed(name))?;
        Ok((!string.is_empty()).then(|| string.into_owned()))
    }

    /// A short string, such as an identifier.
    pub(crate) fn word(&self, name: &'static str) -> Result<Option<String>, Malformed> {
        self.string(name, MAX_WORD)
    }

    /// A short string that must be there.
    pub(crate) fn id(&self, name: &'static str) -> Result<String, Malformed> {
        self.word(name)?.ok_or(Malformed(name))
    }

    /// A time.
    pub(crate) fn time(&self, name: &'static str) -> Result<Option<SystemTime>, Malformed> {
        let time = |text: &str| timestamp::parse(text).ok_or(Malformed(name));
        self.word(name)?.as_deref().map(time).transpose()
    }

    /// A string that only describes; `None` also for one that is unusable.
    pub(crate) fn described(&self, name: &'static str) -> Option<String> {
        self.string(name, MAX_TEXT).ok().flatten()
    }

    /// A time that only describes; `None` also for one that is unusable, such as `0001-01-01T00:00:00Z`, by which
    /// programs in Go write that there is none.
    pub(crate) fn described_time(&self, name: &'static str) -> Option<SystemTime> {
        self.described(name).as_deref().and_then(timestamp::parse)
    }

    /// The items of a list of objects, each read by `item`.
    pub(crate) fn list<T>(
        &self,
        name: &'static str,
        item: impl Fn(&Fields<'_>) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let item = |json: RawJson<'_>| item(&Fields::read(json.as_str()).ok_or(Malformed(name))?);
        self.items(name)?.map(item).collect()
    }

    /// The items of a list of objects, as JSON.
    pub(crate) fn raw_list(&self, name: &'static str) -> Result<Vec<RawObject>, Malformed> {
        let item = |json: RawJson<'_>| RawObject::parse(json.as_str()).map_err(|_| Malformed(name));
        self.items(name)?.map(item).collect()
    }

    /// The items of a list; none if it is absent.
    pub(crate) fn items(
        &self,
        name: &'static str,
    ) -> Result<impl Iterator<Item = RawJson<'a>>, Malformed> {
        let items = match self.value(name) {
            Some(list) => Some(list.items().ok_or(Malformed(name))?),
            None => None,
        };
        Ok(items.into_iter().flatten())
    }

    /// A member that is an object, or nothing.
    pub(crate) fn object(&self, name: &'static str) -> Result<Option<Fields<'a>>, Malformed> {
        let object = |value: RawJson<'a>| Fields::read(value.as_str()).ok_or(Malformed(name));
        self.value(name).map(object).transpose()
    }
}

/// A whole number from 0: a JSON number, or a string of digits, as the JSON of protobuf writes 64-bit integers.
pub(super) fn whole_number(value: RawJson<'_>) -> Option<u64> {
    match value.string() {
        Some(digits) => digits.decode().parse().ok(),
        None => value.number()?.as_u64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_numbers_or_as_strings() {
        let read = |value: &str| {
            let json = format!(r#"{{"x":{value}}}"#);
            whole_number(Fields::read(&json)?.value("x")?)
        };
        for (value, number) in [
            ("7", Some(7)),
            ("\"7\"", Some(7)),
            ("\"18446744073709551615\"", Some(u64::MAX)),
            ("\"18446744073709551616\"", None),
            ("-1", None),
            ("1.5", None),
            ("\"\"", None),
            ("\"x\"", None),
            ("true", None),
        ] {
            assert_eq!(read(value), number, "{value}");
        }
    }

    #[test]
    fn strings_have_a_bound() {
        let [longest, long] = [MAX_WORD, MAX_WORD + 1].map(|bytes| "x".repeat(bytes));
        for (value, expected) in [
            ("null", Ok(None)),
            ("\"\"", Ok(None)),
            ("\"a\\u0062\"", Ok(Some("ab"))),
            (&*format!("{longest:?}"), Ok(Some(&*longest))),
            (&*format!("{long:?}"), Err(Malformed("x"))),
            ("1", Err(Malformed("x"))),
        ] {
            let json = format!(r#"{{"x":{value}}}"#);
            let word = Fields::read(&json).unwrap().word("x");
            assert_eq!(word, expected.map(|text| text.map(str::to_owned)));
        }
        let fields = Fields::read(r#"{"x":"\u0000"}"#).unwrap();
        assert_eq!(fields.id("x").as_deref(), Ok("\0"));
        assert_eq!(fields.id("y"), Err(Malformed("y")));
        assert_eq!(fields.time("x"), Err(Malformed("x")));
        assert!(Fields::read("[]").is_none() && Fields::read("{").is_none());
    }

    #[test]
    fn what_only_describes_is_absent_when_it_is_unusable() {
        let [longest, long] = [MAX_TEXT, MAX_TEXT + 1].map(|bytes| "x".repeat(bytes));
        for (value, expected) in [
            ("\"a\"", Some("a")),
            (&*format!("{longest:?}"), Some(&*longest)),
            (&*format!("{long:?}"), None),
            ("\"\"", None),
            ("null", None),
            ("7", None),
            ("[\"a\"]", None),
            ("{\"a\":\"b\"}", None),
        ] {
            let json = format!(r#"{{"x":{value}}}"#);
            let described = Fields::read(&json).unwrap().described("x");
            assert_eq!(described.as_deref(), expected, "{value:.20}");
        }
    }

    #[test]
    fn a_time_that_decides_is_malformed_where_one_that_describes_is_absent() {
        for (value, is_time) in [
            ("\"2026-11-01T00:00:00Z\"", true),
            ("\"0001-01-01T00:00:00Z\"", false),
            ("\"1969-12-31T23:59:59Z\"", false),
            ("\"today\"", false),
            ("1793491200", false),
            ("{}", false),
        ] {
            let json = format!(r#"{{"x":{value}}}"#);
            let fields = Fields::read(&json).unwrap();
            let described = fields.described_time("x");
            assert_eq!(described.is_some(), is_time, "{value}");
            let decides = fields.time("x");
            match is_time {
                true => assert_eq!(decides, Ok(described), "{value}"),
                false => assert_eq!(decides, Err(Malformed("x")), "{value}"),
            }
        }
        let fields = Fields::read("{}").unwrap();
        assert_eq!(
            (fields.time("x"), fields.described_time("x")),
            (Ok(None), None)
        );
    }
}
