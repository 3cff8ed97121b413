//! The order in which a request is evaluated: steps 1 to 9 of the [layer](super). Each is a
//! function in the file that is named there.

use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response};
use http_body::Body;

use super::evaluation::{Evaluation, Incoming};
use super::guard::Guard;
use super::operations::Named;
use super::response::Admission;
use crate::audit::{AuthDecision, RequestRecord};
use crate::operation::RequestBody;
use crate::operation::{LAST_EVENT_ID, McpHeaders, SESSION_ID};
use crate::token::Presented;
use crate::token::VerifiedToken;
use crate::verifier::Seen;
use crate::wire::Refusal;

/// The result of evaluating a request.
#[allow(
    clippy::large_enum_variant,
    reason = "the large one is the usual one, and a box would cost it an allocation"
)]
pub(super) enum Verdict {
    /// It is forwarded to the inner service.
    Forward(Admission),
    /// It is answered without the inner service.
    Answer(Box<Response<Bytes>>),
}

/// Whether a request could be decided without waiting.
enum Progress {
    /// Decided: the caller, or `None` for an anonymous request.
    Done(Option<VerifiedToken>),
    /// Undecided: the verifier must be called, or a body must be read. Holds the caller if the
    /// token was cached.
    Later(Option<VerifiedToken>),
}

/// How far a request gets before its token is looked at.
enum Entered<'a> {
    PublicRoute,
    ByToken(McpHeaders<'a>, Presented<'a>),
    WithoutToken(McpHeaders<'a>),
}

impl Guard {
    /// Steps 1 to 9 for a request that can be decided without waiting: its token is cached or not
    /// needed, and its headers name the operation. `Err` if [`evaluate`](Self::evaluate) is needed,
    /// with the caller if the token was cached.
    pub(super) fn evaluate_now<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        parts: &mut Parts,
        body: &RequestBody<B>,
    ) -> Result<Verdict, Option<VerifiedToken>> {
        if self.is_public_document(parts) {
            return Err(None);
        }
        let (mut evaluation, seen) = (self.evaluation(), Seen::default());
        let incoming = Incoming { parts, seen: &seen };
        let admitted = match self.authenticate_and_authorize_now(incoming, body, &mut evaluation) {
            Ok(Progress::Done(caller)) => Ok(caller),
            Ok(Progress::Later(known)) => return Err(known),
            Err(refusal) => Err(refusal),
        };
        Ok(self.conclude(parts, evaluation, &seen, admitted))
    }

    /// Steps 1 to 9. `known` is the caller, if the token was cached.
    pub(super) async fn evaluate<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        parts: &mut Parts,
        body: &mut RequestBody<B>,
        known: Option<VerifiedToken>,
    ) -> Verdict {
        if self.is_public_document(parts) {
            return Verdict::Answer(Box::new(self.public_document(parts).await));
        }
        let (mut evaluation, seen) = (self.evaluation(), Seen::default());
        let incoming = Incoming { parts, seen: &seen };
        let admitted = self
            .authenticate_and_authorize(incoming, body, known, &mut evaluation)
            .await;
        self.conclude(parts, evaluation, &seen, admitted)
    }

    /// Steps 2 to 7, as far as nothing has to be waited for.
    fn authenticate_and_authorize_now<B: Body<Data = Bytes>>(
        &self,
        incoming: Incoming<'_>,
        body: &RequestBody<B>,
        evaluation: &mut Evaluation,
    ) -> Result<Progress, Refusal> {
        let (headers, credentials) = match self.enter(incoming.parts, evaluation)? {
            Entered::PublicRoute => return Ok(Progress::Done(None)),
            Entered::ByToken(headers, credentials) => (headers, credentials),
            Entered::WithoutToken(_) if self.may_be_public() => return Ok(Progress::Later(None)),
            Entered::WithoutToken(_) => return Err(Refusal::NoCredentials),
        };
        let Some(token) = self.cached_token(credentials, incoming.head(), evaluation) else {
            // Refuses malformed credentials without waiting.
            credentials.token()?;
            return Ok(Progress::Later(None));
        };
        if token.confirmation().is_some() || !self.authorizers.is_empty() {
            return Ok(Progress::Later(Some(token)));
        }
        self.check_revocations(&token)?;
        evaluation.token = Some(token.clone());
        let named = self.operations_in_headers(incoming.parts, &headers, body, evaluation)?;
        if matches!(named, Named::InBody(..)) || self.need_live_session(&evaluation.operations) {
            return Ok(Progress::Later(Some(token)));
        }
        self.check_permissions(incoming, &token, evaluation)?;
        Ok(Progress::Done(Some(token)))
    }

    /// Steps 2 to 7: the caller, or `None` for an anonymous request.
    async fn authenticate_and_authorize<B: Body<Data = Bytes>>(
        &self,
        incoming: Incoming<'_>,
        body: &mut RequestBody<B>,
        known: Option<VerifiedToken>,
        evaluation: &mut Evaluation,
    ) -> Result<Option<VerifiedToken>, Refusal> {
        let parts = incoming.parts;
        let (headers, credentials) = match self.enter(parts, evaluation)? {
            Entered::PublicRoute => return Ok(None),
            Entered::ByToken(headers, credentials) => (headers, credentials),
            Entered::WithoutToken(headers) => {
                return self.without_token(parts, &headers, body, evaluation).await;
            }
        };
        let token = match known {
            Some(token) => token,
            None => {
                let credentials = credentials.token()?;
                self.verify(credentials, incoming.head(), evaluation.now)
                    .await?
            }
        };
        let (bearer, head) = (credentials.token()?, incoming.head());
        self.check_proof(&token, bearer, head, evaluation.now)
            .await?;
        self.check_revocations(&token)?;
        evaluation.token = Some(token.clone());
        self.find_operations(parts, &headers, body, evaluation)
            .await?;
        self.check_permissions(incoming, &token, evaluation)?;
        if !evaluation.public_operations {
            // After the policies, so that a caller who may not do it causes no call.
            evaluation.live_session = self.need_live_session(&evaluation.operations);
            if evaluation.live_session {
                self.check_session(&token, evaluation.now).await?;
            }
            let request = self.policy_request(&token, evaluation.now, incoming.head());
            let request = request.with_member(evaluation.member.as_ref());
            evaluation.authorizers = self.snapshots();
            let questions = self.ask_authorizers(
                &evaluation.authorizers,
                &request,
                &evaluation.operations,
                &evaluation.arguments,
                &evaluation.record,
            );
            let answer = questions.await;
            answer.map_err(|error| self.not_authorized(error, &token))?;
        }
        // A caller who holds back the body decides how long all of this takes.
        self.check_again(&token)?;
        Ok(Some(token))
    }

    /// Steps 2 to 4: the credentials.
    fn enter<'a>(
        &self,
        parts: &'a Parts,
        evaluation: &mut Evaluation,
    ) -> Result<Entered<'a>, Refusal> {
        let host = self.hosts.check(parts.uri.authority(), &parts.headers);
        host.map_err(Refusal::HostNotAllowed)?;
        let origin = self.origins.check(&parts.headers);
        origin.map_err(Refusal::OriginNotAllowed)?;
        if self.public_routes.admits(&parts.method, parts.uri.path()) {
            evaluation.public_route = true;
            return Ok(Entered::PublicRoute);
        }
        let headers = McpHeaders::read(&parts.headers)?;
        evaluation.session = headers.session();
        Ok(match Presented::from_headers(&parts.headers)? {
            Some(credentials) => Entered::ByToken(headers, credentials),
            None => Entered::WithoutToken(headers),
        })
    }

    /// Step 7, for a caller whose operations are known.
    fn check_permissions(
        &self,
        incoming: Incoming<'_>,
        token: &VerifiedToken,
        evaluation: &mut Evaluation,
    ) -> Result<(), Refusal> {
        evaluation.public_operations =
            is_post(incoming.parts) && self.are_public(&evaluation.operations);
        if !evaluation.public_operations {
            evaluation.member = self.member(token, &evaluation.operations)?;
            let request = self.policy_request(token, evaluation.now, incoming.head());
            let request = request.with_member(evaluation.member.as_ref());
            self.authorize(&request, &evaluation.operations, &evaluation.arguments)
                .map_err(|denied| self.refusal(denied, token))?;
        }
        Ok(())
    }

    /// Step 4 without a token: some operations are public.
    async fn without_token<B: Body<Data = Bytes>>(
        &self,
        parts: &Parts,
        headers: &McpHeaders<'_>,
        body: &mut RequestBody<B>,
        evaluation: &mut Evaluation,
    ) -> Result<Option<VerifiedToken>, Refusal> {
        // Without public operations the body is not read: the answer does not depend on it.
        if !self.may_be_public() {
            return Err(Refusal::NoCredentials);
        }
        self.find_operations(parts, headers, body, evaluation)
            .await?;
        let operations = &evaluation.operations;
        // Only a POST is about its body. With another method the request is about something else
        // too, such as a stream, which no rule made public.
        let is_public = is_post(parts) && self.are_public(operations);
        if is_public || self.requires_nothing(operations) {
            Ok(None)
        } else {
            Err(Refusal::NoCredentials)
        }
    }

    /// Steps 8 and 9, and the event of the decision.
    fn conclude(
        self: &Arc<Self>,
        parts: &mut Parts,
        mut evaluation: Evaluation,
        seen: &Seen,
        admitted: Result<Option<VerifiedToken>, Refusal>,
    ) -> Verdict {
        // Before the request is changed.
        let lists = self.lists_to_filter(parts, &evaluation.operations);
        let head = match &admitted {
            Ok(Some(_)) => self.kept_head(parts, seen, lists),
            _ => None,
        };
        let decision = admitted.and_then(|caller| {
            let session = if evaluation.public_route {
                // A public route has no sessions.
                parts.headers.remove(SESSION_ID);
                parts.headers.remove(LAST_EVENT_ID);
                None
            } else {
                self.open_session(&mut parts.headers, &evaluation, caller.as_ref())?
            };
            Ok((caller, session))
        });
        let request = RequestRecord::of(parts);
        match decision {
            Ok((caller, session)) => {
                let decision = match &caller {
                    Some(_) => AuthDecision::Admitted,
                    None => AuthDecision::Public,
                };
                let mut admission = Admission {
                    now: evaluation.now,
                    lists,
                    head,
                    questions: self.authorizer_questions(&mut evaluation),
                    caller,
                    authorization: None,
                    request,
                    message_id: evaluation.message_id.take(),
                    session,
                    public_operations: evaluation.public_operations,
                    live_session: evaluation.live_session,
                    authorizers: std::mem::take(&mut evaluation.authorizers),
                };
                self.forward(parts, &mut admission);
                self.record_decision(decision, evaluation, &admission.request);
                Verdict::Forward(admission)
            }
            Err(refusal) => {
                let scopes = self.scopes_of(&evaluation.operations);
                self.record_decision(AuthDecision::Refused(refusal.clone()), evaluation, &request);
                Verdict::Answer(Box::new(self.challenges.response(refusal, &scopes)))
            }
        }
    }
}

fn is_post(parts: &Parts) -> bool {
    parts.method == Method::POST
}
