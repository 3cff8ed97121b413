//! [`Guard`]: what all requests share, and the order in which one of them is judged.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Method, Response};
use http_body::Body;
use tracing::Level;

use super::builder::ScopeStrategy;
use super::context::RequestContext;
use super::public::PublicRoutes;
use crate::audit::{self, AuthEvent, Outcome, Sinks};
use crate::bearer::BearerToken;
use crate::body::ResponseBody;
use crate::challenge::Challenges;
use crate::clock::Clock;
use crate::error_chain::ErrorChain;
use crate::hierarchy::ScopeHierarchy;
use crate::host::AllowedHosts;
use crate::operation::{Found, Operation, OperationError, OperationPolicy, RequestBody};
use crate::origin::AllowedOrigins;
use crate::policy::{AllOf, Denied, Policy, PolicyRequest, RequireScopes, join};
use crate::provider::{AuthProvider, PublicDocument};
use crate::public_url::PublicUrl;
use crate::refusal::Refusal;
use crate::scope::Scopes;
use crate::session::SessionBinding;
use crate::token::AccessToken;
use crate::verifier::VerifyRequest;
use crate::well_known;

/// Longest request id that is taken over into logs; it may be the client's own.
const MAX_REQUEST_ID_BYTES: usize = 128;

pub(crate) struct Guard {
    pub(super) provider: Arc<dyn AuthProvider>,
    pub(super) metadata_paths: Vec<String>,
    pub(super) metadata: PublicDocument,
    pub(super) document_paths: Vec<String>,
    pub(super) challenges: Challenges,
    pub(super) hosts: AllowedHosts,
    pub(super) origins: AllowedOrigins,
    pub(super) public_routes: PublicRoutes,
    pub(super) anonymous: bool,
    pub(super) required: RequireScopes,
    pub(super) policies: AllOf<Box<dyn Policy>>,
    pub(super) operations: Option<OperationPolicy>,
    pub(super) hierarchy: Arc<ScopeHierarchy>,
    pub(super) strategy: ScopeStrategy,
    pub(super) sessions: Option<SessionBinding>,
    /// How long after the token's expiry a stream may go on; `None` lets it outlive the token.
    pub(super) stream_leeway: Option<Duration>,
    pub(super) passes_token_on: bool,
    pub(super) sinks: Sinks,
    pub(super) clock: Arc<dyn Clock>,
}

/// What becomes of a request.
pub(super) enum Verdict {
    /// It goes to the inner service: in the name of a caller, or of nobody.
    GoOn(Option<AccessToken>),
    /// It has its answer.
    Answer(Box<Response<Bytes>>),
}

/// What comes to be known about a request while it is judged.
struct Facts {
    now: SystemTime,
    begun: Duration,
    token: Option<AccessToken>,
    operations: Vec<Operation>,
}

impl Guard {
    pub(super) fn resource(&self) -> &PublicUrl {
        &self.provider.metadata().resource
    }

    /// Steps 1 to 9.
    pub(super) async fn judge<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        parts: &mut Parts,
        body: &mut RequestBody<B>,
    ) -> Verdict {
        if let Some(document) = self.public_document(parts).await {
            return Verdict::Answer(Box::new(document));
        }
        let mut facts = Facts {
            now: self.clock.now(),
            begun: self.clock.monotonic(),
            token: None,
            operations: Vec::new(),
        };
        let decision = match self.admit(parts, body, &mut facts).await {
            Ok(caller) => match self.open_session(&mut parts.headers, caller.as_ref()) {
                Ok(()) => Ok(caller),
                Err(refusal) => Err(refusal),
            },
            Err(refusal) => Err(refusal),
        };
        let outcome = match &decision {
            Ok(Some(_)) => Outcome::Admitted,
            Ok(None) => Outcome::Public,
            Err(refusal) => Outcome::Refused(refusal.clone()),
        };
        match decision {
            Ok(caller) => {
                self.let_in(parts, caller.as_ref(), facts.now);
                self.tell(outcome, facts, &parts.headers);
                Verdict::GoOn(caller)
            }
            Err(refusal) => {
                let scopes = self.scopes_of(&facts.operations);
                self.tell(outcome, facts, &parts.headers);
                Verdict::Answer(Box::new(self.challenges.response(refusal, &scopes)))
            }
        }
    }

    /// Step 1: the answer to a request for a public document, `None` for all other requests.
    pub(crate) async fn public_document(&self, parts: &Parts) -> Option<Response<Bytes>> {
        let path = parts.uri.path();
        let is_metadata = self.metadata_paths.iter().any(|known| known == path);
        if !is_metadata && !self.document_paths.iter().any(|known| known == path) {
            return None;
        }
        if let Some(answer) = well_known::answer_without_document(&parts.method) {
            return Some(answer);
        }
        if is_metadata {
            return Some(well_known::answer(Ok(&self.metadata), &parts.headers));
        }
        let document = self.provider.document(path).await;
        if let Err(error) = &document {
            tracing::warn!(path, error = %ErrorChain(error), "a public document cannot be had");
        }
        Some(well_known::answer(document.as_ref(), &parts.headers))
    }

    /// Steps 2 to 7: the caller, or nobody where none is needed.
    async fn admit<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        body: &mut RequestBody<B>,
        facts: &mut Facts,
    ) -> Result<Option<AccessToken>, Refusal> {
        if !self
            .hosts
            .allow_request(parts.uri.authority(), &parts.headers)
        {
            return Err(Refusal::HostNotAllowed);
        }
        if !self.origins.allow_request(&parts.headers) {
            return Err(Refusal::OriginNotAllowed);
        }
        if self
            .public_routes
            .lets_through(&parts.method, parts.uri.path())
        {
            return Ok(None);
        }
        let Some(credentials) = BearerToken::from_headers(&parts.headers)? else {
            return self.without_token(parts, body, facts).await;
        };
        let token = self
            .provider
            .verify(VerifyRequest::new(credentials, facts.now))
            .await?
            .with_hierarchy(Arc::clone(&self.hierarchy));
        facts.token = Some(token.clone());
        facts.operations = self.find_operations(parts, body).await?;
        self.authorize(&token, facts)
            .map_err(|denied| self.refusal(denied, &token))?;
        Ok(Some(token))
    }

    /// Step 4 without a token: some operations need none.
    async fn without_token<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        body: &mut RequestBody<B>,
        facts: &mut Facts,
    ) -> Result<Option<AccessToken>, Refusal> {
        let Some(operations) = &self.operations else {
            return if self.anonymous {
                Ok(None)
            } else {
                Err(Refusal::NoCredentials)
            };
        };
        // Nobody's body is read for nothing.
        if !self.anonymous && !operations.has_public() {
            return Err(Refusal::NoCredentials);
        }
        facts.operations = self.find_operations(parts, body).await?;
        let goes_on = operations.are_public(&facts.operations)
            || (self.anonymous && operations.ask_nothing(&facts.operations));
        if goes_on {
            Ok(None)
        } else {
            Err(Refusal::NoCredentials)
        }
    }

    /// Step 6.
    async fn find_operations<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        body: &mut RequestBody<B>,
    ) -> Result<Vec<Operation>, OperationError> {
        let Some(operations) = &self.operations else {
            return Ok(Vec::new());
        };
        if parts.method != Method::POST || !operations.concerns(parts.uri.path()) {
            return Ok(Vec::new());
        }
        match operations.find(&parts.headers)? {
            Found::InHeaders(operation) => Ok(vec![operation]),
            Found::InBody(named) => {
                let text = body.keep(operations.max_body()).await?;
                operations.read(&text, named.as_ref())
            }
        }
    }

    /// Step 7: everything is asked, so that one answer names everything.
    fn authorize(&self, token: &AccessToken, facts: &Facts) -> Result<(), Denied> {
        let request = PolicyRequest::new(token, facts.now);
        let Some(operations) = &self.operations else {
            return self.authorize_any(&request);
        };
        // What everybody may do needs no more of those who have a token.
        if operations.are_public(&facts.operations) {
            return Ok(());
        }
        join([
            self.authorize_any(&request),
            operations.check(&facts.operations, &request),
        ])
    }

    /// What every request needs.
    fn authorize_any(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        join([
            self.required.check(request),
            self.provider
                .policy()
                .map_or(Ok(()), |policy| policy.check(request)),
            self.policies.check(request),
        ])
    }

    fn refusal(&self, denied: Denied, token: &AccessToken) -> Refusal {
        match (denied.into(), self.strategy) {
            (Refusal::InsufficientScope(scopes), ScopeStrategy::OperationPlusGranted) => {
                // It is for the authorization server and not for us.
                let granted = token.scopes().iter();
                let granted: Scopes = granted
                    .filter(|scope| **scope != "offline_access")
                    .cloned()
                    .collect();
                Refusal::InsufficientScope(scopes.union(&granted))
            }
            (refusal, _) => refusal,
        }
    }

    fn scopes_of(&self, operations: &[Operation]) -> Scopes {
        let policy = self.operations.as_ref();
        policy.map_or_else(Scopes::default, |policy| policy.scopes(operations))
    }

    /// Step 8.
    fn open_session(
        &self,
        headers: &mut HeaderMap,
        caller: Option<&AccessToken>,
    ) -> Result<(), Refusal> {
        match &self.sessions {
            Some(sessions) => sessions
                .open(headers, caller)
                .map_err(|_| Refusal::NoSuchSession),
            None => Ok(()),
        }
    }

    /// Step 9.
    fn let_in(self: &Arc<Self>, parts: &mut Parts, caller: Option<&AccessToken>, now: SystemTime) {
        if !self.passes_token_on {
            parts.headers.remove(AUTHORIZATION);
        }
        if let Some(token) = caller {
            parts.extensions.insert(token.clone());
        }
        let context = RequestContext::new(Arc::clone(self), now);
        parts.extensions.insert(context);
    }

    /// Step 10, the way back.
    pub(super) fn on_the_way_out<R>(
        &self,
        caller: Option<&AccessToken>,
        mut response: Response<R>,
    ) -> Response<ResponseBody<R>> {
        if let Some(sessions) = &self.sessions {
            sessions.close(response.headers_mut(), caller);
        }
        let end = self.end_of_stream(caller, response.headers());
        response.map(|body| match end {
            Some(wait) => ResponseBody::until(body, self.clock.sleep(wait)),
            None => ResponseBody::inner(body),
        })
    }

    /// How long an answer may go on, if it is a stream.
    fn end_of_stream(&self, caller: Option<&AccessToken>, headers: &HeaderMap) -> Option<Duration> {
        let leeway = self.stream_leeway?;
        let content_type = headers.get(CONTENT_TYPE)?.as_bytes();
        let kind = content_type.get(..b"text/event-stream".len())?;
        if !kind.eq_ignore_ascii_case(b"text/event-stream") {
            return None;
        }
        let end = caller?.expires_at().checked_add(leeway)?;
        Some(end.duration_since(self.clock.now()).unwrap_or_default())
    }

    /// The answer to a request that a handler behind the layer turns away.
    pub(super) fn refuse(&self, refusal: Refusal) -> Response<Bytes> {
        self.challenges.response(refusal, Scopes::NONE)
    }

    /// One event for each decision.
    fn tell(&self, outcome: Outcome, facts: Facts, headers: &HeaderMap) {
        let is_refusal = matches!(outcome, Outcome::Refused(_));
        let logged = is_refusal || tracing::enabled!(target: "auth", Level::DEBUG);
        if !logged && self.sinks.0.is_empty() {
            return;
        }
        let event = AuthEvent {
            at: facts.now,
            outcome,
            token: facts.token,
            operations: facts.operations,
            request_id: request_id(headers),
            latency: self.clock.monotonic().saturating_sub(facts.begun),
        };
        audit::log(&event);
        self.sinks.record(&event);
    }
}

/// The id that an outer layer, or the client, gave the request.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let text = headers.get("x-request-id")?.to_str().ok()?;
    (text.len() <= MAX_REQUEST_ID_BYTES).then(|| text.to_owned())
}
