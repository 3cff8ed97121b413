//! What stays in memory: of tokens that are kept, and of those that are refused.

use auth_core::verifier::{TokenCache, TokenVerifier};

use crate::harness::{Harness, request, runtime};

const CACHED: usize = 100_000;
const HOSTILE: usize = 1_000_000;

/// 100,000 tokens in the cache.
pub(crate) fn cached(harness: &Harness) {
    let tokens = harness.mint(CACHED);
    let verifier = harness.verifier(TokenCache::new(2 * CACHED as u64));
    let runtime = runtime();
    let counted = allocation_counter::measure(|| {
        runtime.block_on(async {
            for token in &tokens {
                verifier.verify(request(token)).await.unwrap();
            }
        });
    });
    let bytes = counted.bytes_current as f64;
    println!(
        "memory {CACHED} cached tokens of {} bytes: {:.1} MiB, {:.0} bytes each",
        tokens[0].len(),
        bytes / 1024.0 / 1024.0,
        bytes / CACHED as f64
    );
}

/// 1,000,000 tokens that are all different and all refused: garbage, of unknown keys, expired, and
/// with a signature that does not fit.
pub(crate) fn hostile(harness: &Harness) {
    let verifier = harness.verifier(TokenCache::DEFAULT);
    let runtime = runtime();
    let good = harness.token("usr_1");
    let expired = harness.expired();
    let (header, claims) = {
        let (signed, _) = good.rsplit_once('.').unwrap();
        signed.split_once('.').unwrap()
    };
    let before = harness.fetches();
    let refuse = |numbers: std::ops::Range<usize>| {
        runtime.block_on(async {
            for number in numbers {
                // As long as one of EdDSA; its last character holds two bits.
                let signature = format!("{number:0>85}A");
                let token = match number % 4 {
                    0 => format!("eyJ{number:0>9}.{claims}.{signature}"),
                    1 => {
                        let kid = format!("k{number}");
                        harness.key.header_of(&kid) + &format!(".{claims}.{signature}")
                    }
                    2 => format!("{}.{signature}", expired.rsplit_once('.').unwrap().0),
                    _ => format!("{header}.{claims}.{signature}"),
                };
                assert!(verifier.verify(request(&token)).await.is_err());
            }
        });
    };
    // What is lazily made is there.
    refuse(0..1000);
    let counted = allocation_counter::measure(|| refuse(1000..HOSTILE + 1000));
    println!(
        "memory {HOSTILE} hostile tokens: {} bytes left, {} at the most while they came, {} fetches",
        counted.bytes_current,
        counted.bytes_max,
        harness.fetches() - before,
    );
    runtime.block_on(async {
        verifier.verify(request(&good)).await.unwrap();
    });
}
