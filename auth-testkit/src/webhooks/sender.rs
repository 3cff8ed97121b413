//! Sends what is due: one request at a time to each endpoint, and to all endpoints at once.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use http::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use tokio::task::JoinSet;

use super::Attempt;
use super::message::Message;
use super::outbox::Outbox;
use super::queue::Due;
use crate::endpoint::Endpoint;
use crate::fault::{Effect, Plan};

/// Within which a receiver has to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends until it is dropped.
pub(crate) async fn run(outbox: Arc<Outbox>, clock: Arc<dyn Clock>, plan: Arc<Plan>) {
    // Made for the first request, since reading the TLS roots takes time.
    let client = OnceLock::new();
    let mut changes = outbox.changes();
    let mut sending = JoinSet::new();
    loop {
        changes.borrow_and_update();
        while let Some(due) = outbox.take_due(clock.now()) {
            let client = client.get_or_init(client_without_redirects).clone();
            let (outbox, clock, plan) =
                (Arc::clone(&outbox), Arc::clone(&clock), Arc::clone(&plan));
            sending.spawn(async move {
                let attempt = attempt(&due, &client, &*clock, &plan).await;
                outbox.done(due.job, attempt, clock.now());
            });
        }
        let next = outbox.next_due();
        let is_due = async {
            match next {
                Some(due) => clock.sleep(until(due, clock.now())).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // It is not dropped as long as this function has it.
            _ = changes.changed() => {}
            Some(_) = sending.join_next() => {}
            () = is_due => {}
        }
    }
}

fn until(due: SystemTime, now: SystemTime) -> Duration {
    due.duration_since(now).unwrap_or_default()
}

/// One request, as the fault of the sender has it if one is set: the status of a fault stands for the receiver's
/// answer, and what damages a reply loses it.
async fn attempt(due: &Due, client: &reqwest::Client, clock: &dyn Clock, plan: &Plan) -> Attempt {
    for latch in plan.latches(Endpoint::WebhookDelivery) {
        latch.pass().await;
    }
    let is_lost = match plan.next_effect(Endpoint::WebhookDelivery, clock) {
        None => false,
        Some(Effect::Late(delay)) => {
            delay.await;
            false
        }
        Some(Effect::Instead(replacement)) => {
            let status = Some(replacement.reply.status().as_u16());
            return Attempt {
                at: clock.now(),
                status,
            };
        }
        Some(Effect::CutBody(_) | Effect::Dribble(_) | Effect::Lost(_)) => true,
    };
    let at = clock.now();
    let status = send(due, client, clock, at).await;
    Attempt {
        at,
        status: status.filter(|_| !is_lost),
    }
}

/// The status of the answer, if one came in time.
async fn send(
    due: &Due,
    client: &reqwest::Client,
    clock: &dyn Clock,
    now: SystemTime,
) -> Option<u16> {
    let message = Message::new(&due.job.event, &due.secrets, due.job.mode, now);
    let request = client
        .post(&due.url)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", message.id)
        .header("webhook-timestamp", message.timestamp)
        .header("webhook-signature", message.signature)
        .body(message.body);
    tokio::select! {
        answered = request.send() => answered.ok().map(|answer| answer.status().as_u16()),
        () = clock.sleep(TIMEOUT) => None,
    }
}

fn client_without_redirects() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .build()
        .expect("the TLS roots can be read")
}
