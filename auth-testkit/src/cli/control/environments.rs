//! The issuers that are being served, by their ids: one for each test, so that none sees what another
//! has done.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::error::ApiError;
use crate::cli::Failure;
use crate::cli::environment::Environment;
use crate::cli::settings::Settings;
use crate::{FaultGuard, Gate, Refusal};

/// The id of the one that the program was started with.
pub(in crate::cli) const FIRST: &str = "default";

/// All environments.
#[derive(Debug, Default)]
pub(in crate::cli) struct Environments(Mutex<HashMap<String, Arc<Served>>>);

/// An environment, and what is set in it until it is taken away.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) environment: Environment,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    things: HashMap<u64, Thing>,
    next_id: u64,
}

/// Something that ends when it is dropped.
#[derive(Debug)]
pub(super) enum Thing {
    Fault(FaultGuard),
    Gate(Gate),
    Refusal(#[allow(dead_code, reason = "it does its work by being there")] Refusal),
}

impl Environments {
    /// Starts another, and describes it.
    pub(in crate::cli) fn start(&self, id: &str, settings: &Settings) -> Result<Value, Failure> {
        let environment = Environment::start(settings)?;
        let mut described = environment.described();
        described["id"] = id.into();
        let served = Served {
            environment,
            held: Mutex::default(),
        };
        self.lock().insert(id.to_owned(), Arc::new(served));
        Ok(described)
    }

    /// # Errors
    ///
    /// 404 when there is none of this id.
    pub(super) fn get(&self, id: &str) -> Result<Arc<Served>, ApiError> {
        let found = self.lock().get(id).cloned();
        found.ok_or_else(|| ApiError::not_found(format!("no environment is called {id:?}")))
    }

    /// # Errors
    ///
    /// 404 when there is none of this id.
    pub(super) fn stop(&self, id: &str) -> Result<(), ApiError> {
        let found = self.lock().remove(id);
        let not_found = || ApiError::not_found(format!("no environment is called {id:?}"));
        found.map(drop).ok_or_else(not_found)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Served>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Served {
    /// Keeps something until it is taken away, and returns its id.
    pub(super) fn hold(&self, thing: Thing) -> u64 {
        let mut held = self.lock();
        held.next_id += 1;
        let id = held.next_id;
        held.things.insert(id, thing);
        id
    }

    /// Looks at what has this id.
    ///
    /// # Errors
    ///
    /// 404 when nothing has.
    pub(super) fn look<T>(
        &self,
        id: u64,
        at: impl FnOnce(&Thing) -> Option<T>,
    ) -> Result<T, ApiError> {
        let held = self.lock();
        let found = held.things.get(&id).and_then(at);
        found.ok_or_else(|| ApiError::not_found(format!("nothing of this kind has the id {id}")))
    }

    /// Takes away what has this id.
    pub(super) fn end(&self, id: u64) {
        let ended = self.lock().things.remove(&id);
        drop(ended);
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
