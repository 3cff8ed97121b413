//! The issuers that are being served, by their ids: a test can start its own, so that tests do not see each
//! other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::error::ApiError;
use crate::ConnectionRefusal;
use crate::cli::Failure;
use crate::cli::environment::Environment;
use crate::cli::settings::Settings;
use crate::fault::{FaultGuard, Gate};

/// The id of the one that the program was started with.
pub(in crate::cli) const FIRST: &str = "default";

/// All environments.
#[derive(Debug, Default)]
pub(in crate::cli) struct Environments(Mutex<HashMap<String, Arc<Served>>>);

/// An environment, and the faults, gates and refusals that are set in it.
#[derive(Debug)]
pub(super) struct Served {
    pub(super) environment: Environment,
    active: Mutex<ActiveFaults>,
}

#[derive(Debug, Default)]
struct ActiveFaults {
    items: HashMap<u64, ActiveFault>,
    next_id: u64,
}

/// A fault, gate or refusal that is active until it is dropped.
#[derive(Debug)]
pub(super) enum ActiveFault {
    Fault(FaultGuard),
    Gate(Gate),
    ConnectionRefusal(
        #[allow(dead_code, reason = "it does its work by being there")] ConnectionRefusal,
    ),
}

impl Environments {
    /// Starts another, and describes it.
    pub(in crate::cli) fn start(&self, id: &str, settings: &Settings) -> Result<Value, Failure> {
        let environment = Environment::start(settings)?;
        let mut described = environment.described();
        described["id"] = id.into();
        let served = Served {
            environment,
            active: Mutex::default(),
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
    /// Keeps a fault, gate or refusal until it is ended, and returns its id.
    pub(super) fn hold(&self, fault: ActiveFault) -> u64 {
        let mut all = self.lock();
        all.next_id += 1;
        let id = all.next_id;
        all.items.insert(id, fault);
        id
    }

    /// Looks at what has this id.
    ///
    /// # Errors
    ///
    /// 404 when there is none.
    pub(super) fn look<T>(
        &self,
        id: u64,
        at: impl FnOnce(&ActiveFault) -> Option<T>,
    ) -> Result<T, ApiError> {
        let all = self.lock();
        let found = all.items.get(&id).and_then(at);
        found.ok_or_else(|| ApiError::not_found(format!("nothing of this kind has the id {id}")))
    }

    /// Ends what has this id.
    pub(super) fn end(&self, id: u64) {
        let ended = self.lock().items.remove(&id);
        drop(ended);
    }

    fn lock(&self) -> MutexGuard<'_, ActiveFaults> {
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
