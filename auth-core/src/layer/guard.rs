//! [`Guard`]: what all requests share, and the order in which one of them is judged.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use http_body::Body;
use tracing::Level;

use super::builder::ScopeStrategy;
use super::public::PublicRoutes;
use super::stream::{Opener, StreamRules};
use crate::audit::{self, AuthEvent, Outcome, Sinks};
use crate::bearer::BearerToken;
use crate::body::ResponseBody;
use crate::challenge::Challenges;
use crate::clock::Clock;
use crate::error_chain::ErrorChain;
use crate::hierarchy::ScopeHierarchy;
use crate::host::AllowedHosts;
use crate::operation::{
    Found, ListFilter, Operation, OperationError, OperationPolicy, RequestBody, is_list,
};
use crate::origin::AllowedOrigins;
use crate::policy::{AllOf, Denied, Policy, PolicyRequest, RequireScopes, join};
use crate::provider::{AuthProvider, PublicDocument};
use crate::public_url::PublicUrl;
use crate::refusal::Refusal;
use crate::scope::Scopes;
use crate::session::{Opened, SESSION_ID, SessionBinding};
use crate::token::AccessToken;
use crate::verifier::VerifyRequest;
use crate::watch::Watch;
use crate::well_known;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest request id that is taken over into logs; it may be the client's own.
const MAX_REQUEST_ID_BYTES: usize = 128;

/// How many operations of a batch are told.
const MAX_OPERATIONS_TOLD: usize = 8;

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
    /// `None` lets streams outlive their token.
    pub(super) streams: Option<StreamRules>,
    pub(super) passes_token_on: bool,
    pub(super) sinks: Sinks,
    pub(super) clock: Arc<dyn Clock>,
}

/// What becomes of a request.
pub(super) enum Verdict {
    /// It goes to the inner service.
    GoOn(Admission),
    /// It has its answer.
    Answer(Box<Response<Bytes>>),
}

/// A request on its way in, as its answer will need it.
pub(super) struct Admission {
    /// In whose name, or in nobody's.
    caller: Option<AccessToken>,
    authorization: Option<HeaderValue>,
    request_id: Option<HeaderValue>,
    session: Option<Opened>,
    public_operations: bool,
    now: SystemTime,
    /// Where its answer may hold lists that must be filtered.
    lists: Lists,
}

/// In which answers there may be lists to filter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lists {
    Nowhere,
    /// A stream repeats what another one lost.
    InStreams,
    Everywhere,
}

/// What comes to be known about a request while it is judged.
struct Facts {
    now: SystemTime,
    begun: Duration,
    token: Option<AccessToken>,
    operations: Vec<Operation>,
    public_route: bool,
    /// Whether the operations are for everybody.
    public_operations: bool,
    /// Whether the request has gone on already.
    late: bool,
}

impl Guard {
    pub(super) fn resource(&self) -> &PublicUrl {
        &self.provider.metadata().resource
    }

    /// Nothing is known yet.
    fn facts(&self) -> Facts {
        Facts {
            now: self.clock.now(),
            begun: self.clock.monotonic(),
            token: None,
            operations: Vec::new(),
            public_route: false,
            public_operations: false,
            late: false,
        }
    }

    /// Steps 1 to 9.
    pub(super) async fn judge<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        parts: &mut Parts,
        body: &mut RequestBody<B>,
    ) -> Verdict {
        if self.is_public_document(parts) {
            // In a box, as whatever is rarely awaited: it would make the future of all others long.
            let document = Box::pin(self.public_document(parts)).await;
            return Verdict::Answer(Box::new(document));
        }
        let mut facts = self.facts();
        let admitted = self.admit(parts, body, &mut facts).await;
        let decision = admitted.and_then(|caller| {
            let session = if facts.public_route {
                // It has nothing to do with sessions.
                parts.headers.remove(SESSION_ID);
                None
            } else {
                self.open_session(&mut parts.headers, caller.as_ref())?
            };
            Ok((caller, session))
        });
        let request_id = parts.headers.get(REQUEST_ID).cloned();
        match decision {
            Ok((caller, session)) => {
                let outcome = match &caller {
                    Some(_) => Outcome::Admitted,
                    None => Outcome::Public,
                };
                let mut admission = Admission {
                    now: facts.now,
                    lists: self.may_list(parts, &facts.operations),
                    caller,
                    authorization: None,
                    request_id,
                    session,
                    public_operations: facts.public_operations,
                };
                self.let_in(parts, &mut admission);
                self.tell(outcome, facts, admission.request_id.as_ref());
                Verdict::GoOn(admission)
            }
            Err(refusal) => {
                let scopes = self.scopes_of(&facts.operations);
                self.tell(
                    Outcome::Refused(refusal.clone()),
                    facts,
                    request_id.as_ref(),
                );
                Verdict::Answer(Box::new(self.challenges.response(refusal, &scopes)))
            }
        }
    }

    /// Step 1: whether a request is for a document that everyone may read.
    pub(crate) fn is_public_document(&self, parts: &Parts) -> bool {
        let path = parts.uri.path();
        let mut paths = self.metadata_paths.iter().chain(&self.document_paths);
        paths.any(|known| known == path)
    }

    /// The answer to a request for such a document.
    pub(crate) async fn public_document(&self, parts: &Parts) -> Response<Bytes> {
        let path = parts.uri.path();
        if let Some(answer) = well_known::answer_without_document(&parts.method) {
            return answer;
        }
        if self.metadata_paths.iter().any(|known| known == path) {
            return well_known::answer(Ok(&self.metadata), &parts.headers);
        }
        let document = self.provider.document(path).await;
        if let Err(error) = &document {
            tracing::warn!(path, error = %ErrorChain(error), "a public document cannot be had");
        }
        well_known::answer(document.as_ref(), &parts.headers)
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
            facts.public_route = true;
            return Ok(None);
        }
        let Some(credentials) = BearerToken::from_headers(&parts.headers)? else {
            return Box::pin(self.without_token(parts, body, facts)).await;
        };
        let token = self
            .provider
            .verify(VerifyRequest::new(credentials, facts.now))
            .await?
            .with_hierarchy(Arc::clone(&self.hierarchy));
        facts.token = Some(token.clone());
        facts.operations = self.find_operations(parts, body).await?;
        facts.public_operations = self.are_public(&facts.operations);
        if !facts.public_operations {
            self.authorize(&PolicyRequest::new(&token, facts.now), &facts.operations)
                .map_err(|denied| self.refusal(denied, &token))?;
        }
        Ok(Some(token))
    }

    /// Step 4 without a token: some operations need none.
    async fn without_token<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        body: &mut RequestBody<B>,
        facts: &mut Facts,
    ) -> Result<Option<AccessToken>, Refusal> {
        // Nobody's body is read for nothing.
        let operations = self.operations.as_ref();
        if !self.anonymous && !operations.is_some_and(OperationPolicy::has_public) {
            return Err(Refusal::NoCredentials);
        }
        facts.operations = self.find_operations(parts, body).await?;
        if self.is_open_to_nobody(&facts.operations) {
            Ok(None)
        } else {
            Err(Refusal::NoCredentials)
        }
    }

    /// Whether these go on without a token.
    fn is_open_to_nobody(&self, operations: &[Operation]) -> bool {
        let Some(policy) = &self.operations else {
            return self.anonymous;
        };
        policy.are_public(operations) || (self.anonymous && policy.ask_nothing(operations))
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
                let text = Box::pin(body.keep(operations.max_body())).await?;
                operations.read(&text, named.as_ref())
            }
        }
    }

    /// Step 7: everything is asked, so that one answer names everything.
    fn authorize(
        &self,
        request: &PolicyRequest<'_>,
        operations: &[Operation],
    ) -> Result<(), Denied> {
        match &self.operations {
            Some(policy) => join([
                self.authorize_any(request),
                policy.check(operations, request),
            ]),
            None => self.authorize_any(request),
        }
    }

    /// Whether these are for everybody, and need no more of those who have a token.
    fn are_public(&self, operations: &[Operation]) -> bool {
        let policy = self.operations.as_ref();
        policy.is_some_and(|policy| policy.are_public(operations))
    }

    /// What every request needs.
    pub(super) fn authorize_any(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        join([
            self.required.check(request),
            self.provider
                .policy()
                .map_or(Ok(()), |policy| policy.check(request)),
            self.policies.check(request),
        ])
    }

    pub(super) fn refusal(&self, denied: Denied, token: &AccessToken) -> Refusal {
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
    ) -> Result<Option<Opened>, Refusal> {
        match &self.sessions {
            Some(sessions) => sessions
                .open(headers, caller)
                .map_err(|_| Refusal::NoSuchSession),
            None => Ok(None),
        }
    }

    /// Step 9.
    fn let_in(self: &Arc<Self>, parts: &mut Parts, admission: &mut Admission) {
        admission.authorization = if self.passes_token_on {
            parts.headers.get(AUTHORIZATION).cloned()
        } else {
            parts.headers.remove(AUTHORIZATION)
        };
        if admission.lists != Lists::Nowhere {
            // What is compressed cannot be filtered.
            parts.headers.remove(ACCEPT_ENCODING);
        }
        // Another layer's caller is not ours.
        parts.extensions.remove::<AccessToken>();
        if let Some(token) = &admission.caller {
            parts.extensions.insert(token.clone());
        }
        #[cfg(any(feature = "axum", feature = "rmcp"))]
        {
            let context = super::context::RequestContext::new(
                Arc::clone(self),
                admission.now,
                admission.request_id.clone(),
            );
            parts.extensions.insert(context);
        }
    }

    /// Where the answer may hold lists that must be filtered.
    fn may_list(&self, parts: &Parts, operations: &[Operation]) -> Lists {
        let Some(policy) = &self.operations else {
            return Lists::Nowhere;
        };
        if !policy.filters_lists() || !policy.concerns(parts.uri.path()) {
            Lists::Nowhere
        } else if operations.iter().any(is_list) {
            Lists::Everywhere
        } else if parts.method == Method::GET {
            Lists::InStreams
        } else {
            Lists::Nowhere
        }
    }

    /// Step 10, the way back.
    pub(super) fn on_the_way_out<R>(
        self: &Arc<Self>,
        mut admission: Admission,
        mut response: Response<R>,
    ) -> Response<ResponseBody<R>> {
        let headers = response.headers_mut();
        if let Some(sessions) = &self.sessions {
            let opened = admission.session.take();
            sessions.close(headers, admission.caller.as_ref(), opened);
        }
        let stream = is_event_stream(headers);
        let end = if stream {
            let request_id = admission.request_id.take();
            let who = admission.caller.clone().zip(admission.authorization.take());
            who.and_then(|(caller, authorization)| {
                self.end_of_stream(Opener {
                    caller,
                    public: admission.public_operations,
                    authorization,
                    request_id,
                })
            })
        } else {
            None
        };
        let filters = match admission.lists {
            Lists::Nowhere => false,
            Lists::InStreams => stream,
            Lists::Everywhere => true,
        };
        let filter = filters.then(|| {
            let filter = self.list_filter(stream, admission);
            if is_encoded(headers) {
                filter.closed()
            } else {
                filter
            }
        });
        let watch = Watch::over(end, filter);
        if watch.as_ref().is_some_and(Watch::changes_length) {
            headers.remove(CONTENT_LENGTH);
        }
        response.map(|body| match watch {
            Some(watch) => ResponseBody::watched(body, watch),
            None => ResponseBody::inner(body),
        })
    }

    /// What of a list the caller may see.
    fn list_filter(self: &Arc<Self>, stream: bool, admission: Admission) -> ListFilter {
        let guard = Arc::clone(self);
        ListFilter::new(stream, move |operation| {
            let operations = std::slice::from_ref(operation);
            match &admission.caller {
                Some(token) => {
                    let request = PolicyRequest::new(token, admission.now);
                    guard.are_public(operations) || guard.authorize(&request, operations).is_ok()
                }
                None => guard.is_open_to_nobody(operations),
            }
        })
    }

    /// The event of a refusal that comes after the request went on.
    pub(super) fn tell_late(
        &self,
        refusal: Refusal,
        caller: Option<&AccessToken>,
        request_id: Option<&HeaderValue>,
    ) {
        let facts = Facts {
            token: caller.cloned(),
            late: true,
            ..self.facts()
        };
        self.tell(Outcome::Refused(refusal), facts, request_id);
    }

    /// One event for each decision.
    fn tell(&self, outcome: Outcome, facts: Facts, request_id: Option<&HeaderValue>) {
        let is_refusal = matches!(outcome, Outcome::Refused(_));
        let logged = is_refusal || tracing::enabled!(target: "auth", Level::DEBUG);
        if !logged && self.sinks.0.is_empty() {
            return;
        }
        let event = AuthEvent {
            at: facts.now,
            outcome,
            token: facts.token,
            operations: facts
                .operations
                .into_iter()
                .take(MAX_OPERATIONS_TOLD)
                .map(Operation::shortened)
                .collect(),
            request_id: request_id.and_then(told),
            latency: self.clock.monotonic().saturating_sub(facts.begun),
            late: facts.late,
        };
        audit::log(&event);
        self.sinks.record(&event);
    }
}

fn is_encoded(headers: &HeaderMap) -> bool {
    let encoding = headers.get(CONTENT_ENCODING);
    encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let essence = headers.get(CONTENT_TYPE).and_then(|value| {
        let text = value.to_str().ok()?;
        text.split(';').next()
    });
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("text/event-stream"))
}

/// The id that an outer layer, or the client, gave the request, as far as it can be logged.
fn told(request_id: &HeaderValue) -> Option<String> {
    let text = request_id.to_str().ok()?;
    (text.len() <= MAX_REQUEST_ID_BYTES).then(|| text.to_owned())
}
