//! The order of what was held back.

use super::DeliveryMode;
use super::queue::Job;

/// Orders jobs by a number that the seed and the place give: the same for the same seed and number of jobs.
pub(super) fn shuffle(jobs: &mut [Job]) {
    for place in (1..jobs.len()).rev() {
        let seed = match jobs.get(place).map(|job| job.mode) {
            Some(DeliveryMode::Shuffled(seed)) => seed,
            _ => 0,
        };
        let bound = u64::try_from(place + 1).unwrap_or(u64::MAX);
        let chosen = mixed(seed ^ mixed(bound)) % bound;
        jobs.swap(place, usize::try_from(chosen).unwrap_or(place));
    }
}

/// The output function of `SplitMix64`.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
