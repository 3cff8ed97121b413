//! Processes and Redis fail in the middle of it.

use std::time::Duration;

use auth_testkit::Endpoint;
use auth_testkit::webhooks::DeliveryMode;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::mcp::call;
use crate::process::Replica;
use crate::stage::{ORGANIZATION, PATIENCE, Stage, until};

/// Sends one command whose answer is a number, and returns the line.
pub(crate) async fn ask_redis(port: u16, command: &str) -> String {
    let mut redis = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    redis
        .write_all(format!("{command}\r\n").as_bytes())
        .await
        .unwrap();
    let mut line = String::new();
    BufReader::new(redis).read_line(&mut line).await.unwrap();
    assert!(line.starts_with(':'), "{command}: {line}");
    line
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_process_that_dies_before_it_answers_is_healed_by_the_next_delivery() {
    let stage = Stage::start().await;
    let [mut first, second, third] = stage.three();
    let webhooks = stage.scalekit.webhooks();
    webhooks.schedule([Duration::ZERO]);
    let token = stage.token(&stage.session());
    for replica in [&first, &second, &third] {
        assert_eq!(call(replica.url(), &token, "notes_list").await, 200);
    }

    // It has begun with the event, and asks Scalekit for the user.
    let gate = stage.scalekit.hold(Endpoint::SearchOrganizationUsers);
    let event = stage
        .scalekit
        .admin()
        .delete_directory_user("ada@example.com", ORGANIZATION);
    timeout(PATIENCE, gate.reached_by(1)).await.unwrap();
    let port = first.port();
    first.kill();
    drop(gate);
    webhooks.idle().await;
    assert_eq!(
        call(second.url(), &token, "notes_list").await,
        200,
        "nothing was stored"
    );

    let first = Replica::start(port, &stage.variables()).unwrap();
    // The catch-up at its start comes too early as well: the lease of the dead process has not ended.
    webhooks.redeliver(&event, DeliveryMode::InOrder);
    webhooks.idle().await;
    assert_eq!(last_status(&stage, &event), Some(503));
    assert_eq!(call(second.url(), &token, "notes_list").await, 200);

    // Its 30 s pass.
    let expire = format!("PEXPIRE auth:once:{event} 1");
    assert_eq!(ask_redis(stage.redis.port, &expire).await, ":1\r\n");
    webhooks.redeliver(&event, DeliveryMode::InOrder);
    webhooks.idle().await;
    for replica in [&first, &second, &third] {
        until(401, replica, &token).await;
    }
}

/// The moments are 100 us apart: before it has read the webhook, until after it has answered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_process_that_is_killed_at_a_hundred_moments_is_healed_by_the_next_delivery() {
    let stage = Stage::start().await;
    let mut variables = stage.variables();
    // Without the management API nothing is caught up: only the next delivery heals.
    variables.retain(|(name, _)| !name.starts_with("SCALEKIT_CLIENT"));
    let other = Replica::start(0, &variables).unwrap();
    let mut first = Replica::start(0, &variables).unwrap();
    let port = first.port();
    let webhooks = stage.scalekit.webhooks();
    webhooks.schedule([Duration::ZERO]);
    stage.send_webhooks_to(&first);
    let (mut answered, mut in_effect) = (0, 0);
    for moment in 0..100 {
        let session = stage.session();
        let token = stage.token(&session);
        assert_eq!(
            call(other.url(), &token, "notes_list").await,
            200,
            "{moment}"
        );
        assert!(stage.scalekit.admin().end_session(&session));
        tokio::time::sleep(Duration::from_micros(100 * moment)).await;
        first.kill();
        webhooks.idle().await;
        let event = webhooks.deliveries().last().unwrap().event.clone();
        let was_answered = last_status(&stage, &event) == Some(201);
        if was_answered {
            answered += 1;
            until(401, &other, &token).await;
        }
        if call(other.url(), &token, "notes_list").await == 401 {
            in_effect += 1;
        }
        first = Replica::start(port, &variables).unwrap();
        if !was_answered {
            // The 30 s of the dead process pass.
            let expire = format!("PEXPIRE auth:once:{event} 1");
            ask_redis(stage.redis.port, &expire).await;
            webhooks.redeliver(&event, DeliveryMode::InOrder);
            webhooks.idle().await;
            assert_eq!(last_status(&stage, &event), Some(201), "{moment}");
        }
        until(401, &other, &token).await;
        until(401, &first, &token).await;
    }
    println!("100 kills: {answered} after the answer, {in_effect} after the effect, all healed");
    assert!(
        (1..100).contains(&answered),
        "{answered}: the moments are not spread"
    );
}

fn last_status(stage: &Stage, event: &str) -> Option<u16> {
    let deliveries = stage.scalekit.webhooks().deliveries();
    let mut of_event = deliveries.iter().filter(|delivery| delivery.event == event);
    of_event
        .next_back()
        .unwrap()
        .attempts
        .last()
        .unwrap()
        .status
}

#[tokio::test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
async fn a_process_that_has_lost_redis_refuses_until_it_is_back() {
    let mut stage = Stage::start().await;
    let mut variables = stage.variables();
    variables.push(("REDIS_ON_OUTAGE", "2".into()));
    let refusing = Replica::start(0, &variables).unwrap();
    variables.pop();
    variables.push(("REDIS_ON_OUTAGE", "continue".into()));
    let going_on = Replica::start(0, &variables).unwrap();
    let token = stage.token(&stage.session());
    for replica in [&refusing, &going_on] {
        assert_eq!(call(replica.url(), &token, "notes_list").await, 200);
        assert_eq!(ready(replica).await, 200);
    }
    stage.redis.kill();
    until(503, &refusing, &token).await;
    assert_eq!(ready(&refusing).await, 503);
    assert_eq!(call(going_on.url(), &token, "notes_list").await, 200);
    assert_eq!(ready(&going_on).await, 200);
    stage.redis.start_again();
    until(200, &refusing, &token).await;
    assert_eq!(ready(&refusing).await, 200);
}

async fn ready(replica: &Replica) -> u16 {
    let url = replica.ready["ready_url"].as_str().unwrap();
    reqwest::get(url).await.unwrap().status().as_u16()
}
