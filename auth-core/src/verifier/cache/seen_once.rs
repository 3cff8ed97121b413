//! [`SeenOnce`]: which tokens were seen recently.
//!
//! When more tokens are in use than the cache has room for, most are evicted before they are seen
//! again. Caching each of them would evict another one every time, which costs half as much as
//! checking a signature. Therefore a full cache admits only tokens that are seen twice within a
//! while.
//!
//! Introspection marks the tokens that it had to refuse for lack of capacity, so that they take
//! precedence next time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Marks of one bucket, 16 bits each.
const MARKS: u64 = 4;
const MARK_BITS: u64 = 16;
/// At most 4 MiB.
const MAX_BUCKETS: usize = 1 << 19;

/// Remembers approximately which keys were seen: a bounded number of them, in a few bytes each. For
/// verifiers that give precedence to tokens that are seen again.
///
/// Keys must be uniformly random in each of their parts, and not chosen by a sender: a keyed hash,
/// or a part of a SHA-256. Marks are kept in buckets of four. A new mark replaces the oldest of its
/// bucket.
///
/// Two tokens have the same mark in the same bucket with a probability of 1 in 65,536; then the
/// first is taken for the other one.
#[derive(Debug)]
pub struct SeenOnce {
    buckets: usize,
    // Allocated when it is first needed.
    marks: OnceLock<Box<[AtomicU64]>>,
}

impl SeenOnce {
    /// Remembers about `tokens` tokens.
    #[must_use]
    pub fn new(max_tokens: u64) -> Self {
        let buckets = usize::try_from(max_tokens.div_ceil(MARKS)).unwrap_or(MAX_BUCKETS);
        Self {
            buckets: buckets.clamp(1, MAX_BUCKETS),
            marks: OnceLock::new(),
        }
    }

    /// Whether this token was seen before, as far as that is remembered; marks it as seen.
    pub fn again(&self, key: u64) -> bool {
        let marks = self
            .marks
            .get_or_init(|| (0..self.buckets).map(|_| AtomicU64::new(0)).collect());
        let (bucket, mark) = self.bucket_and_mark(key);
        let added = marks.get(bucket).map(|bucket| {
            bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |marks| {
                (!holds(marks, mark)).then_some(marks << MARK_BITS | mark)
            })
        });
        matches!(added, Some(Err(_)))
    }

    /// Whether this token was seen before, as far as that is remembered. Marks nothing.
    #[must_use]
    pub fn contains(&self, key: u64) -> bool {
        let (bucket, mark) = self.bucket_and_mark(key);
        let bucket = self.marks.get().and_then(|marks| marks.get(bucket));
        bucket.is_some_and(|bucket| holds(bucket.load(Ordering::Relaxed), mark))
    }

    /// Removes the mark of this token.
    pub fn forget(&self, key: u64) {
        let (bucket, mark) = self.bucket_and_mark(key);
        if let Some(bucket) = self.marks.get().and_then(|marks| marks.get(bucket)) {
            let without = |marks| {
                let kept = (0..MARKS).filter(|lane| at(marks, *lane) != mark);
                kept.fold(0, |rest, lane| rest | at(marks, lane) << (lane * MARK_BITS))
            };
            let _ = bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |marks| {
                holds(marks, mark).then(|| without(marks))
            });
        }
    }

    fn bucket_and_mark(&self, key: u64) -> (usize, u64) {
        // Two independent parts of the key.
        let bucket = (key >> 32) as usize % self.buckets;
        // Zero marks an empty place.
        (bucket, (key & ((1 << MARK_BITS) - 1)).max(1))
    }
}

/// One of the marks of a bucket.
fn at(marks: u64, lane: u64) -> u64 {
    marks >> (lane * MARK_BITS) & ((1 << MARK_BITS) - 1)
}

fn holds(marks: u64, mark: u64) -> bool {
    (0..MARKS).any(|lane| at(marks, lane) == mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token of this bucket, with this mark.
    fn hash(bucket: u64, mark: u64) -> u64 {
        bucket << 32 | mark
    }

    #[test]
    fn a_token_is_recognized_the_second_time() {
        let seen = SeenOnce::new(4000);
        assert!(!seen.again(hash(1, 1)));
        assert!(seen.again(hash(1, 1)));
        assert!(!seen.again(hash(2, 1)), "another bucket");
        assert!(!seen.again(hash(1, 2)), "another token of that bucket");
        assert!(seen.again(hash(1, 1)) && seen.again(hash(1, 2)), "both");
    }

    #[test]
    fn the_fifth_token_of_a_bucket_takes_the_place_of_the_first() {
        let seen = SeenOnce::new(4000);
        for mark in 1..=4 {
            assert!(!seen.again(hash(1, mark)));
        }
        assert!((1..=4).all(|mark| seen.contains(hash(1, mark))));
        assert!(!seen.again(hash(1, 5)));
        assert!(!seen.contains(hash(1, 1)));
        assert!((2..=5).all(|mark| seen.contains(hash(1, mark))));
    }

    #[test]
    fn contains_marks_nothing_and_remove_affects_one_token() {
        let seen = SeenOnce::new(4000);
        seen.forget(hash(1, 1));
        assert!(!seen.contains(hash(1, 1)));
        assert!(seen.marks.get().is_none(), "nothing to remember yet");
        for mark in 1..=4 {
            assert!(!seen.again(hash(1, mark)));
        }
        seen.forget(hash(1, 5));
        seen.forget(hash(2, 1));
        assert!((1..=4).all(|mark| seen.contains(hash(1, mark))), "others");
        seen.forget(hash(1, 3));
        let left: Vec<_> = (1..=4)
            .filter(|mark| seen.contains(hash(1, *mark)))
            .collect();
        assert_eq!(left, [1, 2, 4]);
        assert!(!seen.again(hash(1, 3)), "it comes as if for the first time");
    }

    #[test]
    fn an_empty_place_holds_no_token() {
        let seen = SeenOnce::new(4000);
        seen.again(hash(1, 2));
        let zero = hash(1, 0);
        assert!(!seen.contains(zero));
        assert!(!seen.again(zero));
        assert!(seen.again(zero));
    }

    #[test]
    fn capacity_is_that_of_the_cache_and_bounded() {
        for (tokens, buckets) in [
            (0, 1),
            (1, 1),
            (4, 1),
            (5, 2),
            (10_000, 2500),
            (u64::MAX, MAX_BUCKETS),
        ] {
            let seen = SeenOnce::new(tokens);
            assert!(seen.marks.get().is_none(), "made before it is needed");
            assert!(!seen.again(7));
            assert!(seen.again(7));
            assert_eq!(seen.marks.get().unwrap().len(), buckets);
        }
    }
}
