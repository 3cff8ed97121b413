use std::time::Duration;

use auth_core::idempotency::{Begin, IdempotencyStore};
use auth_core::redis::{RedisIdempotency, RedisSettings};

use crate::redis_server::RedisServer;

const LONG: Duration = Duration::from_secs(3600);

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_key_is_done_once_in_all_processes() {
    let server = RedisServer::start();
    let store = || RedisIdempotency::new(&RedisSettings::new(server.url())).unwrap();
    let [one, two] = [store(), store()];
    assert_eq!(one.begin("evt_1", LONG).await.unwrap(), Begin::First);
    assert_eq!(two.begin("evt_1", LONG).await.unwrap(), Begin::InProgress);
    assert_eq!(
        two.begin("evt_2", LONG).await.unwrap(),
        Begin::First,
        "another"
    );
    two.abandon("evt_2").await.unwrap();
    assert_eq!(one.begin("evt_2", LONG).await.unwrap(), Begin::First);
    one.complete("evt_1", LONG).await.unwrap();
    assert_eq!(two.begin("evt_1", LONG).await.unwrap(), Begin::Done);
    // The lease of a process that has died ends, and so does the memory of what is done.
    let short = Duration::from_millis(1);
    for key in ["lease", "keep"] {
        assert_eq!(one.begin(key, short).await.unwrap(), Begin::First);
        if key == "keep" {
            one.complete(key, short).await.unwrap();
        }
        let again = async {
            while two.begin(key, LONG).await.unwrap() != Begin::First {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), again)
            .await
            .unwrap();
    }
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn it_is_unavailable_without_redis_and_connects_again() {
    let mut server = RedisServer::start();
    let store = RedisIdempotency::new(&RedisSettings::new(server.url())).unwrap();
    assert_eq!(store.begin("evt_1", LONG).await.unwrap(), Begin::First);
    server.kill();
    assert!(store.begin("evt_1", LONG).await.is_err());
    assert!(store.complete("evt_1", LONG).await.is_err());
    assert!(store.abandon("evt_1").await.is_err());
    server.start_again();
    // A failure to connect holds for a second.
    let again = async {
        loop {
            match store.begin("evt_1", LONG).await {
                Ok(begun) => return begun,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let begun = tokio::time::timeout(Duration::from_secs(10), again).await;
    assert_eq!(begun.unwrap(), Begin::InProgress);
    store.complete("evt_1", LONG).await.unwrap();
    assert_eq!(store.begin("evt_1", LONG).await.unwrap(), Begin::Done);
}
