//! JSON as a security decision reads it: a duplicate member is an error, at every level.
//!
//! [RFC 7515 section 4](https://www.rfc-editor.org/rfc/rfc7515#section-4) and
//! [RFC 7519 section 4](https://www.rfc-editor.org/rfc/rfc7519#section-4) allow to refuse such a
//! text or to take the last member; two parsers that take different ones are an exploit.
//! [`auth_core::json`] is the reader.
//!
//! Of a token only the members that are judged are built ([`members`]); all others are read as
//! strictly, and take nothing.

use auth_core::InvalidReason;
use auth_core::json::{self, JsonError, Rules};
use serde_json::{Map, Value};

pub(crate) use auth_core::json::Members;

/// Why a text is not the object that we want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JsonFault {
    /// Not JSON, not UTF-8, nested too deeply, or not an object.
    Malformed,
    /// A member name is duplicated in one object.
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

impl From<JsonError> for JsonFault {
    fn from(error: JsonError) -> Self {
        match error {
            JsonError::DuplicateMember => Self::DuplicateMember,
            _ => Self::Malformed,
        }
    }
}

/// Parses one object and nothing after it.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, JsonFault> {
    match json::value(bytes, Rules::STRICT)? {
        Value::Object(object) => Ok(object),
        _ => Err(JsonFault::Malformed),
    }
}

/// Reads one object and nothing after it, and builds its members of these names.
pub(crate) fn members<'n>(text: &'n str, names: &'n [String]) -> Result<Members<'n>, JsonFault> {
    Ok(Members::read(text, names)?)
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
