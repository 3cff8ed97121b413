//! JSON from other parties.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::provider::ProtectedResourceMetadata;
use crate::support::json;
use crate::support::json::{JsonError, Rules};

/// The strict reader accepts only texts that `serde_json` accepts too, and builds the same value again.
pub fn json(data: &[u8]) {
    let strict = json::check(data, Rules::STRICT);
    let serde = serde_json::from_slice::<IgnoredAny>(data);
    match &strict {
        Ok(()) => {
            assert!(serde.is_ok(), "serde_json refuses the text");
            let value = json::value(data, Rules::STRICT).expect("a checked text can be built");
            assert!(depth(&value) <= 64);
            let again = serde_json::to_vec(&value).expect("a value can be written");
            let same = json::value(&again, Rules::STRICT);
            assert_eq!(same.as_ref(), Ok(&value), "the value changed");
        }
        // serde_json checks surrogates only in strings that it builds.
        Err(JsonError::Syntax { .. }) => assert!(serde.is_err() || data.contains(&b'\\')),
        Err(_) => {}
    }
    assert_eq!(json::value(data, Rules::STRICT).err(), strict.err());
    let loose = Rules::STRICT.max_depth(Rules::DEEPEST).duplicates_allowed();
    if json::check(data, Rules::STRICT).is_ok() {
        assert_eq!(json::check(data, loose), Ok(()));
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// The names of an object's members, including duplicates.
pub(super) fn member_names(json: &[u8]) -> Vec<String> {
    struct Names;
    impl<'de> Visitor<'de> for Names {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Vec<String>, A::Error> {
            let mut names = Vec::new();
            while let Some((name, _)) = members.next_entry::<String, IgnoredAny>()? {
                names.push(name);
            }
            Ok(names)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    deserializer.deserialize_map(Names).expect("an object")
}

/// Replaces fractions, since `serde_json` rounds some of them in the last digit.
pub(super) fn without_fractions(
    mut metadata: ProtectedResourceMetadata,
) -> ProtectedResourceMetadata {
    fn blank(value: &mut Value) {
        match value {
            Value::Number(number) if number.is_f64() => *value = Value::Null,
            Value::Array(items) => items.iter_mut().for_each(blank),
            Value::Object(members) => members.values_mut().for_each(blank),
            _ => {}
        }
    }
    metadata.additional.values_mut().for_each(blank);
    metadata
}
