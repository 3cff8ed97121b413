//! [`Members`] and [`ObjectText`]: one JSON object, read strictly and built in part or later.

use serde_json::{Map, Value};

use super::build::value_of;
use super::error::JsonError;
use super::reader::{Event, Reader, Rules};

/// The text of one JSON object that has been read with [`Rules::STRICT`]: what is built of it later
/// cannot fail, and cannot differ from what was judged.
#[derive(Clone, PartialEq, Eq)]
pub struct ObjectText(Box<str>);

/// Some members of an object, built; all others were read as strictly and take no memory.
#[derive(Debug)]
pub struct Members<'a> {
    text: &'a str,
    names: &'a [String],
    found: Vec<(&'a str, Value)>,
}

impl ObjectText {
    /// Reads the text of one object.
    ///
    /// # Errors
    ///
    /// [`JsonError`] when it does not follow [`Rules::STRICT`], or is no object.
    pub fn parse(text: impl Into<Box<str>>) -> Result<Self, JsonError> {
        let text = text.into();
        Members::read(&text, &[])?;
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All members, built.
    ///
    /// # Errors
    ///
    /// None that a text could cause that [`parse`](Self::parse) has read.
    pub fn members(&self) -> Result<Map<String, Value>, JsonError> {
        match super::value(self.0.as_bytes(), Rules::STRICT)? {
            Value::Object(members) => Ok(members),
            _ => Err(JsonError::Syntax { at: 0 }),
        }
    }
}

/// The text is left out: it can hold what is the user's own.
impl std::fmt::Debug for ObjectText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ObjectText").field(&self.0.len()).finish()
    }
}

impl<'a> Members<'a> {
    /// Reads the text of one object, and builds its members of these names.
    ///
    /// # Errors
    ///
    /// [`JsonError`] when the text does not follow [`Rules::STRICT`], or is no object.
    pub fn read(text: &'a str, names: &'a [String]) -> Result<Self, JsonError> {
        let mut reader = Reader::new(text.as_bytes(), Rules::STRICT)?;
        if !matches!(reader.next_required()?, Event::ObjectStart) {
            return Err(JsonError::Syntax { at: 0 });
        }
        let mut found = Vec::with_capacity(names.len());
        while let Event::Name(name) = reader.next_required()? {
            let wanted = names.iter().find(|wanted| name.is(wanted));
            let first = reader.next_required()?;
            match wanted {
                Some(wanted) => found.push((wanted.as_str(), value_of(&mut reader, first)?)),
                None => reader.skip(first)?,
            }
        }
        // Nothing may follow the object.
        while reader.next_event()?.is_some() {}
        Ok(Self { text, names, found })
    }

    /// The member of that name, which is one of those that were asked for.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        // A member that nobody asked for is not absent: it was not looked for.
        debug_assert!(self.names.iter().any(|known| known == name), "{name}");
        let mut members = self.found.iter();
        members.find_map(|(known, value)| (*known == name).then_some(value))
    }

    /// The text of the whole object, with the proof that it was read.
    #[must_use]
    pub fn to_text(&self) -> ObjectText {
        ObjectText(self.text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_built_when_they_are_asked_for() {
        let text = r#"{"b":2,"\u0061":[1,{"c":null}],"z":{"y":"x"}}"#;
        let names = ["a", "q", "z"].map(str::to_owned);
        let members = Members::read(text, &names).unwrap();
        let whole: Value = serde_json::from_str(text).unwrap();
        for name in &names {
            assert_eq!(members.get(name), whole.get(name), "{name}");
        }
        assert_eq!(members.to_text().as_str(), text);
        let built = members.to_text().members();
        assert_eq!(built.map(Value::Object), Ok(whole));
    }

    #[test]
    fn what_is_not_built_is_read_as_strictly() {
        let names = ["a".to_owned()];
        assert!(
            Members::read(r#"{"a":1,"b":[{}]}"#, &names).is_ok(),
            "the control"
        );
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
            let built = Members::read(text, &names).err();
            assert!(built.is_some(), "{text}");
            assert_eq!(built, Members::read(text, &[]).err(), "{text}");
            assert_eq!(built, ObjectText::parse(text).err(), "{text}");
        }
    }

    #[test]
    fn debug_shows_nothing_of_the_text() {
        let text = ObjectText::parse(r#"{"email":"marker"}"#).unwrap();
        assert_eq!(format!("{text:?}"), "ObjectText(18)");
    }
}
