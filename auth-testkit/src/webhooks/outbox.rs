//! What is to be sent, shared by those who add to it and the sender.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::queue::{Due, Endpoint, Entries, Job};
use super::shuffle::shuffle;
use super::{Attempt, Delivery, DeliveryMode, DeliveryState, WebhookSecret};
use crate::event::{Event, Listener};

/// What is to be sent, shared by those who add to it and the sender.
#[derive(Debug)]
pub(crate) struct Outbox {
    entries: Mutex<Entries>,
    /// Counts changes, for those who wait for one.
    changed: watch::Sender<u64>,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            entries: Mutex::default(),
            changed: watch::Sender::new(0),
        }
    }

    pub(super) fn add_endpoint(&self, url: String, secrets: Vec<WebhookSecret>) {
        self.change(|entries| {
            entries.endpoints.push(Endpoint {
                url,
                secrets,
                is_removed: false,
            });
        });
    }

    /// Sets the secrets of the endpoints with this URL, and returns whether there are any.
    pub(super) fn set_secrets(&self, url: &str, secrets: &[WebhookSecret]) -> bool {
        self.change(|entries| {
            let all = entries.endpoints.iter_mut();
            let mut found = false;
            for endpoint in all.filter(|one| one.url == url && !one.is_removed) {
                endpoint.secrets = secrets.to_vec();
                found = true;
            }
            found
        })
    }

    /// Sends nothing more to this URL, and returns whether there were endpoints with it.
    pub(super) fn remove_endpoint(&self, url: &str) -> bool {
        self.change(|entries| {
            let mut removed = HashSet::new();
            for (place, endpoint) in entries.endpoints.iter_mut().enumerate() {
                if endpoint.url == url && !endpoint.is_removed {
                    endpoint.is_removed = true;
                    removed.insert(place);
                }
            }
            let gone = |job: &Job| removed.contains(&job.endpoint);
            let queued = entries.queue.values().filter(|job| gone(job));
            let held = entries.held.iter().filter(|job| gone(job));
            let failed: Vec<u64> = queued.chain(held).map(|job| job.delivery).collect();
            entries.queue.retain(|_, job| !gone(job));
            entries.held.retain(|job| !gone(job));
            for delivery in failed {
                entries.set_state(delivery, DeliveryState::Failed);
            }
            !removed.is_empty()
        })
    }

    pub(super) fn set_mode(&self, mode: DeliveryMode) {
        self.lock().mode = mode;
    }

    pub(super) fn set_schedule(&self, waits: Vec<Duration>) {
        self.lock().schedule = waits;
    }

    /// Adds an event once more.
    pub(super) fn add(&self, event: &Arc<Event>, mode: DeliveryMode, now: SystemTime) {
        self.change(|entries| entries.add(event, mode, now));
    }

    /// Queues what was held, in the order of its seed, and returns how much it was.
    pub(super) fn release(&self, now: SystemTime) -> usize {
        self.change(|entries| {
            let mut held = std::mem::take(&mut entries.held);
            shuffle(&mut held);
            let count = held.len();
            for job in held {
                entries.set_state(job.delivery, DeliveryState::Queued);
                entries.queue(now, job);
            }
            count
        })
    }

    pub(super) fn deliveries(&self) -> Vec<Delivery> {
        self.lock().deliveries.values().cloned().collect()
    }

    /// Whether nothing is being sent, or is due now.
    pub(super) fn is_idle(&self, now: SystemTime) -> bool {
        let entries = self.lock();
        let mut first = (0..entries.endpoints.len()).filter_map(|endpoint| entries.first(endpoint));
        entries.busy.is_empty() && first.all(|(_, due, _)| due > now)
    }

    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Lets the sender look at the clock again.
    pub(super) fn wake(&self) {
        self.change(|_| ());
    }

    /// The next job that is due, whose endpoint no other request is being sent to.
    pub(super) fn take_due(&self, now: SystemTime) -> Option<Due> {
        let entries = &mut *self.lock();
        let key = entries.next_of_each().find(|(_, due, _)| *due <= now)?;
        let job = entries.queue.remove(&key)?;
        entries.busy.insert(job.endpoint);
        let endpoint = entries.endpoints.get(job.endpoint)?;
        Some(Due {
            url: endpoint.url.clone(),
            secrets: endpoint.secrets.clone(),
            job,
        })
    }

    /// When the next job is due of those that need not wait for another request.
    pub(super) fn next_due(&self) -> Option<SystemTime> {
        let entries = self.lock();
        let next = entries.next_of_each().map(|(_, due, _)| due);
        next.min()
    }

    /// Notes how an attempt has ended, and queues the next one if there is to be one.
    pub(super) fn done(&self, job: Job, attempt: Attempt, now: SystemTime) {
        self.change(|entries| {
            entries.busy.remove(&job.endpoint);
            let is_success = attempt.is_success();
            if let Some(delivery) = entries.deliveries.get_mut(&job.delivery) {
                delivery.attempts.push(attempt);
            }
            let is_removed = entries
                .endpoints
                .get(job.endpoint)
                .is_none_or(|one| one.is_removed);
            let wait = entries.schedule.get(job.attempt + 1).copied();
            let wait = wait.filter(|_| !is_success && !is_removed && job.mode.is_genuine());
            let state = match wait {
                _ if is_success => DeliveryState::Success,
                Some(_) => DeliveryState::Retrying,
                None => DeliveryState::Failed,
            };
            // The second of two is a delivery of the same record, which one success is enough for.
            let is_success_already = entries.state(job.delivery) == Some(DeliveryState::Success);
            if !is_success_already {
                entries.set_state(job.delivery, state);
            }
            if let Some(wait) = wait {
                let attempt = job.attempt + 1;
                entries.queue(now + wait, Job { attempt, ..job });
            }
        });
    }

    fn change<T>(&self, change: impl FnOnce(&mut Entries) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.send_modify(|count| *count += 1);
        result
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Outbox {
    fn occurred(&self, event: &Arc<Event>, now: SystemTime) {
        let mode = self.lock().mode;
        self.add(event, mode, now);
    }
}
