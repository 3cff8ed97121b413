//! The members of `keys` in a JWK Set, each parsed separately.

use auth_core::support::json::{self, Event, JsonError, Reader, Rules};
use serde_json::Value;

use super::unusable::{BadKeySet, Unusable};

/// Splits a JWK Set ([RFC 7517 section 5](https://www.rfc-editor.org/rfc/rfc7517#section-5)) into its
/// keys. A key with a duplicate member is unusable
/// ([section 4](https://www.rfc-editor.org/rfc/rfc7517#section-4)) and does not affect the others;
/// any other syntax error makes the whole set unreadable.
pub(crate) fn of(json: &[u8]) -> Result<Vec<Result<Value, Unusable>>, BadKeySet> {
    read(json).ok().flatten().ok_or(BadKeySet::NotAKeySet)
}

/// `None` for JSON that is not an object with one array named `keys`.
fn read(json: &[u8]) -> Result<Option<Vec<Result<Value, Unusable>>>, JsonError> {
    let mut reader = Reader::new(json, Rules::STRICT.duplicates_allowed())?;
    if !matches!(reader.next_required()?, Event::ObjectStart) {
        return Ok(None);
    }
    let mut keys = None;
    while let Event::Name(name) = reader.next_required()? {
        let first = reader.next_required()?;
        match (name.is("keys"), &keys, first) {
            (true, None, Event::ArrayStart) => keys = Some(list(json, &mut reader)?),
            (true, _, _) => return Ok(None),
            (false, _, _) => reader.skip(first)?,
        }
    }
    // Nothing may follow the set.
    while reader.next_event()?.is_some() {}
    Ok(keys)
}

fn list<'a>(
    json: &'a [u8],
    reader: &mut Reader<'a>,
) -> Result<Vec<Result<Value, Unusable>>, JsonError> {
    let mut keys = Vec::new();
    loop {
        let first = reader.next_required()?;
        if matches!(first, Event::ArrayEnd) {
            return Ok(keys);
        }
        let begin = reader.start();
        reader.skip(first)?;
        let key = json.get(begin..reader.position()).unwrap_or_default();
        keys.push(json::value(key, Rules::STRICT).map_err(|_| Unusable::NotAKey));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_unusable_key_does_not_affect_the_others() {
        let set = br#"{"a":1,"keys":[{"kid":"1"},{"kid":"2","kid":"3"},7],"a":2}"#;
        let expected = vec![
            Ok(json!({"kid": "1"})),
            Err(Unusable::NotAKey),
            Ok(json!(7)),
        ];
        assert_eq!(of(set), Ok(expected));
    }

    #[test]
    fn what_is_no_key_set() {
        assert_eq!(of(br#"{"keys":[]}"#), Ok(vec![]), "the control");
        for text in [
            "",
            "[]",
            "{}",
            r#"{"keys":{}}"#,
            r#"{"keys":null}"#,
            r#"{"Keys":[]}"#,
            r#"{"keys":[],"keys":[]}"#,
            r#"{"keys":[]}x"#,
            r#"{"keys":[],"x":{"$serde_json::private::RawValue":"1"}}"#,
            r#"{"keys":[{"$serde_json::private::RawValue":"1"}]}"#,
        ] {
            assert_eq!(of(text.as_bytes()), Err(BadKeySet::NotAKeySet), "{text}");
        }
        let deep = format!(r#"{{"keys":[{}{}]}}"#, "[".repeat(70), "]".repeat(70));
        assert_eq!(of(deep.as_bytes()), Err(BadKeySet::NotAKeySet));
    }
}
