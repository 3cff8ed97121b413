//! [`LazyObject`]: an object that stays JSON until one of its members is read.
//!
//! A tree of all members takes four times the memory of their JSON and some thirty allocations, so
//! it is built when it is first needed, once for all that share the object.

use std::fmt;
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::{JsonError, RawObject};

/// A JSON object that was checked with [`Rules::STRICT`](super::Rules::STRICT), and whose members
/// are built when the first of them is read.
#[derive(Clone, Default)]
pub struct LazyObject {
    /// The raw JSON object; `None` if the members were set directly.
    text: Option<RawObject>,
    // Boxed, since most objects never need it.
    members: OnceLock<Box<Map<String, Value>>>,
}

impl LazyObject {
    /// Checks the text of one object.
    ///
    /// # Errors
    ///
    /// [`JsonError`] when it does not follow [`Rules::STRICT`](super::Rules::STRICT), or is not an
    /// object.
    pub fn parse(text: impl Into<Box<str>>) -> Result<Self, JsonError> {
        RawObject::parse(text).map(Self::from)
    }

    /// The text, unless the object was made of its members.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.text.as_ref().map(RawObject::as_str)
    }

    /// The members by name.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        self.members.get_or_init(|| {
            let text = self.text.as_ref();
            // Cannot fail: the JSON was read strictly before.
            text.and_then(|text| text.members().ok())
                .unwrap_or_default()
                .into()
        })
    }

    /// One value by JSON pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)): `/project`,
    /// `/filter/tags/0`. `None` when there is none, or when `pointer` does not begin with a slash.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Value> {
        let path = pointer.strip_prefix('/')?;
        let (name, rest) = match path.find('/') {
            Some(at) => path.split_at(at),
            None => (path, ""),
        };
        // The order of RFC 6901 section 4: `~1` first, so that `~01` stays `~1`.
        let name = name.replace("~1", "/").replace("~0", "~");
        self.members().get(&name)?.pointer(rest)
    }
}

impl From<RawObject> for LazyObject {
    fn from(text: RawObject) -> Self {
        Self {
            text: Some(text),
            members: OnceLock::new(),
        }
    }
}

impl From<Map<String, Value>> for LazyObject {
    fn from(members: Map<String, Value>) -> Self {
        Self {
            text: None,
            members: Box::new(members).into(),
        }
    }
}

/// By their members.
impl PartialEq for LazyObject {
    fn eq(&self, other: &Self) -> bool {
        self.members() == other.members()
    }
}

/// Shows whether it was built alone, since the members can be personal data.
impl fmt::Debug for LazyObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyObject").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_built_when_first_read() {
        let object = LazyObject::parse(r#"{"oid":"org_1","n":[1]}"#).unwrap();
        assert!(object.members.get().is_none());
        let expected = json!({"oid": "org_1", "n": [1]});
        assert_eq!(Some(object.members()), expected.as_object());
        let again: *const _ = object.members();
        assert!(std::ptr::eq(again, object.members()), "built once");
        assert!(LazyObject::default().members().is_empty());
        assert_eq!(
            object,
            LazyObject::from(expected.as_object().unwrap().clone())
        );
        assert_ne!(object, LazyObject::default());
        assert!(LazyObject::parse(r#"{"a":1,"a":2}"#).is_err());
    }

    #[test]
    fn debug_shows_no_member() {
        let object = LazyObject::parse(r#"{"oid":"marker"}"#).unwrap();
        assert_eq!(object.members().len(), 1);
        assert_eq!(format!("{object:?}"), "LazyObject { .. }");
    }
}
