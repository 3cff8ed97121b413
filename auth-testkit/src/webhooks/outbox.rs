//! The endpoints, the deliveries, and what is due when.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::watch;

use super::message::webhook_id;
use super::{Attempt, Delivery, DeliveryMode, DeliveryState, WebhookSecret};
use crate::event::{Event, Listener};

/// More deliveries are forgotten, the oldest first.
const KEPT: usize = 100_000;

/// The waits before each attempt: those of Svix, which Scalekit's webhooks are sent with.
const SCHEDULE: [u64; 8] = [0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000];

/// What is to be sent, shared by those who add to it and the sender.
#[derive(Debug)]
pub(crate) struct Outbox {
    entries: Mutex<Entries>,
    /// Counts changes, for those who wait for one.
    changed: watch::Sender<u64>,
}

#[derive(Debug)]
struct Entries {
    endpoints: Vec<Endpoint>,
    mode: DeliveryMode,
    schedule: Vec<Duration>,
    /// By their endpoint, when they are due, and when they were added.
    queue: BTreeMap<(usize, SystemTime, u64), Job>,
    held: Vec<Job>,
    /// The endpoints that a request is being sent to.
    busy: HashSet<usize>,
    deliveries: BTreeMap<u64, Delivery>,
    next: u64,
}

/// Where events are sent. It stays in its place: others know it by that.
#[derive(Debug)]
struct Endpoint {
    url: String,
    secrets: Vec<WebhookSecret>,
    is_removed: bool,
}

/// A request to be sent.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) event: Arc<Event>,
    pub(super) mode: DeliveryMode,
    endpoint: usize,
    delivery: u64,
    /// The number of attempts before it.
    attempt: usize,
}

/// A job that is being sent, with what it needs.
#[derive(Debug)]
pub(super) struct Due {
    pub(super) job: Job,
    pub(super) url: String,
    pub(super) secrets: Vec<WebhookSecret>,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            entries: Mutex::new(Entries {
                endpoints: Vec::new(),
                mode: DeliveryMode::default(),
                schedule: SCHEDULE.map(Duration::from_secs).to_vec(),
                queue: BTreeMap::new(),
                held: Vec::new(),
                busy: HashSet::new(),
                deliveries: BTreeMap::new(),
                next: 0,
            }),
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

impl Entries {
    fn add(&mut self, event: &Arc<Event>, mode: DeliveryMode, now: SystemTime) {
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
                DeliveryMode::Late(by) => self.queue(due + by, job),
                DeliveryMode::Twice => {
                    self.queue(due, job.clone());
                    self.queue(due, job);
                }
                _ => self.queue(due, job),
            }
        }
    }

    fn queue(&mut self, due: SystemTime, job: Job) {
        let number = self.number();
        self.queue.insert((job.endpoint, due, number), job);
    }

    /// The place of the next job of an endpoint.
    fn first(&self, endpoint: usize) -> Option<(usize, SystemTime, u64)> {
        let start = (endpoint, SystemTime::UNIX_EPOCH, 0);
        let end = (endpoint + 1, SystemTime::UNIX_EPOCH, 0);
        self.queue.range(start..end).next().map(|(key, _)| *key)
    }

    /// The places of the next jobs of all endpoints that no request is being sent to.
    fn next_of_each(&self) -> impl Iterator<Item = (usize, SystemTime, u64)> {
        let endpoints = 0..self.endpoints.len();
        let free = endpoints.filter(|endpoint| !self.busy.contains(endpoint));
        free.filter_map(|endpoint| self.first(endpoint))
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn state(&self, delivery: u64) -> Option<DeliveryState> {
        self.deliveries
            .get(&delivery)
            .map(|delivery| delivery.state)
    }

    fn set_state(&mut self, delivery: u64, state: DeliveryState) {
        if let Some(delivery) = self.deliveries.get_mut(&delivery) {
            delivery.state = state;
        }
    }
}

/// Orders jobs by a number that the seed and the place give: the same for the same seed and number of jobs.
fn shuffle(jobs: &mut [Job]) {
    for place in (1..jobs.len()).rev() {
        let seed = match jobs.get(place).map(|job| job.mode) {
            Some(DeliveryMode::Shuffled(seed)) => seed,
            _ => 0,
        };
        let bound = u64::try_from(place + 1).unwrap_or(u64::MAX);
        let chosen = mixed(seed ^ mixed(bound)) % bound;
        jobs.swap(place, usize::try_from(chosen).unwrap_or(place));
    }
}

/// The output function of `SplitMix64`.
fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
