//! The claims of a token: kept as text until somebody asks for one of them.
//!
//! Most requests are decided by the properties that [`VerifiedToken`](crate::token::VerifiedToken) names. A tree
//! of all claims takes four times the memory of their text and some thirty allocations, so it is
//! built when it is first asked for, once for all clones of a token.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::support::json::ObjectText;

/// All claims of one token.
#[derive(Clone, Default)]
pub(crate) struct Claims {
    /// The text of an object; `None` when the members were given.
    text: Option<ObjectText>,
    // In a box, since most tokens never need the room.
    members: OnceLock<Box<Map<String, Value>>>,
}

impl Claims {
    /// Claims by the text of their object.
    pub(crate) fn from_text(text: ObjectText) -> Self {
        Self {
            text: Some(text),
            members: OnceLock::new(),
        }
    }

    /// The claims by name.
    pub(crate) fn members(&self) -> &Map<String, Value> {
        self.members.get_or_init(|| {
            let text = self.text.as_ref();
            // A text that was read once is read again: there is no second outcome.
            text.and_then(|text| text.members().ok())
                .unwrap_or_default()
                .into()
        })
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(members: Map<String, Value>) -> Self {
        Self {
            text: None,
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
        let text = ObjectText::parse(r#"{"oid":"org_1","n":[1]}"#).unwrap();
        let claims = Claims::from_text(text);
        assert!(claims.members.get().is_none());
        let expected = json!({"oid": "org_1", "n": [1]});
        assert_eq!(Some(claims.members()), expected.as_object());
        let again: *const _ = claims.members();
        assert!(std::ptr::eq(again, claims.members()), "built once");
        assert!(Claims::default().members().is_empty());
    }
}
