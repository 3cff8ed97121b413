//! [`GrantedScopes`]: scopes out of a claim, once for all tokens that were granted the same.
//!
//! Users of one client have the same scopes, in the same text. To share them takes a twentieth
//! off a cached token, and spares a verification four allocations.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use auth_core::{InvalidReason, Scopes};
use serde_json::Value;

/// So many different texts are remembered; what comes later is read each time.
const MAX_TEXTS: usize = 256;
/// The longest text that is.
const MAX_TEXT_BYTES: usize = 512;

/// Reads scopes, and remembers some.
#[derive(Debug, Default)]
pub(crate) struct GrantedScopes {
    known: RwLock<HashMap<Box<str>, Arc<Scopes>>>,
}

impl GrantedScopes {
    /// The scopes of a claim: a text of them, or an array of texts
    /// ([RFC 9068 section 2.2.3](https://www.rfc-editor.org/rfc/rfc9068#section-2.2.3) has the
    /// text). A forged token can name a thousand, so they are read after the signature.
    pub(crate) fn read(&self, claim: Option<&Value>) -> Result<Arc<Scopes>, InvalidReason> {
        match claim {
            None => Ok(self.of_text("")),
            Some(Value::String(text)) => Ok(self.of_text(text)),
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                let scopes = Scopes::granted(items.iter().filter_map(Value::as_str));
                Ok(Arc::new(scopes))
            }
            Some(_) => Err(InvalidReason::MalformedClaim),
        }
    }

    fn of_text(&self, text: &str) -> Arc<Scopes> {
        // Nobody waits for the lock: to read the text once more takes less than a wake-up.
        if let Ok(known) = self.known.try_read()
            && let Some(scopes) = known.get(text)
        {
            return Arc::clone(scopes);
        }
        let scopes = Arc::new(Scopes::granted(text.split(' ')));
        if text.len() <= MAX_TEXT_BYTES
            && let Ok(mut known) = self.known.try_write()
            && known.len() < MAX_TEXTS
        {
            known.insert(text.into(), Arc::clone(&scopes));
        }
        scopes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_and_arrays() {
        let granted = GrantedScopes::default();
        // Each twice: read, and remembered.
        for _ in 0..2 {
            for (claim, expected) in [
                (json!("a b"), "a b"),
                (json!("a b "), "a b"),
                (json!(["b", "a"]), "a b"),
                (json!("a"), "a"),
                (json!(""), ""),
                (json!([]), ""),
            ] {
                let scopes = granted.read(Some(&claim)).unwrap();
                assert_eq!(*scopes, Scopes::parse(expected).unwrap(), "{claim}");
            }
            assert!(granted.read(None).unwrap().is_empty());
            for claim in [json!(7), json!(["a", 7]), json!(null), json!({"a": "b"})] {
                let reason = granted.read(Some(&claim)).err();
                assert_eq!(reason, Some(InvalidReason::MalformedClaim), "{claim}");
            }
        }
    }

    #[test]
    fn what_is_remembered_is_shared_and_bounded() {
        let granted = GrantedScopes::default();
        let read = |text: &str| granted.read(Some(&json!(text))).unwrap();
        assert!(Arc::ptr_eq(&read("a b"), &read("a b")));
        let long = "a".repeat(MAX_TEXT_BYTES + 1);
        assert!(!Arc::ptr_eq(&read(&long), &read(&long)));
        assert_eq!(read(&long).len(), 1);
        for number in 0..2 * MAX_TEXTS {
            assert!(read(&format!("a b{number}")).contains(&format!("b{number}")));
        }
        assert_eq!(granted.known.read().unwrap().len(), MAX_TEXTS);
        assert!(Arc::ptr_eq(&read("a b"), &read("a b")));
    }
}
