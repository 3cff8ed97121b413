//! The issuer: a state machine from requests to replies that knows no server and no clock.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use http::{Method, Request, StatusCode};
use url::Url;

use crate::endpoint::Endpoint;
use crate::oauth::reply::{self, Reply};
use crate::oauth::state::State;
use crate::oauth::{
    Document, Params, authorize, consent, introspect, metadata, register, revoke, token, userinfo,
    vet_document_url,
};
use crate::settings::{Place, Settings, User};

#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) settings: Settings,
    state: Mutex<State>,
}

impl Issuer {
    pub(crate) fn new(settings: Settings, user: User) -> Self {
        let state = State::new(user, settings.signing_algorithm);
        Self {
            settings,
            state: Mutex::new(state),
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what a client sent, and returns its number and to which endpoint it was sent. Apart from
    /// [`handle`](Self::handle), so that requests are noted too when a test's own mock answers them.
    pub(crate) fn observe(&self, request: &Request<Vec<u8>>) -> (usize, Endpoint) {
        let endpoint = self.endpoint(request);
        let number = self.state().log.note(endpoint, request);
        (number, endpoint)
    }

    /// The client metadata document that has to be fetched before a request can be
    /// [handled](Self::handle), and handed in with [`take_document`](Self::take_document).
    pub(crate) fn wants_document(
        &self,
        request: &Request<Vec<u8>>,
        now: SystemTime,
    ) -> Option<Url> {
        if !self.settings.client_metadata_documents || self.endpoint(request) != Endpoint::Authorize
        {
            return None;
        }
        let params = Params::of_query(request);
        let id = params
            .get("client_id")
            .filter(|_| !params.repeats("client_id"))?;
        let state = self.state();
        let is_known = state.clients.contains_key(id);
        let is_fresh = state
            .documents
            .get(id)
            .is_some_and(|known| known.is_fresh(now));
        match is_known || is_fresh {
            true => None,
            false => vet_document_url(&self.settings, id).ok(),
        }
    }

    /// The client metadata document that a test has put at this URL.
    pub(crate) fn published_document(&self, url: &Url) -> Option<Vec<u8>> {
        self.state().published.get(url.as_str()).cloned()
    }

    /// What came of fetching a client metadata document.
    pub(crate) fn take_document(
        &self,
        url: &Url,
        fetched: Result<Vec<u8>, String>,
        now: SystemTime,
    ) {
        let document = Document::new(&self.settings, url.as_str(), fetched, now);
        let documents = &mut self.state().documents;
        documents.insert(url.as_str().to_owned(), document);
    }

    pub(crate) fn handle(&self, request: &Request<Vec<u8>>, now: SystemTime) -> Reply {
        let endpoint = self.endpoint(request);
        let allowed = endpoint.methods();
        let reply = match *request.method() {
            _ if !self.serves(endpoint) => {
                reply::text(StatusCode::NOT_FOUND, &self.hint(request.uri().path()))
            }
            Method::OPTIONS if endpoint.allows_cross_origin() => reply::preflight(allowed),
            ref method if !endpoint.allows(method) => reply::method_not_allowed(allowed),
            _ => self.dispatch(endpoint, request, now),
        };
        if endpoint.allows_cross_origin() {
            return reply::cross_origin(reply);
        }
        reply
    }

    fn dispatch(&self, endpoint: Endpoint, request: &Request<Vec<u8>>, now: SystemTime) -> Reply {
        let settings = &self.settings;
        let state = &mut *self.state();
        match endpoint {
            Endpoint::Keys => reply::json_bytes(StatusCode::OK, state.keys.document()),
            Endpoint::MetadataInsert | Endpoint::MetadataAppend => {
                reply::json(StatusCode::OK, &metadata::of_resource(settings))
            }
            Endpoint::OpenidConfiguration => {
                reply::json(StatusCode::OK, &metadata::of_environment(settings))
            }
            Endpoint::Authorize => {
                let params = Params::of_query(request);
                authorize::answer(settings, state, Place::Resource, params, now)
            }
            Endpoint::EnvironmentAuthorize => {
                let params = Params::of_query(request);
                authorize::answer(settings, state, Place::Environment, params, now)
            }
            Endpoint::Consent => consent::answer(settings, state, request, now),
            Endpoint::Token => token::answer(settings, state, Place::Resource, request, now),
            Endpoint::EnvironmentToken => {
                token::answer(settings, state, Place::Environment, request, now)
            }
            Endpoint::Introspect => introspect::answer(settings, state, request, now),
            Endpoint::Revoke => revoke::answer(settings, state, request),
            Endpoint::Userinfo => userinfo::answer(settings, state, request, now),
            Endpoint::Register => register::answer(settings, state, request, now),
            Endpoint::Other => unreachable!("unknown paths are not served"),
        }
    }

    fn endpoint(&self, request: &Request<Vec<u8>>) -> Endpoint {
        Endpoint::of(request.uri().path(), &self.settings.resource_id)
    }

    fn serves(&self, endpoint: Endpoint) -> bool {
        match endpoint {
            Endpoint::Other => false,
            Endpoint::MetadataInsert => self.settings.insert_form_metadata,
            Endpoint::Register => self.settings.dynamic_registration,
            Endpoint::Consent => self.settings.consent_page,
            _ => true,
        }
    }

    /// Why there is nothing at this path, for the person who reads the response.
    fn hint(&self, path: &str) -> String {
        let resource = &self.settings.resource_id;
        let why = if path.starts_with("/resources/") && !path.contains(resource.as_str()) {
            "no such resource"
        } else if path.ends_with("/keys") || path.contains("jwks") {
            "scalekit serves its keys at /keys of the environment only"
        } else if path.ends_with("/.well-known/openid-configuration") {
            "scalekit has no openid configuration below a resource, only at the environment"
        } else if path.contains("/.well-known/oauth-authorization-server") {
            "no authorization server metadata here; this mock may be set not to serve this form"
        } else if path.ends_with("clients:register") {
            "dynamic registration is switched off"
        } else {
            "no such path"
        };
        let prefix = format!("/resources/{resource}");
        format!(
            "mock scalekit: {why}\n\nthis mock serves:\n\
             GET  /keys\n\
             GET  /.well-known/openid-configuration\n\
             GET  /.well-known/oauth-authorization-server{prefix}\n\
             GET  {prefix}/.well-known/oauth-authorization-server\n\
             GET  {prefix}/oauth/authorize\n\
             POST {prefix}/oauth/token\n\
             GET  /oauth/authorize\n\
             POST /oauth/token\n\
             POST /oauth/introspect\n\
             POST /revoke\n\
             GET  /userinfo\n\
             POST /api/v1{prefix}/clients:register\n"
        )
    }
}
