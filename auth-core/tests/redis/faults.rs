//! What goes wrong beside an outage: callers that go away, clocks that differ, replicas that die while they repair.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use auth_core::redis::{OnOutage, RedisRevocations, RedisSettings};
use auth_core::revocation::{Revocation, RevocationStore, RevocationTarget, Revocations};
use auth_core::support::{Clock, Sleep, SystemClock};
use futures_util::FutureExt;
use futures_util::future::join_all;

use crate::redis_server::RedisServer;
use crate::support::{
    ISSUER, acknowledged, all, is_revoked, replica, replica_with, revocation, token, until_revoked,
};

/// The clock of the system, ahead by a number of seconds.
#[derive(Debug, Clone)]
struct Ahead(Arc<AtomicU64>, Arc<SystemClock>);

impl Ahead {
    fn by(seconds: u64) -> Self {
        Self(
            Arc::new(AtomicU64::new(seconds)),
            Arc::new(SystemClock::new()),
        )
    }
}

impl Clock for Ahead {
    fn now(&self) -> SystemTime {
        self.1.now() + Duration::from_secs(self.0.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        self.1.monotonic()
    }

    fn sleep(&self, wait: Duration) -> Sleep {
        self.1.sleep(wait)
    }
}

const TWO_DAYS: u64 = 2 * 24 * 3600;

async fn replica_of(server: &RedisServer, clock: Ahead) -> RedisRevocations {
    let settings = RedisSettings::new(server.url());
    let builder = RedisRevocations::builder(&settings).clock(clock);
    builder.connect().await.unwrap()
}

async fn connection(server: &RedisServer) -> redis::aio::MultiplexedConnection {
    let client = redis::Client::open(server.url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_revocation_whose_caller_goes_away_reaches_the_others() {
    let server = RedisServer::start();
    let [one, two] = [replica(&server).await, replica(&server).await];
    let change = [revocation("cancelled")];
    let mut call = one.revoke(&change);
    assert!((&mut call).now_or_never().is_none(), "it has begun");
    drop(call);
    assert!(is_revoked(&one, "cancelled"), "in effect here");
    until_revoked(&two, "cancelled").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_replica_that_died_while_it_repaired_refuses_no_good_token() {
    let server = RedisServer::start();
    let refusing = replica_with(&server, OnOutage::RefuseAfter(Duration::from_secs(3))).await;
    acknowledged(&refusing, "first").await;
    let mut redis = connection(&server).await;
    let mut lose = redis::pipe();
    lose.atomic().cmd("FLUSHALL");
    lose.cmd("SET")
        .arg("auth:repair")
        .arg("a dead replica")
        .arg("PX")
        .arg(10_000);
    lose.exec_async(&mut redis).await.unwrap();
    let begun = Instant::now();
    let repaired = async {
        loop {
            let length: u64 = redis::cmd("XLEN")
                .arg("auth:revocations")
                .query_async(&mut redis)
                .await
                .unwrap();
            assert!(
                refusing.check(&token("good")).is_ok(),
                "after {:?}",
                begun.elapsed()
            );
            if length > 0 {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), repaired)
        .await
        .unwrap();
    assert!(
        begun.elapsed() > Duration::from_secs(5),
        "it had to wait for the dead one"
    );
    let later = replica(&server).await;
    assert!(is_revoked(&later, "first"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_loss_is_noticed_while_entries_arrive() {
    let server = RedisServer::start();
    let one = replica(&server).await;
    acknowledged(&one, "first").await;
    let mut redis = connection(&server).await;
    let epoch = |mut redis: redis::aio::MultiplexedConnection| async move {
        let epoch: Option<String> = redis::cmd("GET")
            .arg("auth:epoch")
            .query_async(&mut redis)
            .await
            .unwrap();
        epoch
    };
    let before = epoch(redis.clone()).await.unwrap();
    redis::cmd("FLUSHALL").exec_async(&mut redis).await.unwrap();
    let mut number = 0;
    let begun = Instant::now();
    let after = loop {
        number += 1;
        acknowledged(&one, &format!("{number}")).await;
        if let Some(epoch) = epoch(redis.clone()).await {
            break epoch;
        }
        assert!(begun.elapsed() < Duration::from_secs(30));
    };
    assert_ne!(before, after, "each loss has another epoch");
    acknowledged(&one, "last").await;
    let known = async {
        loop {
            let later = replica(&server).await;
            if is_revoked(&later, "first") {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), known)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_replica_whose_clock_is_ahead_removes_nothing_in_force() {
    let server = RedisServer::start();
    let one = replica(&server).await;
    let many: Vec<_> = (0..1000)
        .map(|number| revocation(&format!("{number}")))
        .collect();
    one.revoke(&many).await.unwrap();
    let ahead = replica_of(&server, Ahead::by(TWO_DAYS)).await;
    ahead.revoke(&[revocation("of today")]).await.unwrap();
    let tomorrow = SystemTime::now() + Duration::from_secs(TWO_DAYS);
    let target = RevocationTarget::token("of tomorrow");
    ahead
        .revoke(&[Revocation::new(ISSUER, target, tomorrow)])
        .await
        .unwrap();
    drop(one);
    let later = replica(&server).await;
    assert_eq!(later.state().revocations, 1002);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_clock_that_is_set_back_reads_the_log_again() {
    let server = RedisServer::start();
    let one = replica(&server).await;
    acknowledged(&one, "first").await;
    let clock = Ahead::by(TWO_DAYS);
    let two = replica_of(&server, clock.clone()).await;
    acknowledged(&one, "second").await;
    assert!(
        !is_revoked(&two, "first"),
        "its tokens have expired by this clock"
    );
    clock.0.store(0, Ordering::Relaxed);
    until_revoked(&two, "first").await;
    until_revoked(&two, "second").await;
    assert_eq!(all(&one), all(&two));
}

/// Redis accepts connections and does not answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn callers_of_a_stuck_redis_do_not_wait_for_one_another() {
    let server = RedisServer::start();
    let one = replica(&server).await;
    acknowledged(&one, "first").await;
    server.pause();
    for wave in ["with a connection", "without"] {
        let calls = (0..10).map(|number| {
            let one = Arc::clone(&one);
            async move {
                let begun = Instant::now();
                let refused = one.revoke(&[revocation(&format!("{number}"))]).await;
                assert!(refused.is_err(), "{wave}");
                begun.elapsed()
            }
        });
        let longest = join_all(calls).await.into_iter().max().unwrap();
        assert!(longest < Duration::from_secs(5), "{wave}: {longest:?}");
    }
    server.resume();
    for number in 0..10 {
        let two = replica(&server).await;
        until_revoked(&two, &format!("{number}")).await;
    }
}
