//! Further types of members, which only these services read; see `fields`.

use std::collections::BTreeMap;
use std::time::Duration;

use auth_core::support::json::{Object, RawJson, RawObject};

use crate::management::fields::{Fields, MAX_TEXT, MAX_WORD, Malformed, whole_number};

impl Fields<'_> {
    /// A long string, such as an identifier of the application.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<String>, Malformed> {
        self.string(name, MAX_TEXT)
    }

    /// `false` if it is absent.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Malformed> {
        match self.value(name).map(RawJson::as_str) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Malformed(name)),
        }
    }

    /// A number of things; 0 if it is absent.
    pub(super) fn count(&self, name: &'static str) -> Result<u64, Malformed> {
        let value = self.value(name);
        value.map_or(Ok(0), |value| whole_number(value).ok_or(Malformed(name)))
    }

    /// A number of seconds; `None` for 0, which is the default.
    pub(super) fn seconds(&self, name: &'static str) -> Result<Option<Duration>, Malformed> {
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

    /// A list of strings that only describe, without those that are unusable.
    pub(super) fn described_list(&self, name: &'static str) -> Vec<String> {
        let usable = |item: RawJson<'_>| item.string()?.at_most(MAX_TEXT).map(Into::into);
        let items = self.items(name).ok();
        items.into_iter().flatten().filter_map(usable).collect()
    }

    /// A flag that only describes: a boolean, or `true` or `false` as a string in any case, as directories write it;
    /// `None` for everything else.
    pub(super) fn described_flag(&self, name: &'static str) -> Option<bool> {
        if let Ok(flag) = self.flag(name) {
            return self.value(name).map(|_| flag);
        }
        let flag = self.described(name)?.to_ascii_lowercase();
        flag.parse().ok()
    }

    /// A name of an enum.
    pub(super) fn name<T>(
        &self,
        name: &'static str,
        parse: fn(&str) -> T,
    ) -> Result<Option<T>, Malformed> {
        Ok(self.word(name)?.as_deref().map(parse))
    }

    /// The same of an enum that only describes.
    pub(super) fn described_name<T>(&self, name: &'static str, parse: fn(&str) -> T) -> Option<T> {
        self.described(name).as_deref().map(parse)
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
    pub(super) fn raw(&self, name: &'static str) -> Result<Option<RawObject>, Malformed> {
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

    #[test]
    fn what_only_describes_is_never_malformed() {
        let read = |value: &str| {
            let json = format!(r#"{{"x":{value}}}"#);
            let fields = Fields::read(&json).unwrap();
            (fields.described_flag("x"), fields.described_list("x"))
        };
        for (value, flag, list) in [
            ("true", Some(true), &[][..]),
            ("false", Some(false), &[]),
            ("\"true\"", Some(true), &[]),
            ("\"True\"", Some(true), &[]),
            ("\"FALSE\"", Some(false), &[]),
            ("\"yes\"", None, &[]),
            ("\"\"", None, &[]),
            ("\" true\"", None, &[]),
            ("1", None, &[]),
            ("null", None, &[]),
            ("{}", None, &[]),
            (r#"["a","b"]"#, None, &["a", "b"]),
            (r#"["a",7,null,{"a":"b"},"b"]"#, None, &["a", "b"]),
        ] {
            let (found_flag, found_list) = read(value);
            assert_eq!(found_flag, flag, "{value}");
            assert_eq!(found_list, list, "{value}");
        }
        let fields = Fields::read("{}").unwrap();
        assert_eq!(fields.described_flag("x"), None);
        assert!(fields.described_list("x").is_empty());
    }
}
