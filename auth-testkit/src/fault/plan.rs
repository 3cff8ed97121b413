//! The faults and gates that are set.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use auth_core::support::Clock;

use super::latch::Latch;
use super::{Effect, Fault};
use crate::endpoint::Endpoint;

/// Faults and gates by endpoint, in the order in which they were set.
#[derive(Debug, Default)]
pub(crate) struct Plan(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    faults: Vec<Entry>,
    latches: Vec<(Endpoint, Arc<Latch>)>,
    next_id: u64,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    endpoint: Endpoint,
    fault: Fault,
    /// None: always.
    times: Option<usize>,
    hits: usize,
}

impl Plan {
    /// Sets a fault; the id names it to the other methods.
    pub(super) fn add(&self, endpoint: Endpoint, fault: Fault) -> u64 {
        let mut entries = self.lock();
        let id = entries.next_id;
        entries.next_id += 1;
        entries.faults.push(Entry {
            id,
            endpoint,
            fault,
            times: None,
            hits: 0,
        });
        id
    }

    pub(super) fn limit(&self, id: u64, times: usize) {
        if let Some(entry) = self.lock().faults.iter_mut().find(|entry| entry.id == id) {
            entry.times = Some(times);
        }
    }

    /// The number of requests that the fault has applied to.
    pub(super) fn hits(&self, id: u64) -> usize {
        let entries = self.lock();
        let entry = entries.faults.iter().find(|entry| entry.id == id);
        entry.map_or(0, |entry| entry.hits)
    }

    pub(super) fn remove(&self, id: u64) {
        self.lock().faults.retain(|entry| entry.id != id);
    }

    pub(super) fn hold(&self, endpoint: Endpoint, latch: Arc<Latch>) {
        self.lock().latches.push((endpoint, latch));
    }

    pub(super) fn release(&self, latch: &Arc<Latch>) {
        self.lock()
            .latches
            .retain(|(_, known)| !Arc::ptr_eq(known, latch));
    }

    /// What is done to this request: by the first fault that was set and has not reached its limit. Counts the request,
    /// and begins the delay of a fault that has one. A test that sees the request may move the clock.
    pub(crate) fn next_effect(&self, endpoint: Endpoint, clock: &dyn Clock) -> Option<Effect> {
        let mut entries = self.lock();
        let entry = entries.faults.iter_mut().find(|entry| {
            entry.endpoint == endpoint && entry.times.is_none_or(|times| entry.hits < times)
        })?;
        entry.hits += 1;
        Some(entry.fault.clone().effect(clock))
    }

    /// The latches that a request to this endpoint has to pass.
    pub(crate) fn latches(&self, endpoint: Endpoint) -> Vec<Arc<Latch>> {
        let entries = self.lock();
        let latches = entries.latches.iter();
        latches
            .filter(|(of, _)| *of == endpoint)
            .map(|(_, latch)| Arc::clone(latch))
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
