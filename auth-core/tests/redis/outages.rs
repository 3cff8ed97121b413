use std::time::Duration;

use auth_core::redis::OnOutage;
use auth_core::revocation::{RevocationStore, Revocations};
use auth_core::verifier::VerifyError;
use tempfile::TempDir;

use crate::redis_server::RedisServer;
use crate::support::{
    Replica, acknowledged, all, is_revoked, replica, replica_with, revocation, token, until_revoked,
};

/// What happens to Redis, between two revocations.
enum Outage {
    Killed,
    Emptied,
    Flushed,
    /// It starts with the data of before the last revocation.
    LostTheEnd,
    /// Another one has the address.
    Replaced,
    Paused,
}

/// Each replica revokes something before, during and after the outage.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn after_an_outage_all_replicas_know_the_same() {
    for (name, outage) in [
        ("killed", Outage::Killed),
        ("restarted empty", Outage::Emptied),
        ("flushed while it runs", Outage::Flushed),
        ("restarted without the end", Outage::LostTheEnd),
        ("replaced", Outage::Replaced),
        ("paused", Outage::Paused),
    ] {
        let mut server = RedisServer::start();
        let replicas = [
            replica(&server).await,
            replica(&server).await,
            replica(&server).await,
        ];
        acknowledged(&replicas[0], "first").await;
        for replica in &replicas {
            until_revoked(replica, "first").await;
        }
        let backup = TempDir::new().unwrap();
        server.copy_data(backup.path());
        for (number, replica) in replicas.iter().enumerate() {
            acknowledged(replica, &format!("before {number}")).await;
        }
        match outage {
            Outage::Flushed => {
                let client = redis::Client::open(server.url()).unwrap();
                let mut connection = client.get_multiplexed_async_connection().await.unwrap();
                let flushed = redis::cmd("FLUSHALL").exec_async(&mut connection).await;
                flushed.unwrap();
            }
            Outage::Paused => {
                server.pause();
                during(&replicas).await;
                server.resume();
            }
            Outage::Killed => {
                server.kill();
                during(&replicas).await;
                server.start_again();
            }
            Outage::Emptied => {
                server.kill();
                during(&replicas).await;
                server.remove_data();
                server.start_again();
            }
            Outage::LostTheEnd => {
                server.kill();
                server.restore_data(backup.path());
                server.start_again();
            }
            Outage::Replaced => {
                server.kill();
                server.remove_data();
                server.start_again();
                let later = replica(&server).await;
                acknowledged(&later, "by a later replica").await;
            }
        }
        for (number, replica) in replicas.iter().enumerate() {
            acknowledged(replica, &format!("after {number}")).await;
        }
        let later = replica(&server).await;
        let expected = [
            "first", "before 0", "before 1", "before 2", "after 0", "after 1", "after 2",
        ];
        for replica in replicas.iter().chain([&later]) {
            for id in expected {
                until_revoked(replica, id).await;
            }
        }
        for replica in &replicas {
            if matches!(outage, Outage::Killed | Outage::Emptied | Outage::Paused) {
                until_revoked(replica, "during 0").await;
                until_revoked(replica, "during 1").await;
            }
        }
        // A replica that starts now knows it from Redis alone.
        let last = replica(&server).await;
        for id in expected {
            until_revoked(&last, id).await;
        }
        for replica in &replicas {
            assert_eq!(all(replica), all(&last), "{name}");
        }
        println!("{name}: {} revocations", all(&last).len());
    }
}

/// Revocations that are not acknowledged are in effect here, and later elsewhere.
async fn during(replicas: &[Replica]) {
    for (number, replica) in replicas.iter().take(2).enumerate() {
        let id = format!("during {number}");
        let refused = replica.revoke(&[revocation(&id)]).await;
        assert!(refused.is_err(), "not acknowledged");
        assert!(is_revoked(replica, &id), "in effect all the same");
        assert!(replica.state().unpublished);
    }
    assert!(
        !is_revoked(&replicas[2], "during 0"),
        "it could not be informed"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_replica_without_redis_does_what_the_setting_says() {
    let mut server = RedisServer::start();
    let refusing = replica_with(&server, OnOutage::RefuseAfter(Duration::from_secs(2))).await;
    let continuing = replica(&server).await;
    acknowledged(&refusing, "revoked").await;
    until_revoked(&continuing, "revoked").await;
    assert!(refusing.check(&token("good")).is_ok(), "the control");
    server.kill();
    let lost = async {
        while refusing.check(&token("good")).is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), lost)
        .await
        .unwrap();
    assert!(refusing.state().silence > Duration::from_secs(2));
    match refusing.check(&token("good")) {
        Err(VerifyError::Unavailable(error)) => assert_eq!(error.retry_after().as_secs(), 1),
        other => panic!("{other:?}"),
    }
    let revoked = refusing.check(&token("revoked"));
    assert!(
        matches!(revoked, Err(VerifyError::Invalid(_))),
        "known is known: {revoked:?}"
    );
    assert!(continuing.check(&token("good")).is_ok());
    server.start_again();
    let back = async {
        while refusing.check(&token("good")).is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), back)
        .await
        .unwrap();
}
