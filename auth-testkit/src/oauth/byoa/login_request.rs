//! Login requests: single use, 15 minutes, each bound to the state that the browser carries.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::oauth::authorization_request::AuthorizationRequest;
use crate::settings::User;
use crate::values::{Secret, id};

/// "Expires 15 minutes after it is issued" (Scalekit's API).
const LIFETIME: Duration = Duration::from_secs(900);

/// An authorization request whose user is at the login page.
#[derive(Debug)]
pub(crate) struct LoginRequest {
    pub(super) request: Arc<AuthorizationRequest>,
    /// By which authentication logs name it.
    pub(super) auth_request_id: String,
    /// What the browser brings back.
    state: Secret,
    expires: SystemTime,
    pub(super) stage: Stage,
}

/// How far a login has come.
#[derive(Debug)]
pub(super) enum Stage {
    AtLoginPage,
    LoggedIn(Box<User>),
    Failed,
    /// The browser was back.
    Complete,
}

/// Those that have not expired, by their ids.
#[derive(Debug, Default)]
pub(crate) struct LoginRequests(HashMap<String, LoginRequest>);

impl LoginRequests {
    /// Starts one, and returns its id and its state.
    pub(super) fn start(
        &mut self,
        request: AuthorizationRequest,
        now: SystemTime,
    ) -> (String, Secret) {
        self.0.retain(|_, known| known.expires > now);
        let (id, state) = (id::fresh("lri"), Secret::random());
        let started = LoginRequest {
            request: Arc::new(request),
            auth_request_id: id::fresh("req"),
            state: state.clone(),
            expires: now + LIFETIME,
            stage: Stage::AtLoginPage,
        };
        self.0.insert(id.clone(), started);
        (id, state)
    }

    /// The one with this id, complete or not.
    pub(super) fn get(&mut self, id: &str, now: SystemTime) -> Option<&mut LoginRequest> {
        self.0.get_mut(id).filter(|known| known.expires > now)
    }

    /// The one that this state belongs to.
    pub(super) fn of_state(&mut self, state: &str, now: SystemTime) -> Option<&mut LoginRequest> {
        let mut current = self.0.values_mut().filter(|known| known.expires > now);
        current.find(|known| known.state.matches(state))
    }
}
