//! How fast it is; run with `cargo test -p auth-testkit [--release] speed -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use auth_testkit::MockScalekit;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[tokio::test]
#[ignore = "a measurement"]
async fn start_and_mint() {
    let mut starts = Vec::new();
    for _ in 0..101 {
        let begin = Instant::now();
        let scalekit = MockScalekit::start().await;
        starts.push(begin.elapsed());
        drop(scalekit);
    }
    let first = starts[0];
    let scalekit = MockScalekit::start().await;
    let mints = (0..301).map(|_| {
        let begin = Instant::now();
        std::hint::black_box(scalekit.token().sign());
        begin.elapsed()
    });
    let mints = median(mints.collect());
    println!(
        "start: first {first:?}, median {:?}; mint: median {mints:?}",
        median(starts)
    );
}
