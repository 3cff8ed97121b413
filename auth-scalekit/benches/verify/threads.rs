//! What one verification costs when several threads verify at once: the time of day divided by all
//! that was done in it, so with two cores no more than half of what one thread needs.

use std::time::{Duration, SystemTime};

use auth_core::token::BearerToken;
use auth_core::verifier::{CachedVerifier, TokenVerifier, VerifyRequest};
use auth_scalekit::jwt::JwtVerifier;

use crate::cases::Cases;

const NAMES: [[&str; 3]; 2] = [
    ["cold_1_thread", "cold_2_threads", "cold_8_threads"],
    ["warm_1_thread", "warm_2_threads", "warm_8_threads"],
];

pub(crate) fn compare(
    group: &str,
    cold: &CachedVerifier<JwtVerifier>,
    warm: &CachedVerifier<JwtVerifier>,
    token: &str,
) {
    // Longer turns than elsewhere: they begin with as many new threads.
    let mut cases = Cases::new(Duration::from_millis(20));
    for (verifier, names) in [cold, warm].into_iter().zip(NAMES) {
        for (threads, name) in [1, 2, 8].into_iter().zip(names) {
            cases.add(name, move |times| {
                let each = times.div_ceil(threads);
                std::thread::scope(|scope| {
                    for _ in 0..threads {
                        scope.spawn(|| verify(verifier, token, each));
                    }
                });
            });
        }
    }
    cases.run();
    cases.print_costs(group);
    for [one, two, eight] in NAMES {
        cases.ratio(group, &format!("{two}_vs_1"), two, one);
        cases.ratio(group, &format!("{eight}_vs_1"), eight, one);
    }
}

fn verify(verifier: &CachedVerifier<JwtVerifier>, token: &str, times: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.build().unwrap();
    let request = VerifyRequest::new(BearerToken::new(token).unwrap(), SystemTime::now());
    runtime.block_on(async {
        for _ in 0..times {
            std::hint::black_box(verifier.verify(request).await.unwrap());
        }
    });
}
