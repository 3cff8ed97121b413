//! The issuer: a state machine from requests to replies without a server and a clock. It decides whether a
//! request has an endpoint and a method; the modules of the endpoints do the rest.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::{Method, Request, StatusCode};
use url::Url;

use crate::endpoint::Endpoint;
use crate::event::{Events, Listener};
use crate::keys::SharedKeyRing;
use crate::management;
use crate::mcp;
use crate::oauth;
use crate::oauth::reply::{self, Reply};
use crate::oauth::state::State;
use crate::settings::{Misbehaviour, Settings, User};

#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) settings: Settings,
    pub(crate) keys: SharedKeyRing,
    state: Mutex<State>,
}

impl Issuer {
    /// An issuer whose events are passed to a listener.
    pub(crate) fn new(settings: Settings, user: User, listener: Arc<dyn Listener>) -> Self {
        let keys = SharedKeyRing::new(settings.signing_algorithm);
        let events = Events::new(listener);
        Self {
            state: Mutex::new(State::new(&settings, user, keys.clone(), events)),
            settings,
            keys,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The endpoint that a request was sent to.
    pub(crate) fn endpoint(&self, request: &Request<Vec<u8>>) -> Endpoint {
        Endpoint::at(request.uri().path(), &self.settings.resource_id)
    }

    /// The client metadata document that has to be fetched before a request can be
    /// [handled](Self::handle), and handed in with [`store_document`](Self::store_document).
    pub(crate) fn missing_document(
        &self,
        request: &Request<Vec<u8>>,
        now: SystemTime,
    ) -> Option<Url> {
        match self.endpoint(request) {
            Endpoint::Authorize => self.state().missing_document(&self.settings, request, now),
            _ => None,
        }
    }

    /// The client metadata document that a test has published at this URL.
    pub(crate) fn published_document(&self, url: &Url) -> Option<Vec<u8>> {
        self.state().published.get(url.as_str()).cloned()
    }

    /// Stores a client metadata document that was fetched, or why it could not be.
    pub(crate) fn store_document(
        &self,
        url: &Url,
        fetched: Result<Vec<u8>, String>,
        now: SystemTime,
    ) {
        self.state()
            .store_document(&self.settings, url, fetched, now);
    }

    pub(crate) fn handle(&self, request: &Request<Vec<u8>>, now: SystemTime) -> Reply {
        let endpoint = self.endpoint(request);
        let allowed = endpoint.methods();
        let reply = match *request.method() {
            _ if !endpoint.is_served(&self.settings) || self.is_gone(endpoint) => {
                reply::text(StatusCode::NOT_FOUND, &self.hint(request.uri().path()))
            }
            Method::OPTIONS if endpoint.allows_cross_origin() => reply::preflight(allowed),
            ref method if !endpoint.allows(method) => reply::method_not_allowed(allowed),
            _ => {
                let state = &mut *self.state();
                match endpoint {
                    Endpoint::Mcp => mcp::respond(&self.settings, state, request, now),
                    Endpoint::ResourceMetadata | Endpoint::RootResourceMetadata => {
                        mcp::respond_with_metadata(&self.settings)
                    }
                    endpoint if management::answers(endpoint) => {
                        management::respond(endpoint, &self.settings, state, request, now)
                    }
                    _ => oauth::respond(endpoint, &self.settings, state, request, now),
                }
            }
        };
        if endpoint.allows_cross_origin() {
            return reply::cross_origin(reply);
        }
        reply
    }

    /// Whether a misbehaving issuer has taken a document away.
    fn is_gone(&self, endpoint: Endpoint) -> bool {
        endpoint.is_well_known()
            && self
                .settings
                .misbehaves(Misbehaviour::MetadataGoneAfterLogin)
            && !self.state().issued.is_empty()
    }

    /// The body of a 404: why there is nothing at this path, and which paths there are.
    fn hint(&self, path: &str) -> String {
        let resource = &self.settings.resource_id;
        let why = if path.starts_with("/resources/") && !path.contains(resource.as_str()) {
            "no such resource"
        } else if path.ends_with("/keys") || path.contains("jwks") {
            "Scalekit serves its keys at /keys of the environment only"
        } else if path.ends_with("/.well-known/openid-configuration") {
            "Scalekit has no OpenID configuration below a resource, only at the environment"
        } else if path.contains("/.well-known/oauth-authorization-server") {
            "no authorization server metadata here; this mock may be set not to serve this form"
        } else if [Endpoint::Mcp, Endpoint::ResourceMetadata]
            .contains(&Endpoint::at(path, resource))
        {
            "the MCP server is switched off"
        } else if path.ends_with("clients:register") {
            "dynamic registration is switched off"
        } else {
            "no such path"
        };
        let mut hint = format!("mock Scalekit: {why}\n\nthis mock serves:\n");
        for endpoint in Endpoint::all() {
            if endpoint.is_served(&self.settings) {
                let method = endpoint.methods().split(',').next().unwrap_or_default();
                hint += &format!("{method:<4} {}\n", endpoint.path(resource));
            }
        }
        hint
    }
}
