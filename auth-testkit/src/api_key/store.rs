//! All keys since the start.

use std::collections::HashMap;
use std::time::SystemTime;

use super::{ApiKey, ApiKeyDraft, ApiKeyRecord, LateExpiry};
use crate::values::{Secret, id};

/// The characters of a key.
const LENGTH: usize = 50;

/// Keys in the order of their creation.
#[derive(Debug, Default)]
pub(crate) struct ApiKeys {
    all: Vec<ApiKeyRecord>,
    by_id: HashMap<String, usize>,
    by_key: HashMap<Secret, usize>,
}

impl ApiKeys {
    /// Creates a key; its user is one by `sub`.
    ///
    /// # Errors
    ///
    /// When it would expire after the last time that can be written.
    pub(crate) fn create(
        &mut self,
        draft: ApiKeyDraft,
        now: SystemTime,
    ) -> Result<ApiKey, LateExpiry> {
        let (id, key) = (id::fresh("apit"), Secret::random_base62(LENGTH));
        let record = ApiKeyRecord::new((id.clone(), key.clone()), draft, now)?;
        self.by_id.insert(id.clone(), self.all.len());
        self.by_key.insert(key.clone(), self.all.len());
        self.all.push(record);
        Ok(ApiKey { id, key })
    }

    /// The key that is this string, or has this id.
    pub(crate) fn get(&self, key_or_id: &str) -> Option<&ApiKeyRecord> {
        self.all.get(self.place(key_or_id)?)
    }

    pub(crate) fn get_mut(&mut self, key_or_id: &str) -> Option<&mut ApiKeyRecord> {
        let place = self.place(key_or_id)?;
        self.all.get_mut(place)
    }

    /// The newest first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &ApiKeyRecord> {
        self.all.iter().rev()
    }

    fn place(&self, key_or_id: &str) -> Option<usize> {
        let of_key = || self.by_key.get(&Secret::new(key_or_id));
        self.by_id.get(key_or_id).or_else(of_key).copied()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::values::timestamp;

    #[test]
    fn keys_are_letters_and_digits_and_in_no_debug_output() {
        let mut keys = ApiKeys::default();
        let now = SystemTime::UNIX_EPOCH;
        let (first, second) = (
            keys.create(ApiKeyDraft::new("org_1"), now).unwrap(),
            keys.create(ApiKeyDraft::new("org_1"), now).unwrap(),
        );
        assert_ne!((first.id(), first.expose()), (second.id(), second.expose()));
        for key in [&first, &second] {
            let text = key.expose();
            assert_eq!(text.len(), LENGTH);
            assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
            let record = keys.get(text).unwrap();
            assert_eq!(record.id, key.id());
            assert!(text.ends_with(record.suffix()));
            assert_eq!(keys.get(key.id()).unwrap().id, key.id());
            let shown = format!("{keys:?} {key:?}");
            assert!(!shown.contains(text), "{shown}");
        }
        assert!(keys.get(first.expose().split_at(1).1).is_none());
    }

    #[test]
    fn a_key_expires_at_a_time_that_can_be_written() {
        let mut keys = ApiKeys::default();
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let longest = timestamp::end().duration_since(now).unwrap();
        let nanosecond = Duration::from_nanos(1);
        for (lifetime, is_created) in [
            (longest - nanosecond, true),
            (longest, false),
            (Duration::MAX, false),
        ] {
            let draft = ApiKeyDraft::new("org_1").expires_in(lifetime);
            assert_eq!(keys.create(draft, now).is_ok(), is_created, "{lifetime:?}");
        }
        assert_eq!(keys.newest_first().count(), 1);
    }
}
