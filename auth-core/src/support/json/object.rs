//! [`Object`], [`RawJson`] and [`RawObject`]: one JSON object that is checked once, and whose values are built later
//! or not at all.

use std::iter;

use serde_json::{Map, Number, Value};

use super::error::JsonError;
use super::reader::{Event, Reader};
use super::rules::Rules;
use super::string::JsonStr;

/// The text of one JSON object that was checked with [`Rules::STRICT`]. Building its values later cannot fail,
/// and yields what was checked.
#[derive(Clone, PartialEq, Eq)]
pub struct RawObject(Box<str>);

impl RawObject {
    /// Checks the text of one object.
    ///
    /// # Errors
    ///
    /// [`JsonError`] when it does not follow [`Rules::STRICT`], or is not an object.
    pub fn parse(text: impl Into<Box<str>>) -> Result<Self, JsonError> {
        let text = text.into();
        Object::read(&text, |_, _| {})?;
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Builds all members.
    ///
    /// # Errors
    ///
    /// None in practice, since [`parse`](Self::parse) has checked the text.
    pub fn members(&self) -> Result<Map<String, Value>, JsonError> {
        match super::value(self.0.as_bytes(), Rules::STRICT)? {
            Value::Object(members) => Ok(members),
            _ => Err(JsonError::Syntax { at: 0 }),
        }
    }
}

/// Shows the length alone, since the text can hold personal data.
impl std::fmt::Debug for RawObject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RawObject").field(&self.0.len()).finish()
    }
}

/// One object that was checked with [`Rules::STRICT`], as a borrowed text. No values were built.
#[derive(Clone, Copy)]
pub struct Object<'a>(&'a str);

impl<'a> Object<'a> {
    /// Checks the text of one object in one pass, and calls `member` with the name and value of each member.
    ///
    /// # Errors
    ///
    /// [`JsonError`] when the text does not follow [`Rules::STRICT`], or is not an object. Members that were passed
    /// to `member` before must then not be used.
    pub fn read(
        text: &'a str,
        mut member: impl FnMut(JsonStr<'a>, RawJson<'a>),
    ) -> Result<Self, JsonError> {
        let mut reader = Reader::of_str(text, Rules::STRICT);
        if !matches!(reader.next_required()?, Event::ObjectStart) {
            return Err(JsonError::Syntax { at: 0 });
        }
        while let Event::Name(name) = reader.next_required()? {
            let first = reader.next_required()?;
            member(name, RawJson::read(&mut reader, text, first)?);
        }
        // Only white space may follow the object.
        while reader.next_event()?.is_some() {}
        Ok(Self(text))
    }

    /// Copies the text of the object.
    #[must_use]
    pub fn to_text(self) -> RawObject {
        RawObject(self.0.into())
    }
}

/// Shows the length alone, since the text can hold personal data.
impl std::fmt::Debug for Object<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Object").field(&self.0.len()).finish()
    }
}

/// Checks the text of one object in one pass, and returns the members with these names; `None` for one that is
/// absent.
///
/// # Errors
///
/// [`JsonError`] when the text does not follow [`Rules::STRICT`], or is not an object.
pub fn members<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
) -> Result<[Option<RawJson<'a>>; N], JsonError> {
    let mut found = [None; N];
    Object::read(text, |name, value| {
        let mut places = names.iter().zip(&mut found);
        if let Some((_, place)) = places.find(|(known, _)| name.is(known)) {
            *place = Some(value);
        }
    })?;
    Ok(found)
}

/// One value as it is written, in a text that was checked by a [`Reader`].
#[derive(Clone, Copy)]
pub struct RawJson<'a>(&'a str);

impl<'a> RawJson<'a> {
    /// The value that begins with `first`, the last event of a reader of `text`.
    fn read(reader: &mut Reader<'a>, text: &'a str, first: Event<'a>) -> Result<Self, JsonError> {
        let start = reader.start();
        reader.skip(first)?;
        let end = reader.position();
        let value = text.get(start..end);
        value.map(Self).ok_or(JsonError::Syntax { at: start })
    }

    /// The JSON.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// The value as a string, if it is one.
    #[must_use]
    pub fn string(self) -> Option<JsonStr<'a>> {
        let inside = self.0.strip_prefix('"')?.strip_suffix('"')?;
        Some(JsonStr::new(inside, inside.contains('\\')))
    }

    /// Whether the value is this string.
    #[must_use]
    pub fn is(self, string: &str) -> bool {
        self.string().is_some_and(|value| value.is(string))
    }

    /// The value as a number, if it is one; see [`json::number`](super::number()).
    #[must_use]
    pub fn number(self) -> Option<Number> {
        super::number(self.0)
    }

    /// The items of the value, if it is an array.
    pub fn items(self) -> Option<impl Iterator<Item = RawJson<'a>>> {
        let mut reader = Reader::of_str(self.0, Rules::ANY);
        let Ok(Some(Event::ArrayStart)) = reader.next_event() else {
            return None;
        };
        Some(iter::from_fn(move || {
            // No error is possible: the text was checked before.
            match reader.next_event() {
                Ok(Some(Event::ArrayEnd) | None) | Err(_) => None,
                Ok(Some(first)) => Self::read(&mut reader, self.0, first).ok(),
            }
        }))
    }

    /// Builds the value.
    #[must_use]
    pub fn to_value(self) -> Value {
        // No error is possible: the text was checked before.
        super::value(self.0.as_bytes(), Rules::ANY).unwrap_or_default()
    }
}

/// Shows the length alone, since the JSON can hold personal data.
impl std::fmt::Debug for RawJson<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("RawJson").field(&self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_found_in_one_pass() {
        let text = r#"{"b":2,"\u0061":[1,{"c":null}] , "z": {"y":"x"}}"#;
        let names = ["a", "q", "z", "b"];
        let found = members(text, names).unwrap();
        let whole: Value = serde_json::from_str(text).unwrap();
        for (name, found) in names.iter().zip(found) {
            assert_eq!(
                found.map(RawJson::to_value).as_ref(),
                whole.get(name),
                "{name}"
            );
        }
        let object = Object::read(text, |_, _| {}).unwrap();
        assert_eq!(object.to_text().as_str(), text);
        let built = object.to_text().members();
        assert_eq!(built.map(Value::Object), Ok(whole));
    }

    #[test]
    fn values_are_what_serde_json_reads() {
        for text in [
            "null",
            "true",
            "0",
            "-1500.5",
            "18446744073709551615",
            r#""""#,
            r#""a\u0062\n""#,
            r#""\\""#,
            "[]",
            r#"[1,"a,]",[2,[3]],{"b":[4]}]"#,
            r#"{"a":"b"}"#,
        ] {
            let whole = format!(r#"{{"a": {text} }}"#);
            let [Some(found), None] = members(&whole, ["a", "b"]).unwrap() else {
                panic!("{text}");
            };
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(found.as_str(), text);
            assert_eq!(found.to_value(), value, "{text}");
            assert_eq!(found.number().as_ref(), value.as_number(), "{text}");
            let string = found.string().map(JsonStr::decode);
            assert_eq!(string.as_deref(), value.as_str(), "{text}");
            assert_eq!(
                value.as_str().is_some_and(|text| found.is(text)),
                value.is_string()
            );
            assert!(!found.is("another"), "{text}");
            let items = found.items();
            let items: Option<Vec<_>> = items.map(|items| items.map(RawJson::to_value).collect());
            assert_eq!(items.as_ref(), value.as_array(), "{text}");
        }
    }

    #[test]
    fn members_that_are_not_requested_are_checked_too() {
        assert!(members(r#"{"a":1,"b":[{}]}"#, ["a"]).is_ok(), "the control");
        for text in [
            "",
            "1",
            "[]",
            r#""a""#,
            "{",
            r#"{"a":1}x"#,
            r#"{"a":1} {}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"b":[{"c":1,"c":1}]}"#,
            r#"{"a":1,"b":1e400}"#,
            r#"{"a":1,"b":{"$serde_json::private::RawValue":"x"}}"#,
        ] {
            let found = members(text, ["a"]).err();
            assert!(found.is_some(), "{text}");
            assert_eq!(found, members(text, []).err(), "{text}");
            assert_eq!(found, RawObject::parse(text).err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_text() {
        let text = RawObject::parse(r#"{"email":"marker"}"#).unwrap();
        assert_eq!(format!("{text:?}"), "RawObject(18)");
        let [email] = members(text.as_str(), ["email"]).unwrap();
        assert_eq!(format!("{email:?}"), "Some(RawJson(8))");
    }
}
