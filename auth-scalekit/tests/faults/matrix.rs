//! Every fault, from a cold start and with cached keys: what callers get meanwhile, how often the
//! endpoint is called, and how it recovers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::harness::{Harness, seconds};
use crate::proxy::Conduct;
use crate::rows::{self, Row};

/// Callers who knock at the same moment.
const CALLERS: usize = 200;
/// Then others come, each 10 s for longer than the keys are fresh (300 s).
const ROUNDS: usize = 40;
/// The time between two forced fetches, which the waits after failures do not exceed.
const BUDGET: Duration = Duration::from_secs(30);
/// The most that the proxy gets rid of in one fetch, of up to 10 MB or of bytes without an end.
/// Socket buffers are a part of it, and the 400 KiB that hyper reads of headers.
const WRITTEN_AT_MOST: u64 = 1024 * 1024;
/// A known key waits for no fetch; the slow faults last 3 s.
const AT_ONCE: Duration = Duration::from_secs(2);
/// A caller waits for the 3 s of a fetch, plus scheduling on a busy machine. A fetch without a time limit
/// would be given up after 7 s.
const PATIENCE: Duration = Duration::from_millis(6500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn quick_faults() {
    let canary = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = format!("http://{}/keys", canary.local_addr().unwrap());
    let rows = rows::quick(&elsewhere);
    let (number, started) = (rows.len(), Instant::now());
    // One after the other: a machine that is busy with all of them at once could take the 3 s that
    // a fetch may last, and a row would meet another fault than its own.
    for row in rows {
        let row = Arc::new(row);
        cold(Arc::clone(&row)).await;
        warm(row, ROUNDS).await;
    }
    // No redirect was followed: no connection waits to be accepted.
    let visitor = std::future::poll_fn(|context| {
        let visited = canary.poll_accept(context).is_ready();
        std::task::Poll::Ready(visited)
    });
    assert!(!visitor.await, "a redirect was followed");
    println!("{number} quick faults in {:?}", started.elapsed());
}

/// These wait for the real limit of a fetch, 3 s, all at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_faults_end_at_the_limit_of_the_fetch() {
    let rows = rows::slow();
    let (number, started) = (rows.len(), Instant::now());
    let mut tests = JoinSet::new();
    for row in rows {
        let row = Arc::new(row);
        tests.spawn(cold(Arc::clone(&row)));
        tests.spawn(warm(row, 0));
    }
    finish(tests).await;
    println!("{number} slow faults in {:?}", started.elapsed());
}

/// Waits for all of them: one row that fails does not hide the others.
async fn finish(mut tests: JoinSet<()>) {
    let mut failed = 0;
    while let Some(test) = tests.join_next().await {
        failed += usize::from(test.is_err());
    }
    assert_eq!(failed, 0, "rows that failed, see above");
}

/// Nothing is cached when the fault begins.
async fn cold(row: Arc<Row>) {
    let name = row.name;
    let harness = Harness::under(row.conduct.clone()).await;
    let token = harness.token();
    for called in harness.knock(CALLERS, &[&token]).join_all().await {
        assert_eq!(called.verdict, "unavailable", "{name}, cold");
        assert!(called.took < PATIENCE, "{name}: it took {:?}", called.took);
    }
    one_attempt(&harness, &row, 0).await;
    assert_eq!(harness.verdict(&token).await, "unavailable", "{name}, cold");
    one_attempt(&harness, &row, 0).await;

    harness.proxy.conduct(Conduct::PassOn).await;
    harness.clock.advance(seconds(1));
    let verdict = harness.verdict(&token).await;
    assert_eq!(verdict, "accepted", "{name}, cold: after the fault");
}

/// The keys were read before the fault, and rotated when it began.
async fn warm(row: Arc<Row>, rounds: usize) {
    let name = row.name;
    let harness = Harness::start().await;
    let known = harness.token();
    assert_eq!(harness.verdict(&known).await, "accepted", "{name}: control");
    harness.scalekit.keys().rotate();
    let rotated = harness.token();
    assert_eq!(
        harness.verdict(&rotated).await,
        "accepted",
        "{name}: control"
    );
    harness.clock.advance(BUDGET);
    harness.scalekit.keys().rotate();
    let new = harness.token();
    let before = harness.proxy.connections();
    harness.proxy.conduct(row.conduct.clone()).await;

    let new_callers = harness.knock(CALLERS / 2, &[&new]);
    for called in harness
        .knock(CALLERS / 2, &[&known, &rotated])
        .join_all()
        .await
    {
        assert_eq!(called.verdict, "accepted", "{name}: known");
        assert!(called.took < AT_ONCE, "{name}: it took {:?}", called.took);
    }
    for called in new_callers.join_all().await {
        assert_eq!(called.verdict, "unavailable", "{name}: new");
        assert!(called.took < PATIENCE, "{name}: it took {:?}", called.took);
    }
    one_attempt(&harness, &row, before).await;

    let started = harness.status().failures;
    for _ in 0..rounds {
        harness.clock.advance(seconds(10));
        for known in [&known, &rotated] {
            assert_eq!(harness.verdict(known).await, "accepted", "{name}: known");
        }
        assert_eq!(harness.verdict(&new).await, "unavailable", "{name}: new");
    }
    let attempts = (harness.status().failures - started) as usize;
    let most = rounds * 10 / 30 + 1;
    assert!(attempts <= most, "{name}: {attempts} attempts, not {most}");

    harness.proxy.conduct(Conduct::PassOn).await;
    // What was started in the background before this moment ends before time moves on.
    harness.proxy.settled().await;
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    harness.clock.advance(BUDGET);
    for token in [&new, &known, &rotated] {
        let verdict = harness.verdict(token).await;
        assert_eq!(verdict, "accepted", "{name}: after the fault");
    }
    assert_eq!(harness.status().failures, 0, "{name}: after the fault");
}

/// One fetch was made, it met the fault, and it did not take in more than it may.
async fn one_attempt(harness: &Harness, row: &Row, connections_before: usize) {
    let name = row.name;
    harness.proxy.settled().await;
    let status = harness.status();
    assert_eq!(status.failures, 1, "{name}: {status:?}");
    let problem = status.last_error.unwrap();
    assert!(problem.contains(row.problem), "{name}: {problem}");
    let connections = harness.proxy.connections() - connections_before;
    let expected = usize::from(!matches!(row.conduct, Conduct::Refuse));
    assert_eq!(connections, expected, "{name}: connections");
    let written = harness.proxy.written();
    assert!(written <= WRITTEN_AT_MOST, "{name}: {written} bytes");
}
