//! The claims of a token, kept as JSON until one of them is read.
//!
//! Most requests are decided by the properties that [`VerifiedToken`](crate::token::VerifiedToken)
//! has methods for. A tree of all claims takes four times the memory of their JSON and some thirty
//! allocations, so it is built when it is first needed, once for all clones of a token.

use std::sync::OnceLock;

use serde_json::{Map, Value};

use crate::support::json::RawObject;

/// All claims of one token.
#[derive(Clone, Default)]
pub(crate) struct Claims {
    /// The raw JSON object; `None` if the members were set directly.
    text: Option<RawObject>,
    // Boxed, since most tokens never need it.
    members: OnceLock<Box<Map<String, Value>>>,
}

impl Claims {
    /// Claims from their raw JSON.
    pub(crate) fn from_text(text: RawObject) -> Self {
        Self {
            text: Some(text),
            members: OnceLock::new(),
        }
    }

    /// The claims by name.
    pub(crate) fn members(&self) -> &Map<String, Value> {
        self.members.get_or_init(|| {
            let text = self.text.as_ref();
            // Cannot fail: the JSON was read strictly before.
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
    fn claims_are_parsed_when_first_read() {
        let text = RawObject::parse(r#"{"oid":"org_1","n":[1]}"#).unwrap();
        let claims = Claims::from_text(text);
        assert!(claims.members.get().is_none());
        let expected = json!({"oid": "org_1", "n": [1]});
        assert_eq!(Some(claims.members()), expected.as_object());
        let again: *const _ = claims.members();
        assert!(std::ptr::eq(again, claims.members()), "built once");
        assert!(Claims::default().members().is_empty());
    }
}
