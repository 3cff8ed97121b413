//! [`Names`]: finds duplicate member names.

use std::num::TryFromIntError;

use smallvec::SmallVec;

use super::string::JsonStr;

/// The member names of the open objects, in order: the offset in the text at which each begins, after its quote.
/// They take less memory than the text, whatever it contains, and no allocation for an object of the size of a
/// token's claims.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: SmallVec<[u32; 64]>,
    /// The index in `all` of the first name of each open object.
    objects: SmallVec<[u32; 64]>,
}

impl Names {
    /// Up to this number of members, comparing all pairs is cheaper than sorting.
    const FEW: usize = 32;
    /// The shortest member: `"":0,`.
    const SHORTEST: usize = 5;

    /// Begins an object.
    pub(super) fn open(&mut self) -> Result<(), TryFromIntError> {
        self.objects.push(self.all.len().try_into()?);
        Ok(())
    }

    /// Adds the name that begins at `start`, in a text of this length.
    pub(super) fn add(&mut self, start: usize, length: usize) -> Result<(), TryFromIntError> {
        if self.all.len() == self.all.capacity() {
            // Reserve once for all names that may follow, unless these are many.
            let left = length.saturating_sub(start) / Self::SHORTEST + 1;
            self.all.reserve_exact(left.min(self.all.len().max(4096)));
        }
        self.all.push(start.try_into()?);
        Ok(())
    }

    /// Ends the innermost object; returns whether its names are distinct.
    pub(super) fn close(&mut self, text: &str) -> bool {
        let begin = self
            .objects
            .pop()
            .and_then(|begin| usize::try_from(begin).ok());
        let begin = begin.unwrap_or_default();
        let starts = self.all.get_mut(begin..).unwrap_or_default();
        let name = |start: &u32| {
            let start = usize::try_from(*start).ok();
            let rest = start.and_then(|start| text.get(start..));
            JsonStr::at_start_of(rest.unwrap_or_default())
        };
        let distinct = if starts.len() <= Self::FEW {
            let names: SmallVec<[_; Self::FEW]> = starts.iter().map(name).collect();
            let mut rest = names.iter();
            std::iter::from_fn(|| rest.next().map(|name| (name, rest.clone())))
                .all(|(name, mut others)| !others.any(|other| other.is_same(*name)))
        } else {
            starts.sort_unstable_by(|one, other| name(one).order(name(other)));
            starts.is_sorted_by(|one, next| name(one).order(name(next)).is_lt())
        };
        self.all.truncate(begin);
        distinct
    }
}
