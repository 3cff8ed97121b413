//! The steps between the port and the issuer, in the order in which a request passes them:
//!
//! 1. The body is read, up to 1 MiB: else 413.
//! 2. The request is recorded.
//! 3. It waits at the gates of its endpoint.
//! 4. A fault applies to it, if one is set: `fault_effect.rs`.
//! 5. If it names a client that only its metadata document describes, that is fetched.
//! 6. The mocks that the test has mounted see it, if there are any, and then the issuer.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use auth_core::support::Clock;
use bytes::Bytes;
use http::{Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use wiremock::MockServer;

use super::body::ReplyBody;
use super::document::Documents;
use super::fault_effect::{delivered, replaced};
use super::wire::{Damage, Wire};
use super::wiremock::UserMocks;
use crate::endpoint::Endpoint;
use crate::fault::{Effect, Plan, Replacement};
use crate::issuer::Issuer;
use crate::management;
use crate::oauth::{api_error, reply};
use crate::record::Log;
use crate::settings::Leniency;
use crate::webhooks::Outbox;

/// No request of OAuth comes near.
const MAX_BODY: usize = 1024 * 1024;

/// The issuer, and the steps that a request passes before it.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) plan: Arc<Plan>,
    /// The webhooks to be sent.
    pub(crate) outbox: Arc<Outbox>,
    log: Mutex<Log>,
    user_mocks: OnceLock<UserMocks>,
    documents: Documents,
}

impl Pipeline {
    pub(crate) fn new(issuer: Issuer, outbox: Arc<Outbox>, clock: Arc<dyn Clock>) -> Self {
        let loopback = issuer.settings.tolerates(Leniency::LoopbackClientMetadata);
        Self {
            documents: Documents::new(loopback),
            issuer: Arc::new(issuer),
            clock,
            plan: Arc::default(),
            outbox,
            log: Mutex::default(),
            user_mocks: OnceLock::new(),
        }
    }

    /// The requests that have come.
    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server that a test mounts mocks on. From the first call on, all requests go through it.
    pub(crate) fn user_mocks(&self) -> &MockServer {
        self.user_mocks
            .get_or_init(|| UserMocks::start(&self.issuer, &self.clock))
            .server()
    }

    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        wire: &Wire,
    ) -> Response<ReplyBody> {
        wire.set(Damage::None);
        let version = request.version();
        let Some(request) = full_body(request).await else {
            let reply = reply::text(StatusCode::PAYLOAD_TOO_LARGE, "the body is too long");
            return reply.map(ReplyBody::whole);
        };
        let endpoint = self.issuer.endpoint(&request);
        let number = self.log().note(endpoint, &request);
        let response = self.process(&request, endpoint, version, wire).await;
        if !wire.is_lost() {
            self.log().answered(number, response.status());
        }
        response
    }

    /// The response to a request, after gates, fault and fetched documents.
    async fn process(
        &self,
        request: &Request<Vec<u8>>,
        endpoint: Endpoint,
        version: Version,
        wire: &Wire,
    ) -> Response<ReplyBody> {
        for latch in self.plan.latches(endpoint) {
            latch.pass().await;
        }
        let effect = match self.plan.next_effect(endpoint, &*self.clock) {
            Some(Effect::Instead(replacement)) => return replaced(of(endpoint, replacement)),
            effect => effect,
        };
        if let Some(url) = self.issuer.missing_document(request, self.clock.now()) {
            let fetched = match self.issuer.published_document(&url) {
                Some(document) => Ok(document),
                None => self.documents.fetch(&url).await,
            };
            self.issuer.store_document(&url, fetched, self.clock.now());
        }
        match self.reply(request).await {
            Some(reply) => delivered(effect, reply, version, (wire, &self.clock)).await,
            None => {
                wire.set(Damage::Close);
                Response::new(ReplyBody::whole(Bytes::new()))
            }
        }
    }

    /// None: a mounted mock closes the connection instead.
    async fn reply(&self, request: &Request<Vec<u8>>) -> Option<Response<Bytes>> {
        match self.user_mocks.get() {
            Some(mocks) => mocks.answer(request).await,
            None => {
                let reply = self.issuer.handle(request, self.clock.now());
                Some(reply.map(Bytes::from))
            }
        }
    }
}

/// An error of the management API has the format of that.
fn of(endpoint: Endpoint, replacement: Replacement) -> Replacement {
    let status = replacement.reply.status();
    if !management::answers(endpoint) || !(status.is_client_error() || status.is_server_error()) {
        return replacement;
    }
    Replacement {
        reply: api_error::in_format(replacement.reply),
        ..replacement
    }
}

async fn full_body(request: Request<Incoming>) -> Option<Request<Vec<u8>>> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, MAX_BODY).collect().await.ok()?;
    Some(Request::from_parts(parts, body.to_bytes().to_vec()))
}
