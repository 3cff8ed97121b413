//! [`Fields`]: the members of one JSON object of the API, read by their types.
//!
//! A member that is absent, null, or an empty string has the default of its type, as in the JSON of protobuf. A member
//! of another type, or of more than its bound, is [`Malformed`]: the caller fails closed.

use std::time::SystemTime;

use auth_core::support::json::{JsonStr, Object, RawJson, RawObject};

use crate::timestamp;

/// The longest identifier or name of an enum, in bytes.
const MAX_WORD: usize = 256;

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

/// What only the services behind the feature read.
#[cfg(feature = "management")]
mod further {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use auth_core::support::json::{Object, RawJson, RawObject};

    use super::{Fields, MAX_WORD, Malformed, whole_number};

    /// The longest string, in bytes: a description has at most 2000 characters.
    const MAX_TEXT: usize = 8 * 1024;

    impl Fields<'_> {
        /// A long string, such as a description.
        pub(in crate::management) fn text(
            &self,
            name: &'static str,
        ) -> Result<Option<String>, Malformed> {
            self.string(name, MAX_TEXT)
        }

        /// `false` if it is absent.
        pub(in crate::management) fn flag(&self, name: &'static str) -> Result<bool, Malformed> {
            match self.value(name).map(RawJson::as_str) {
                None | Some("false") => Ok(false),
                Some("true") => Ok(true),
                Some(_) => Err(Malformed(name)),
            }
        }

        /// A number of things; 0 if it is absent.
        pub(in crate::management) fn count(&self, name: &'static str) -> Result<u64, Malformed> {
            let value = self.value(name);
            value.map_or(Ok(0), |value| whole_number(value).ok_or(Malformed(name)))
        }

        /// A number of seconds; `None` for 0, which is the default.
        pub(in crate::management) fn seconds(
            &self,
            name: &'static str,
        ) -> Result<Option<Duration>, Malformed> {
            let seconds = self.count(name)?;
            Ok((seconds != 0).then_some(Duration::from_secs(seconds)))
        }

        /// A list of short strings.
        pub(in crate::management) fn words(
            &self,
            name: &'static str,
        ) -> Result<Vec<String>, Malformed> {
            let word = |item: RawJson<'_>| {
                let word = item.string().and_then(|word| word.at_most(MAX_TEXT));
                word.map(|word| word.into_owned()).ok_or(Malformed(name))
            };
            self.items(name)?.map(word).collect()
        }

        /// A name of an enum.
        pub(in crate::management) fn name<T>(
            &self,
            name: &'static str,
            parse: fn(&str) -> T,
        ) -> Result<Option<T>, Malformed> {
            Ok(self.word(name)?.as_deref().map(parse))
        }

        /// A map of strings.
        pub(in crate::management) fn map(
            &self,
            name: &'static str,
        ) -> Result<BTreeMap<String, String>, Malformed> {
            let mut map = BTreeMap::new();
            let Some(object) = self.value(name) else {
                return Ok(map);
            };
            let mut malformed = false;
            let read = Object::read(object.as_str(), |key, value| {
                if value.as_str() == "null" {
                    return;
                }
                let key = key.at_most(MAX_WORD);
                let value = value.string().and_then(|value| value.at_most(MAX_TEXT));
                match key.zip(value) {
                    Some((key, value)) => drop(map.insert(key.into_owned(), value.into_owned())),
                    None => malformed = true,
                }
            });
            match read.is_err() || malformed {
                true => Err(Malformed(name)),
                false => Ok(map),
            }
        }

        /// An object, as JSON.
        pub(in crate::management) fn raw(
            &self,
            name: &'static str,
        ) -> Result<Option<RawObject>, Malformed> {
            let parse = |value: RawJson<'_>| RawObject::parse(value.as_str());
            let object = self.value(name).map(parse).transpose();
            object.map_err(|_| Malformed(name))
        }

        /// An object that must be there, read by `read`.
        pub(in crate::management) fn required<T>(
            &self,
            name: &'static str,
            read: impl FnOnce(&Fields<'_>) -> Result<T, Malformed>,
        ) -> Result<T, Malformed> {
            read(&self.object(name)?.ok_or(Malformed(name))?)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn members_have_the_default_of_their_type_or_are_malformed() {
            let read = |value: &str| {
                let json = format!(r#"{{"x":{value}}}"#);
                let fields = Fields::read(&json).unwrap();
                [
                    fields.flag("x").is_ok(),
                    fields.count("x").is_ok(),
                    fields.words("x").is_ok(),
                    fields.map("x").is_ok(),
                    fields.raw("x").is_ok(),
                    fields.text("x").is_ok(),
                ]
            };
            for (value, accepted) in [
                ("null", [true; 6]),
                ("true", [true, false, false, false, false, false]),
                ("7", [false, true, false, false, false, false]),
                ("\"7\"", [false, true, false, false, false, true]),
                ("-7", [false; 6]),
                ("7.5", [false; 6]),
                ("\"\"", [false, false, false, false, false, true]),
                ("[]", [false, false, true, false, false, false]),
                (r#"["a"]"#, [false, false, true, false, false, false]),
                ("[1]", [false; 6]),
                ("{}", [false, false, false, true, true, false]),
                (r#"{"a":"b"}"#, [false, false, false, true, true, false]),
                (r#"{"a":null}"#, [false, false, false, true, true, false]),
                (r#"{"a":1}"#, [false, false, false, false, true, false]),
            ] {
                assert_eq!(read(value), accepted, "{value}");
            }
            let fields = Fields::read("{}").unwrap();
            assert_eq!((fields.flag("x"), fields.count("x")), (Ok(false), Ok(0)));
            assert_eq!(fields.seconds("x"), Ok(None));
        }
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
}
