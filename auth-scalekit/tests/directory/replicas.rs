//! Two processes that share a store, and processes that die: what is stored equals what the API lists.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use auth_scalekit::directory::{DirectoryStore, ScalekitDirectory};
use auth_scalekit::webhooks::WebhookHandler;

use crate::stage::{Stage, known, truth};
use crate::stores::with_each_store;
use crate::world::World;

with_each_store! {
    two_replicas_write => two_write,
    processes_die_at_50_places => dying,
}

async fn two_write(store: impl AsyncFn() -> DirectoryStore) {
    let (first, second) = (store().await, store().await);
    let mut world = World::new(4, 40, 7);
    let builder = world.describe(auth_testkit::MockScalekit::builder());
    let stage = Stage::beside(builder, |builder| builder.store(first)).await;
    let other = stage.another(|builder| builder.store(second));
    // Both list at once.
    let (here, there) = tokio::join!(stage.directory.list_once(), other.list_once());
    here.unwrap();
    there.unwrap();
    stage.tick();
    for _ in 0..200 {
        world.change(&stage.scalekit);
        stage.tick();
    }
    let mut events = stage.events().await;
    events.extend(events.clone().into_iter().step_by(5));
    let events = world.shuffled(events);
    let (left, right) = events.split_at(events.len() / 2);
    let deliver = async |directory: &ScalekitDirectory, events: &[_]| {
        for event in events {
            // SQLite lets a writer wait for 2 s; then the event is delivered again.
            while directory.handle(event).await.is_err() {}
        }
    };
    // One of them lists meanwhile.
    let list = async { other.list_once().await.unwrap() };
    tokio::join!(
        deliver(&stage.directory, left),
        deliver(&other, right),
        list
    );
    let expected = truth(&stage.management).await;
    for directory in [&stage.directory, &other, &stage.another_with(store().await)] {
        directory.read_store_once().await.unwrap();
        let known = known(directory, &world.organizations(), &world.subjects());
        let differences: Vec<_> = known.symmetric_difference(&expected).collect();
        assert!(differences.is_empty(), "{differences:#?}");
    }
}

/// A process that dies is one whose futures are dropped: its transactions are undone. Each place is after one more poll.
async fn dying(store: impl AsyncFn() -> DirectoryStore) {
    let mut world = World::new(2, 8, 3);
    let builder = world.describe(auth_testkit::MockScalekit::builder());
    let stage = Stage::beside(builder, |builder| builder).await;
    let mut delivered = 0;
    let mut interrupted = 0;
    for place in 0..50 {
        let dying = stage.another_with(store().await);
        let listing = async {
            dying
                .list_once()
                .await
                .map(drop)
                .map_err(|error| error.to_string())
        };
        interrupted += usize::from(!ends_within(listing, 1 + place).await);
        world.change(&stage.scalekit);
        stage.tick();
        let events = stage.events().await;
        for event in &events[delivered..] {
            let handled = async { dying.handle(event).await.map_err(|error| error.to_string()) };
            interrupted += usize::from(!ends_within(handled, place % 9).await);
        }
        drop(dying);
        // The next process gets the events again.
        let next = stage.another_with(store().await);
        next.read_store_once().await.unwrap();
        for event in &events[delivered..] {
            next.handle(event).await.unwrap();
        }
        delivered = events.len();
        // A listing that died has left no process without one.
        next.list_once().await.unwrap();
        let expected = truth(&stage.management).await;
        let known = known(&next, &world.organizations(), &world.subjects());
        let differences: Vec<_> = known.symmetric_difference(&expected).collect();
        assert!(differences.is_empty(), "place {place}: {differences:#?}");
    }
    assert!(interrupted >= 50, "{interrupted} interruptions");
}

/// Polls this number of times, as long as something wakes the future; then drops it. Whether it has ended.
async fn ends_within(work: impl Future<Output = Result<(), String>>, polls: usize) -> bool {
    let mut work = pin!(work);
    for _ in 0..polls {
        // The network and the database continue meanwhile.
        tokio::time::sleep(Duration::from_micros(300)).await;
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(result) = work.as_mut().poll(&mut context) {
            result.unwrap();
            return true;
        }
    }
    false
}
