//! What one process learns of is refused by all.

use std::time::{Duration, SystemTime};

use auth_testkit::webhooks::DeliveryMode;
use tokio::time::timeout;

use crate::mcp::{call, open_stream, read_to_the_end};
use crate::process::Replica;
use crate::stage::{ORGANIZATION, PATIENCE, Stage, USER, until};

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_webhook_at_one_is_in_effect_at_all_and_ends_streams() {
    let stage = Stage::start().await;
    let replicas = stage.three();
    let (session, other) = (stage.session(), stage.session());
    let (token, others) = (stage.token(&session), stage.token(&other));
    for replica in &replicas {
        assert_eq!(call(replica.url(), &token, "notes_list").await, 200);
    }
    let stream = open_stream(replicas[2].url(), &token).await;
    let control = open_stream(replicas[2].url(), &others).await;

    assert!(stage.scalekit.admin().end_session(&session));
    stage.scalekit.webhooks().idle().await;
    // In the process that has answered the webhook, the next request is refused.
    assert_eq!(call(replicas[0].url(), &token, "notes_list").await, 401);
    for replica in &replicas[1..] {
        until(401, replica, &token).await;
    }
    timeout(PATIENCE, read_to_the_end(stream)).await.unwrap();

    // Another session of the same user is still admitted, and its stream stays open.
    for replica in &replicas {
        assert_eq!(call(replica.url(), &others, "notes_list").await, 200);
    }
    let control = timeout(Duration::from_millis(300), read_to_the_end(control));
    assert!(
        control.await.is_err(),
        "the stream of another session ended"
    );
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_member_who_was_removed_comes_back_with_a_new_login_only() {
    let stage = Stage::start().await;
    let replicas = stage.three();
    let token = stage.token(&stage.session());
    until(200, &replicas[1], &token).await;
    stage.scalekit.admin().remove_member(USER, ORGANIZATION);
    stage.scalekit.webhooks().idle().await;
    until(401, &replicas[1], &token).await;
    stage
        .scalekit
        .admin()
        .add_member(USER, ORGANIZATION, ["member"]);
    stage.scalekit.webhooks().idle().await;
    assert_eq!(call(replicas[1].url(), &token, "notes_list").await, 401);
    // A time in whole seconds, after that of the removal.
    let later = SystemTime::now() + Duration::from_secs(1);
    let login = stage
        .scalekit
        .token()
        .session(stage.session())
        .issued_at(later);
    for replica in &replicas {
        assert_eq!(call(replica.url(), &login.sign(), "notes_list").await, 200);
    }
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_duplicate_at_another_process_has_no_second_effect() {
    let stage = Stage::start().await;
    let replicas = stage.three();
    let token = stage.token(&stage.session());
    until(200, &replicas[2], &token).await;
    let event = stage.scalekit.admin().remove_member(USER, ORGANIZATION);
    stage.scalekit.webhooks().idle().await;
    until(401, &replicas[2], &token).await;
    let entries = redis_entries(&stage).await;

    // From now on webhooks arrive at the second process.
    stage.scalekit.webhooks().remove(replicas[0].webhook_url());
    stage.send_webhooks_to(&replicas[1]);
    let webhooks = stage.scalekit.webhooks();
    webhooks.redeliver(&event, DeliveryMode::Twice);
    webhooks.idle().await;
    let deliveries = webhooks.deliveries();
    let repeated = deliveries
        .iter()
        .filter(|it| it.url == replicas[1].webhook_url());
    let statuses: Vec<_> = repeated
        .flat_map(|it| &it.attempts)
        .map(|it| it.status)
        .collect();
    assert!(statuses.len() >= 2, "{statuses:?}");
    assert!(
        statuses.iter().all(|status| *status == Some(201)),
        "{statuses:?}"
    );
    assert_eq!(redis_entries(&stage).await, entries, "the log has grown");

    // The control: another event is an entry.
    assert!(stage.scalekit.admin().end_session(&stage.session()));
    webhooks.idle().await;
    assert_ne!(redis_entries(&stage).await, entries);
}

/// The length of the log of revocations.
async fn redis_entries(stage: &Stage) -> String {
    crate::failures::ask_redis(stage.redis.port, "XLEN auth:revocations").await
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn an_operation_with_consequences_asks_scalekit() {
    let stage = Stage::start().await;
    let replica = stage.caught_up_replica().await;
    let (session, other) = (stage.session(), stage.session());
    let (token, others) = (stage.token(&session), stage.token(&other));
    // No webhook is sent anywhere.
    assert!(stage.scalekit.admin().end_session(&session));
    assert_eq!(call(replica.url(), &others, "deploy").await, 200);
    assert_eq!(call(replica.url(), &token, "notes_list").await, 200);
    assert_eq!(call(replica.url(), &token, "deploy").await, 401);
    // What one operation has found out holds for all.
    assert_eq!(call(replica.url(), &token, "notes_list").await, 401);
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn without_a_management_api_such_an_operation_is_refused() {
    let stage = Stage::start().await;
    let mut variables = stage.variables();
    variables.retain(|(name, _)| !name.starts_with("SCALEKIT_CLIENT"));
    let replica = Replica::start(0, &variables).unwrap();
    let token = stage.token(&stage.session());
    assert_eq!(call(replica.url(), &token, "notes_list").await, 200);
    assert_eq!(call(replica.url(), &token, "deploy").await, 403);
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_process_that_starts_reads_the_events_that_no_webhook_has_delivered() {
    let stage = Stage::start().await;
    let session = stage.session();
    let token = stage.token(&session);
    let before = stage.caught_up_replica().await;
    assert_eq!(call(before.url(), &token, "notes_list").await, 200);
    assert!(stage.scalekit.admin().end_session(&session));
    assert_eq!(call(before.url(), &token, "notes_list").await, 200);
    let after = stage.replica();
    until(401, &after, &token).await;
    until(401, &before, &token).await;
}
