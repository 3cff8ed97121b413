//! Step 10: the response of the inner service.

use std::sync::Arc;
use std::time::SystemTime;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response};

use super::evaluation::{Authorizers, Evaluation};
use super::guard::Guard;
use super::guarded_body::GuardedBody;
use super::response_body::ResponseBody;
use super::stream::{AuthorizerQuestions, OpeningRequest};
use crate::audit::RequestRecord;
use crate::operation::{ListFilter, Operation, RequestId, ResponseKind, is_list};
use crate::session::Opened;
use crate::support::json::LazyObject;
use crate::token::VerifiedToken;
use crate::verifier::TokenVerifier;
use crate::verifier::{RequestHead, Seen, WatchedHead};
use crate::wire::Refusal;

/// What is kept of a forwarded request for its response.
pub(super) struct Admission {
    /// The caller; `None` for an anonymous request.
    pub(super) caller: Option<VerifiedToken>,
    /// The head of the request, if the caller has to be evaluated again with it.
    pub(super) head: Option<Arc<Parts>>,
    /// The requests for which authorizers must be called again, if there are any.
    pub(super) questions: AuthorizerQuestions,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) request: RequestRecord,
    /// The id of the JSON-RPC request, if its body was read.
    pub(super) message_id: Option<RequestId>,
    pub(super) session: Option<Opened>,
    pub(super) public_operations: bool,
    /// Whether a policy of the request needs a live session.
    pub(super) live_session: bool,
    pub(super) now: SystemTime,
    /// The authorizers, with the rules that decided the request.
    pub(super) authorizers: Authorizers,
    /// In which responses lists have to be filtered.
    pub(super) lists: Lists,
}

/// How many bytes of arguments are kept while a stream is open.
const MAX_KEPT_ARGUMENTS: usize = 64 * 1024;

/// In which responses lists have to be filtered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    Nowhere,
    /// A resumed stream repeats messages of another one.
    InStreams,
    Everywhere,
}

impl Guard {
    /// In which responses lists have to be filtered.
    pub(super) fn lists_to_filter(&self, parts: &Parts, operations: &[Operation]) -> Lists {
        let Some(policy) = &self.operations else {
            return Lists::Nowhere;
        };
        if !policy.filters_lists() || !policy.applies_to_path(parts.uri.path()) {
            Lists::Nowhere
        } else if operations.iter().any(is_list) {
            Lists::Everywhere
        } else if parts.method == Method::GET {
            Lists::InStreams
        } else {
            Lists::Nowhere
        }
    }

    /// The head, if the decision depended on it or may depend on it later.
    pub(super) fn kept_head(&self, parts: &Parts, seen: &Seen, lists: Lists) -> Option<Arc<Parts>> {
        let head = RequestHead::of(parts);
        let needed = seen.get() || lists != Lists::Nowhere || self.provider.vary(head).is_some();
        needed.then(|| Arc::new(head.to_owned_parts()))
    }

    /// The questions to ask authorizers again when the caller is evaluated again.
    pub(super) fn authorizer_questions(&self, evaluation: &mut Evaluation) -> AuthorizerQuestions {
        if self.authorizers.is_empty() || evaluation.public_operations {
            return AuthorizerQuestions::Nothing;
        }
        let arguments = std::mem::take(&mut evaluation.arguments);
        let texts = arguments.iter().flatten().filter_map(LazyObject::as_str);
        let sizes = texts.map(str::len);
        match sizes.sum::<usize>() {
            ..=MAX_KEPT_ARGUMENTS => {
                AuthorizerQuestions::About(Box::new((evaluation.operations.clone(), arguments)))
            }
            _ => AuthorizerQuestions::TooLong,
        }
    }

    /// Step 10, after the inner service has responded.
    pub(super) fn finish_response<R>(
        self: &Arc<Self>,
        mut admission: Admission,
        mut response: Response<R>,
    ) -> Response<ResponseBody<R>> {
        let status = response.status();
        let headers = response.headers_mut();
        if let Some(sessions) = &self.sessions {
            let opened = admission.session.take();
            sessions.seal(headers, admission.caller.as_ref(), opened);
        }
        let stream = is_event_stream(headers);
        let end = if stream {
            let who = admission.caller.clone().zip(admission.authorization.take());
            who.and_then(|(caller, authorization)| {
                self.end_of_stream(OpeningRequest {
                    caller,
                    head: admission.head.clone(),
                    questions: std::mem::take(&mut admission.questions),
                    public: admission.public_operations,
                    live_session: admission.live_session,
                    authorization,
                    request: admission.request.clone(),
                })
            })
        } else {
            None
        };
        let filters = match admission.lists {
            Lists::Nowhere => false,
            Lists::InStreams => stream,
            // A plain-text error holds no list that a client would read.
            Lists::Everywhere => stream || status.is_success() || is_json(headers),
        };
        let filter = filters.then(|| {
            let filter = self.list_filter(stream, admission);
            if stream && !is_encoded(headers) {
                return filter;
            }
            // What cannot be read is replaced by a JSON-RPC error.
            let readable = !is_encoded(headers) && is_json(headers);
            headers.remove(CONTENT_ENCODING);
            if readable {
                return filter;
            }
            if !stream && headers.contains_key(CONTENT_TYPE) {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            }
            filter.withholding_all()
        });
        let guarded_body = GuardedBody::over(end, filter);
        if guarded_body
            .as_ref()
            .is_some_and(GuardedBody::changes_length)
        {
            headers.remove(CONTENT_LENGTH);
        }
        response.map(|body| match guarded_body {
            Some(guarded_body) => ResponseBody::guarded(body, guarded_body),
            None => ResponseBody::inner(body),
        })
    }

    /// Which items of a list the caller may see.
    fn list_filter(self: &Arc<Self>, stream: bool, mut admission: Admission) -> ListFilter {
        let kind = if stream {
            ResponseKind::Stream
        } else {
            ResponseKind::Json(admission.message_id.take())
        };
        let (guard, reporter) = (Arc::clone(self), Arc::clone(self));
        let (caller, record) = (admission.caller.clone(), admission.request.clone());
        let visible = move |operation: &Operation| {
            let operations = std::slice::from_ref(operation);
            match &admission.caller {
                Some(token) => {
                    // The head is kept wherever lists are filtered.
                    let head = admission.head.as_deref();
                    let head = head.map_or(RequestHead::empty(), RequestHead::of);
                    let head = WatchedHead::unwatched(head);
                    let request = guard.policy_request(token, admission.now, head);
                    let Ok(member) = guard.member(token, operations) else {
                        return guard.are_public(operations);
                    };
                    let request = request.with_member(member.as_ref());
                    guard.are_public(operations)
                        || guard.shows(&admission.authorizers, &request, operation)
                }
                None => guard.are_public(operations) || guard.requires_nothing(operations),
            }
        };
        let withheld = move || {
            reporter.record_late_refusal(Refusal::UnreadableList, caller.as_ref(), &record);
        };
        ListFilter::new(kind, visible, withheld)
    }
}

fn is_encoded(headers: &HeaderMap) -> bool {
    let encoding = headers.get(CONTENT_ENCODING);
    encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    essence(headers).is_some_and(|essence| essence.eq_ignore_ascii_case("text/event-stream"))
}

/// Whether the response is JSON. One without a type may be: readers guess.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(essence) = essence(headers) else {
        return !headers.contains_key(CONTENT_TYPE);
    };
    let essence = essence.to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

/// The media type without its parameters.
fn essence(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    text.split(';').next().map(str::trim)
}
