//! [`SeenOnce`]: which tokens came a moment ago.
//!
//! When more tokens are in play than the cache has room for, most are gone before they come again.
//! To keep each of them would evict another every time, which costs half as much as a signature.
//! So a full cache takes in those alone that come twice in a while.
//!
//! Introspection marks the tokens that it turned away, so that they have precedence next time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use super::cache::TokenHash;

/// At most 4 MiB.
const MAX_MARKS: usize = 1 << 20;

/// One mark for each place of the cache; a later token may overwrite that of an earlier one.
#[derive(Debug)]
pub(crate) struct SeenOnce {
    places: usize,
    // Made when the cache is full for the first time.
    marks: OnceLock<Box<[AtomicU32]>>,
}

impl SeenOnce {
    /// For a cache of so many tokens.
    pub(crate) fn new(max_tokens: u64) -> Self {
        let places = usize::try_from(max_tokens).unwrap_or(MAX_MARKS);
        Self {
            places: places.clamp(1, MAX_MARKS),
            marks: OnceLock::new(),
        }
    }

    /// Whether this token came before, as far as that is remembered; it is from now on.
    pub(crate) fn again(&self, token: &TokenHash) -> bool {
        let marks = self
            .marks
            .get_or_init(|| (0..self.places).map(|_| AtomicU32::new(0)).collect());
        let (place, mark) = self.place_and_mark(token);
        let before = marks
            .get(place)
            .map(|before| before.swap(mark, Ordering::Relaxed));
        before == Some(mark)
    }

    /// Whether this token came before, as far as that is remembered. Remembers nothing itself.
    pub(crate) fn contains(&self, token: &TokenHash) -> bool {
        let (place, mark) = self.place_and_mark(token);
        let known = self.marks.get().and_then(|marks| marks.get(place));
        known.is_some_and(|known| known.load(Ordering::Relaxed) == mark)
    }

    /// Forgets this token.
    pub(crate) fn forget(&self, token: &TokenHash) {
        let (place, mark) = self.place_and_mark(token);
        if let Some(known) = self.marks.get().and_then(|marks| marks.get(place)) {
            // The place may be another token's by now.
            let _ = known.compare_exchange(mark, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    fn place_and_mark(&self, token: &TokenHash) -> (usize, u32) {
        let [a, b, c, d, e, f, g, h, ..] = *token;
        // A SHA-256 is as good as random in each of its parts.
        let place = u32::from_le_bytes([a, b, c, d]) as usize % self.places;
        // Zero is the mark of an empty place.
        (place, u32::from_le_bytes([e, f, g, h]).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_the_second_time() {
        let seen = SeenOnce::new(1000);
        let hash = |number: u8| -> TokenHash {
            let mut hash = [7; 32];
            hash[0] = number;
            hash
        };
        assert!(!seen.again(&hash(1)));
        assert!(seen.again(&hash(1)));
        assert!(!seen.again(&hash(2)), "another place");
        let mut same_place = hash(1);
        same_place[4] = 8;
        assert!(!seen.again(&same_place), "another token");
        assert!(!seen.again(&hash(1)), "overwritten");
        assert!(seen.again(&hash(2)));
    }

    #[test]
    fn a_look_marks_nothing_and_forgetting_takes_one_token() {
        let seen = SeenOnce::new(1000);
        let (token, mut same_place) = ([7; 32], [7; 32]);
        same_place[4] = 8;
        seen.forget(&token);
        assert!(!seen.contains(&token));
        assert!(seen.marks.get().is_none(), "nothing to remember yet");
        assert!(!seen.again(&token));
        assert!(seen.contains(&token) && seen.contains(&token));
        assert!(!seen.contains(&same_place));
        seen.forget(&same_place);
        assert!(seen.contains(&token), "another token's place");
        seen.forget(&token);
        assert!(!seen.contains(&token));
        assert!(!seen.again(&token));
    }

    #[test]
    fn an_empty_place_holds_no_token() {
        let seen = SeenOnce::new(1000);
        seen.again(&[1; 32]);
        assert!(!seen.contains(&[0; 32]));
        assert!(!seen.again(&[0; 32]));
        assert!(seen.again(&[0; 32]));
    }

    #[test]
    fn it_is_as_large_as_the_cache_and_bounded() {
        for (tokens, places) in [(0, 1), (1, 1), (10_000, 10_000), (u64::MAX, MAX_MARKS)] {
            let seen = SeenOnce::new(tokens);
            assert!(seen.marks.get().is_none(), "made before it is needed");
            assert!(!seen.again(&[7; 32]));
            assert!(seen.again(&[7; 32]));
            assert_eq!(seen.marks.get().unwrap().len(), places);
        }
    }
}
