//! The way back: what becomes of the inner service's answer.

use std::sync::Arc;
use std::time::SystemTime;

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response};

use super::guard::Guard;
use super::stream::Opener;
use crate::body::ResponseBody;
use crate::operation::{ListFilter, Operation, is_list};
use crate::policy::PolicyRequest;
use crate::session::Opened;
use crate::token::AccessToken;
use crate::watch::Watch;

/// A request on its way in, as its answer will need it.
pub(super) struct Admission {
    /// In whose name, or in nobody's.
    pub(super) caller: Option<AccessToken>,
    pub(super) authorization: Option<HeaderValue>,
    pub(super) request_id: Option<HeaderValue>,
    pub(super) session: Option<Opened>,
    pub(super) public_operations: bool,
    pub(super) now: SystemTime,
    /// Where its answer may hold lists that must be filtered.
    pub(super) lists: Lists,
}

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
