//! The endpoints, the deliveries, and what is due when.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::message::webhook_id;
use super::{Delivery, DeliveryMode, DeliveryState, WebhookSecret};
use crate::event::Event;

/// More deliveries are forgotten, the oldest first.
const KEPT: usize = 100_000;

/// The waits before each attempt: those of Svix, which Scalekit's webhooks are sent with.
const SCHEDULE: [u64; 8] = [0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000];

#[derive(Debug)]
pub(super) struct Entries {
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) mode: DeliveryMode,
    pub(super) schedule: Vec<Duration>,
    /// By their endpoint, when they are due, and when they were added.
    pub(super) queue: BTreeMap<(usize, SystemTime, u64), Job>,
    pub(super) held: Vec<Job>,
    /// The endpoints that a request is being sent to.
    pub(super) busy: HashSet<usize>,
    pub(super) deliveries: BTreeMap<u64, Delivery>,
    pub(super) next: u64,
}

/// Where events are sent. It stays in its place: others know it by that.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) url: String,
    pub(super) secrets: Vec<WebhookSecret>,
    pub(super) is_removed: bool,
}

/// A request to be sent.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) event: Arc<Event>,
    pub(super) mode: DeliveryMode,
    pub(super) endpoint: usize,
    pub(super) delivery: u64,
    /// The number of attempts before it.
    pub(super) attempt: usize,
}

/// A job that is being sent, with what it needs.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) job: Job,
    pub(super) url: String,
    pub(super) secrets: Vec<WebhookSecret>,
}

impl Default for Entries {
    fn default() -> Self {
        Self {
            endpoints: Vec::new(),
            mode: DeliveryMode::default(),
            schedule: SCHEDULE.map(Duration::from_secs).to_vec(),
            queue: BTreeMap::new(),
            held: Vec::new(),
            busy: HashSet::new(),
            deliveries: BTreeMap::new(),
            next: 0,
        }
    }
}

impl Entries {
    pub(super) fn add(&mut self, event: &Arc<Event>, mode: DeliveryMode, now: SystemTime) {
        for endpoint in 0..self.endpoints.len() {
            let known = self.endpoints.get(endpoint);
            let Some(url) = known
                .filter(|one| !one.is_removed)
                .map(|one| one.url.clone())
            else {
                continue;
            };
            let delivery = self.number();
            let state = match mode {
                DeliveryMode::Never => DeliveryState::Withheld,
                DeliveryMode::Shuffled(_) => DeliveryState::Held,
                _ => DeliveryState::Queued,
            };
            let record = Delivery {
                event: event.id.clone(),
                event_type: event.kind,
                webhook_id: webhook_id(event),
                url,
                mode,
                state,
                attempts: Vec::new(),
            };
            self.deliveries.insert(delivery, record);
            if self.deliveries.len() > KEPT {
                self.deliveries.pop_first();
            }
            let job = Job {
                event: Arc::clone(event),
                mode,
                endpoint,
                delivery,
                attempt: 0,
            };
            let due = now + self.schedule.first().copied().unwrap_or_default();
            match mode {
                DeliveryMode::Never => {}
                DeliveryMode::Shuffled(_) => self.held.push(job),
                DeliveryMode::Late(by) => {
                    // A time that no clock shows never comes.
                    if let Some(due) = due.checked_add(by) {
                        self.queue(due, job);
                    }
                }
                DeliveryMode::Twice => {
                    self.queue(due, job.clone());
                    self.queue(due, job);
                }
                _ => self.queue(due, job),
            }
        }
    }

    pub(super) fn queue(&mut self, due: SystemTime, job: Job) {
        let number = self.number();
        self.queue.insert((job.endpoint, due, number), job);
    }

    /// The place of the next job of an endpoint.
    pub(super) fn first(&self, endpoint: usize) -> Option<(usize, SystemTime, u64)> {
        let start = (endpoint, SystemTime::UNIX_EPOCH, 0);
        let end = (endpoint + 1, SystemTime::UNIX_EPOCH, 0);
        self.queue.range(start..end).next().map(|(key, _)| *key)
    }

    /// The places of the next jobs of all endpoints that no request is being sent to.
    pub(super) fn next_of_each(&self) -> impl Iterator<Item = (usize, SystemTime, u64)> {
        let endpoints = 0..self.endpoints.len();
        let free = endpoints.filter(|endpoint| !self.busy.contains(endpoint));
        free.filter_map(|endpoint| self.first(endpoint))
    }

    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(super) fn state(&self, delivery: u64) -> Option<DeliveryState> {
        self.deliveries
            .get(&delivery)
            .map(|delivery| delivery.state)
    }

    pub(super) fn set_state(&mut self, delivery: u64, state: DeliveryState) {
        if let Some(delivery) = self.deliveries.get_mut(&delivery) {
            delivery.state = state;
        }
    }
}
