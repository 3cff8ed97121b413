//! The claims of a token: kept as text until somebody asks for one of them.
//!
//! Most requests are decided by the facts that [`AccessToken`](crate::AccessToken) names. A tree
//! of all claims takes four times the memory of their text and some thirty allocations, so it is
//! built when it is first asked for, once for all clones of a token.

use std::sync::OnceLock;

use serde_json::{Map, Value};

/// All claims of one token.
#[derive(Clone, Default)]
pub(crate) struct Claims {
    /// The text of an object; empty when the members were given.
    text: Box<str>,
    // In a box, since most tokens never need the room.
    members: OnceLock<Box<Map<String, Value>>>,
}

impl Claims {
    /// Claims by the text of their object. One that is no object holds none.
    pub(crate) fn from_text(text: Box<str>) -> Self {
        Self {
            text,
            members: OnceLock::new(),
        }
    }

    /// The claims by name.
    pub(crate) fn members(&self) -> &Map<String, Value> {
        self.members
            .get_or_init(|| serde_json::from_str(&self.text).unwrap_or_default())
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(members: Map<String, Value>) -> Self {
        Self {
            text: Box::default(),
            members: Box::new(members).into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_read_when_it_is_asked_for() {
        let claims = Claims::from_text(r#"{"oid":"org_1","n":[1]}"#.into());
        assert!(claims.members.get().is_none());
        let expected = json!({"oid": "org_1", "n": [1]});
        assert_eq!(Some(claims.members()), expected.as_object());
        let again: *const _ = claims.members();
        assert!(std::ptr::eq(again, claims.members()), "built once");
    }

    #[test]
    fn what_is_no_object_holds_no_claims() {
        for text in ["", "[]", "{", r#"{"a":1}x"#] {
            assert!(
                Claims::from_text(text.into()).members().is_empty(),
                "{text}"
            );
        }
        assert!(Claims::default().members().is_empty());
    }
}
