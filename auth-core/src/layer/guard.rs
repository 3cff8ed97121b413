//! [`Guard`]: what all requests share, and the order in which one of them is judged.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION};
use http::request::Parts;
use http::{HeaderMap, Method, Response};
use http_body::Body;
use smallvec::smallvec;

use super::builder::ScopeStrategy;
use super::public::PublicRoutes;
use super::stream::StreamRules;
use super::way_out::{Admission, Lists};
use crate::audit::{AuthEvent, Outcome, Recorder, RequestRecord};
use crate::bearer::{BearerToken, Presented};
use crate::challenge::Challenges;
use crate::clock::Clock;
use crate::error::VerifyError;
use crate::error_chain::ErrorChain;
use crate::hierarchy::ScopeHierarchy;
use crate::host::AllowedHosts;
use crate::mcp_headers::{LAST_EVENT_ID, McpHeaders, SESSION_ID, SessionHeaders};
use crate::operation::{
    BodyBudget, Found, Operation, OperationError, OperationPolicy, Operations, RequestBody,
    RequestId,
};
use crate::origin::AllowedOrigins;
use crate::policy::{AllOf, Denied, Policy, PolicyRequest, RequireScopes, join};
use crate::provider::{AuthProvider, PublicDocument};
use crate::public_url::PublicUrl;
use crate::refusal::Refusal;
use crate::revocation::Revocations;
use crate::scope::Scopes;
use crate::session::{Opened, SessionBinding};
use crate::token::AccessToken;
use crate::verified::{Lookup, VerifiedTokens};
use crate::verifier::VerifyRequest;
use crate::well_known;

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
    /// What the bodies of requests without a token may take together.
    pub(super) anonymous_bodies: Arc<BodyBudget>,
    pub(super) hierarchy: Arc<ScopeHierarchy>,
    pub(super) strategy: ScopeStrategy,
    pub(super) sessions: Option<SessionBinding>,
    /// `None` lets streams outlive their token.
    pub(super) streams: Option<StreamRules>,
    pub(super) passes_token_on: bool,
    pub(super) recorder: Recorder,
    pub(super) verified: Option<VerifiedTokens>,
    pub(super) revocations: Option<Box<dyn Revocations>>,
    pub(super) clock: Arc<dyn Clock>,
}

/// What becomes of a request.
#[allow(
    clippy::large_enum_variant,
    reason = "the large one is the usual one, and a box would cost it an allocation"
)]
pub(super) enum Verdict {
    /// It goes to the inner service.
    GoOn(Admission),
    /// It has its answer.
    Answer(Box<Response<Bytes>>),
}

/// What comes to be known about a request while it is judged.
struct Facts {
    now: SystemTime,
    begun: Duration,
    token: Option<AccessToken>,
    operations: Operations,
    /// The id of the JSON-RPC request, where its body was read.
    message_id: Option<RequestId>,
    session: SessionHeaders,
    public_route: bool,
    /// Whether the operations are for everybody.
    public_operations: bool,
    /// Whether the request has gone on already.
    late: bool,
}

/// Whether a request can be admitted without waiting.
enum At {
    /// The caller, or nobody where none is needed.
    Once(Option<AccessToken>),
    /// A verifier has to be asked, or a body to be read.
    Leisure,
}

/// How a request begins.
enum Entered<'a> {
    PublicRoute,
    ByToken(McpHeaders<'a>, Presented<'a>),
    WithoutToken(McpHeaders<'a>),
}

/// Where the operations of a request are named.
enum Named<'a> {
    /// In the headers, or nowhere: there is nothing more to read.
    Here,
    /// In the body, which must agree with the headers that name one.
    InBody(&'a OperationPolicy, Option<Operation>),
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
            operations: Operations::new(),
            message_id: None,
            session: SessionHeaders::default(),
            public_route: false,
            public_operations: false,
            late: false,
        }
    }

    /// Steps 1 to 9 for a request about which everything is at hand: its token is known or not needed, and
    /// its headers name what it is about. `None` when something has to be waited for; see
    /// [`judge`](Self::judge).
    pub(super) fn judge_at_once<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        parts: &mut Parts,
        body: &RequestBody<B>,
    ) -> Option<Verdict> {
        if self.is_public_document(parts) {
            return None;
        }
        let mut facts = self.facts();
        let admitted = match self.admit_at_once(parts, body, &mut facts) {
            Ok(At::Once(caller)) => Ok(caller),
            Ok(At::Leisure) => return None,
            Err(refusal) => Err(refusal),
        };
        Some(self.conclude(parts, facts, admitted))
    }

    /// Steps 1 to 9.
    pub(super) async fn judge<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        parts: &mut Parts,
        body: &mut RequestBody<B>,
    ) -> Verdict {
        if self.is_public_document(parts) {
            return Verdict::Answer(Box::new(self.public_document(parts).await));
        }
        let mut facts = self.facts();
        let admitted = self.admit(parts, body, &mut facts).await;
        self.conclude(parts, facts, admitted)
    }

    /// Steps 8 and 9, and the event, for a request that was admitted or not.
    fn conclude(
        self: &Arc<Self>,
        parts: &mut Parts,
        mut facts: Facts,
        admitted: Result<Option<AccessToken>, Refusal>,
    ) -> Verdict {
        let decision = admitted.and_then(|caller| {
            let session = if facts.public_route {
                // It has nothing to do with sessions.
                parts.headers.remove(SESSION_ID);
                parts.headers.remove(LAST_EVENT_ID);
                None
            } else {
                self.open_session(&mut parts.headers, &facts, caller.as_ref())?
            };
            Ok((caller, session))
        });
        let request = RequestRecord::of(parts);
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
                    request,
                    message_id: facts.message_id.take(),
                    session,
                    public_operations: facts.public_operations,
                };
                self.let_in(parts, &mut admission);
                self.tell(outcome, facts, &admission.request);
                Verdict::GoOn(admission)
            }
            Err(refusal) => {
                let scopes = self.scopes_of(&facts.operations);
                self.tell(Outcome::Refused(refusal.clone()), facts, &request);
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
            let resource = self.resource().as_str();
            tracing::warn!(resource, path, error = %ErrorChain(error), "a public document cannot be had");
        }
        well_known::answer(document.as_ref(), &parts.headers)
    }

    /// Steps 2 to 7 as far as nothing has to be waited for.
    fn admit_at_once<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        body: &RequestBody<B>,
        facts: &mut Facts,
    ) -> Result<At, Refusal> {
        let (headers, credentials) = match self.enter(parts, facts)? {
            Entered::PublicRoute => return Ok(At::Once(None)),
            Entered::ByToken(headers, credentials) => (headers, credentials),
            Entered::WithoutToken(_) if self.may_be_public() => return Ok(At::Leisure),
            Entered::WithoutToken(_) => return Err(Refusal::NoCredentials),
        };
        let known = self.verified.as_ref();
        let known = known.map(|known| known.look_up(credentials, facts.now, facts.begun));
        let Some(Lookup::Known(token)) = known else {
            // What is no token is told so at once.
            credentials.token()?;
            return Ok(At::Leisure);
        };
        self.check_revocations(&token)?;
        facts.token = Some(token.clone());
        if let Named::InBody(..) = self.operations_in_headers(parts, &headers, body, facts)? {
            return Ok(At::Leisure);
        }
        self.permit(parts, &token, facts)?;
        Ok(At::Once(Some(token)))
    }

    /// Steps 2 to 7: the caller, or nobody where none is needed.
    async fn admit<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        body: &mut RequestBody<B>,
        facts: &mut Facts,
    ) -> Result<Option<AccessToken>, Refusal> {
        let (headers, credentials) = match self.enter(parts, facts)? {
            Entered::PublicRoute => return Ok(None),
            Entered::ByToken(headers, credentials) => (headers, credentials),
            Entered::WithoutToken(headers) => {
                return self.without_token(parts, &headers, body, facts).await;
            }
        };
        let token = self.verify(credentials.token()?, facts.now).await?;
        facts.token = Some(token.clone());
        self.find_operations(parts, &headers, body, facts).await?;
        self.permit(parts, &token, facts)?;
        Ok(Some(token))
    }

    /// Steps 2 to 4: who it says it is.
    fn enter<'a>(&self, parts: &'a Parts, facts: &mut Facts) -> Result<Entered<'a>, Refusal> {
        let host = self.hosts.check(parts.uri.authority(), &parts.headers);
        host.map_err(Refusal::HostNotAllowed)?;
        let origin = self.origins.check(&parts.headers);
        origin.map_err(Refusal::OriginNotAllowed)?;
        if self.public_routes.admits(&parts.method, parts.uri.path()) {
            facts.public_route = true;
            return Ok(Entered::PublicRoute);
        }
        let headers = McpHeaders::read(&parts.headers)?;
        facts.session = headers.session();
        Ok(match Presented::from_headers(&parts.headers)? {
            Some(credentials) => Entered::ByToken(headers, credentials),
            None => Entered::WithoutToken(headers),
        })
    }

    /// Step 7, for a caller whose operations are known.
    fn permit(&self, parts: &Parts, token: &AccessToken, facts: &mut Facts) -> Result<(), Refusal> {
        facts.public_operations = is_post(parts) && self.are_public(&facts.operations);
        if !facts.public_operations {
            self.authorize(&PolicyRequest::new(token, facts.now), &facts.operations)
                .map_err(|denied| self.refusal(denied, token))?;
        }
        Ok(())
    }

    /// Step 5.
    pub(super) async fn verify(
        &self,
        credentials: BearerToken<'_>,
        now: SystemTime,
    ) -> Result<AccessToken, VerifyError> {
        let token = self.verified(credentials, now).await?;
        self.check_revocations(&token)?;
        Ok(token)
    }

    pub(super) fn check_revocations(&self, token: &AccessToken) -> Result<(), VerifyError> {
        let revocations = self.revocations.as_ref();
        revocations.map_or(Ok(()), |revocations| revocations.check(token))
    }

    /// The token from the cache, or as its verifier knows it.
    async fn verified(
        &self,
        credentials: BearerToken<'_>,
        now: SystemTime,
    ) -> Result<AccessToken, VerifyError> {
        let Some(verified) = &self.verified else {
            return self.verify_afresh(credentials, now).await;
        };
        match verified.look_up(credentials.into(), now, self.clock.monotonic()) {
            Lookup::Known(token) => Ok(token),
            Lookup::Unknown(place) => {
                let token = self.verify_afresh(credentials, now).await?;
                verified.keep(&place, credentials, &token, now);
                Ok(token)
            }
        }
    }

    async fn verify_afresh(
        &self,
        credentials: BearerToken<'_>,
        now: SystemTime,
    ) -> Result<AccessToken, VerifyError> {
        let token = self.provider.verify(VerifyRequest::new(credentials, now));
        Ok(token.await?.with_hierarchy(Arc::clone(&self.hierarchy)))
    }

    /// Step 4 without a token: some operations need none.
    async fn without_token<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        headers: &McpHeaders<'_>,
        body: &mut RequestBody<B>,
        facts: &mut Facts,
    ) -> Result<Option<AccessToken>, Refusal> {
        // Nobody's body is read for nothing.
        if !self.may_be_public() {
            return Err(Refusal::NoCredentials);
        }
        self.find_operations(parts, headers, body, facts).await?;
        let operations = &facts.operations;
        // A body is what a POST is about. With another method the request is something else too,
        // such as a stream, which no rule made public.
        let is_public = is_post(parts) && self.are_public(operations);
        if is_public || self.asks_nothing(operations) {
            Ok(None)
        } else {
            Err(Refusal::NoCredentials)
        }
    }

    /// Whether anything needs no token.
    fn may_be_public(&self) -> bool {
        let operations = self.operations.as_ref();
        self.anonymous || operations.is_some_and(OperationPolicy::has_public)
    }

    /// Whether anonymous requests are admitted, and no rule asks anything about these.
    pub(super) fn asks_nothing(&self, operations: &[Operation]) -> bool {
        let policy = self.operations.as_ref();
        self.anonymous && policy.is_none_or(|policy| policy.ask_nothing(operations))
    }

    /// Step 6 as far as the headers go.
    fn operations_in_headers<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        headers: &McpHeaders<'_>,
        body: &RequestBody<B>,
        facts: &mut Facts,
    ) -> Result<Named<'_>, OperationError> {
        let Some(operations) = &self.operations else {
            return Ok(Named::Here);
        };
        let nothing_to_read = is_without_body(&parts.method) && body.is_end_stream();
        if !operations.concerns(parts.uri.path()) || nothing_to_read {
            return Ok(Named::Here);
        }
        match operations.find(headers)? {
            Found::InHeaders(operation) => {
                facts.operations = smallvec![operation];
                Ok(Named::Here)
            }
            Found::InBody(named) => Ok(Named::InBody(operations, named)),
        }
    }

    /// Step 6.
    async fn find_operations<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        headers: &McpHeaders<'_>,
        body: &mut RequestBody<B>,
        facts: &mut Facts,
    ) -> Result<(), OperationError> {
        let named = self.operations_in_headers(parts, headers, body, facts)?;
        let Named::InBody(operations, named) = named else {
            return Ok(());
        };
        let (limit, share) = match facts.token {
            Some(_) => (operations.max_body(), None),
            None => (
                operations.max_anonymous_body().min(operations.max_body()),
                Some(self.anonymous_bodies.share()),
            ),
        };
        let text = body.keep(limit, share).await?;
        // Layers around this one may hide that there was none.
        if is_without_body(&parts.method) && text.is_empty() {
            return Ok(());
        }
        let read = operations.read(&text, named.as_ref())?;
        facts.operations = read.operations;
        facts.message_id = read.id;
        Ok(())
    }

    /// Step 7: everything is asked, so that one answer names everything.
    pub(super) fn authorize(
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
    pub(super) fn are_public(&self, operations: &[Operation]) -> bool {
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
        facts: &Facts,
        caller: Option<&AccessToken>,
    ) -> Result<Option<Opened>, Refusal> {
        match &self.sessions {
            Some(sessions) => sessions
                .open(headers, facts.session, caller)
                .map_err(|_| Refusal::NoSuchSession),
            None => {
                // A stream is resumed within a session, whoever's it is.
                if facts.session.without_sessions || !facts.session.has_session_id {
                    headers.remove(LAST_EVENT_ID);
                }
                Ok(None)
            }
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
                admission.request.clone(),
            );
            parts.extensions.insert(context);
        }
    }

    /// The event of a refusal that comes after the request went on.
    pub(super) fn tell_late(
        &self,
        refusal: Refusal,
        caller: Option<&AccessToken>,
        request: &RequestRecord,
    ) {
        let facts = Facts {
            token: caller.cloned(),
            late: true,
            ..self.facts()
        };
        self.tell(Outcome::Refused(refusal), facts, request);
    }

    /// One event for each decision.
    fn tell(&self, outcome: Outcome, facts: Facts, request: &RequestRecord) {
        if !self.recorder.wants(&outcome) {
            return;
        }
        let event = AuthEvent {
            at: facts.now,
            resource: self.recorder.resource(),
            method: request.method(),
            path: request.path(),
            outcome,
            token: facts.token,
            operations: facts
                .operations
                .into_iter()
                .take(MAX_OPERATIONS_TOLD)
                .map(Operation::shortened)
                .collect(),
            request_id: request.request_id(),
            latency: self.clock.monotonic().saturating_sub(facts.begun),
            late: facts.late,
        };
        self.recorder.record(&event);
    }
}

fn is_post(parts: &Parts) -> bool {
    parts.method == Method::POST
}

/// Whether requests with this method have no body as a rule. One that has a body all the same can
/// carry a message: a service may read one with any method.
fn is_without_body(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::DELETE | Method::OPTIONS
    )
}
