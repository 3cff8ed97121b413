//! The way back: what becomes of the inner service's answer.

use std::sync::Arc;
use std::time::SystemTime;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response};

use super::evaluation::Evaluation;
use super::guard::Guard;
use super::guarded_body::GuardedBody;
use super::response_body::ResponseBody;
use super::stream::{Opener, Reasked};
use crate::audit::RequestRecord;
use crate::operation::{ListFilter, Operation, RequestId, ResponseKind, is_list};
use crate::session::Opened;
use crate::token::VerifiedToken;
use crate::verifier::TokenVerifier;
use crate::verifier::{RequestHead, Seen, WatchedHead};
use crate::wire::Refusal;

/// A request on its way in, as its answer will need it.
pub(super) struct Admission {
    /// In whose name, or in nobody's.
    pub(super) caller: Option<VerifiedToken>,
    /// The head of the request, where it is needed to decide about the caller again.
    pub(super) head: Option<Arc<Parts>>,
    /// What the authorizers were asked about, where there are any.
    pub(super) asked: Reasked,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) request: RequestRecord,
    /// The id of the JSON-RPC request, where its body was read.
    pub(super) message_id: Option<RequestId>,
    pub(super) session: Option<Opened>,
    pub(super) public_operations: bool,
    pub(super) now: SystemTime,
    /// Where its answer may hold lists that must be filtered.
    pub(super) lists: Lists,
}

/// How many bytes of arguments are kept for as long as an answer may be a stream.
const MAX_KEPT_ARGUMENTS: usize = 64 * 1024;

/// In which answers there may be lists to filter.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    Nowhere,
    /// A stream repeats what another one lost.
    InStreams,
    Everywhere,
}

impl Guard {
    /// Where the answer may hold lists that must be filtered.
    pub(super) fn may_list(&self, parts: &Parts, operations: &[Operation]) -> Lists {
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

    /// The head, if a decision depended on it or may depend on it later.
    pub(super) fn kept_head(&self, parts: &Parts, seen: &Seen, lists: Lists) -> Option<Arc<Parts>> {
        let head = RequestHead::of(parts);
        let needed = seen.get() || lists != Lists::Nowhere || self.provider.vary(head).is_some();
        needed.then(|| Arc::new(head.to_owned_parts()))
    }

    /// What the authorizers are asked about when the caller is decided about again.
    pub(super) fn kept_operations(&self, evaluation: &mut Evaluation) -> Reasked {
        if self.authorizers.is_empty() || evaluation.public_operations {
            return Reasked::Nothing;
        }
        let arguments = std::mem::take(&mut evaluation.arguments);
        let sizes = arguments.iter().flatten().map(|it| it.as_str().len());
        match sizes.sum::<usize>() {
            ..=MAX_KEPT_ARGUMENTS => {
                Reasked::About(Box::new((evaluation.operations.clone(), arguments)))
            }
            _ => Reasked::TooMuch,
        }
    }

    /// Step 10, the way back.
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
                self.end_of_stream(Opener {
                    caller,
                    head: admission.head.clone(),
                    asked: std::mem::take(&mut admission.asked),
                    public: admission.public_operations,
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
            // An error in plain words holds no list that a client would read.
            Lists::Everywhere => stream || status.is_success() || is_json(headers),
        };
        let filter = filters.then(|| {
            let filter = self.list_filter(stream, admission);
            if stream && !is_encoded(headers) {
                return filter;
            }
            // Whatever cannot be read becomes an error in JSON.
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

    /// What of a list the caller may see.
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
                    // It is kept wherever there may be lists.
                    let head = admission.head.as_deref();
                    let head = head.map_or(RequestHead::empty(), RequestHead::of);
                    let head = WatchedHead::unwatched(head);
                    let request = guard.policy_request(token, admission.now, head);
                    guard.are_public(operations) || guard.authorize(&request, operations).is_ok()
                }
                None => guard.are_public(operations) || guard.asks_nothing(operations),
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

/// Whether the answer is JSON. One without a type is for its reader to guess, so it may be.
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
