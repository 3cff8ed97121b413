//! What the layer leaves in a request's extensions for extractors, beside the
//! [`AccessToken`](crate::AccessToken).

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::Response;

use super::guard::Guard;
use crate::audit::RequestRecord;
use crate::policy::{Denied, Policy, PolicyRequest};
use crate::refusal::Refusal;
use crate::scope::Scopes;
use crate::token::AccessToken;

/// The layer that a request came through.
#[derive(Clone)]
pub(crate) struct RequestContext {
    guard: Arc<Guard>,
    /// When the request was judged, for policies that are asked later.
    pub(crate) now: SystemTime,
    request: RequestRecord,
}

#[cfg_attr(
    not(feature = "axum"),
    expect(dead_code, reason = "for the extractors of axum")
)]
impl RequestContext {
    pub(crate) fn new(guard: Arc<Guard>, now: SystemTime, request: RequestRecord) -> Self {
        Self {
            guard,
            now,
            request,
        }
    }

    /// Asks a policy about the caller.
    pub(crate) fn check(&self, token: &AccessToken, policy: &impl Policy) -> Result<(), Denied> {
        policy.check(&PolicyRequest::new(token, self.now))
    }

    /// The answer to a caller whom a policy of a handler denies.
    pub(crate) fn deny(&self, denied: Denied, token: &AccessToken) -> Response<Bytes> {
        self.refuse(self.guard.refusal(denied, token), Some(token))
    }

    /// The answer to a request that a handler turns away.
    pub(crate) fn refuse(&self, refusal: Refusal, caller: Option<&AccessToken>) -> Response<Bytes> {
        self.tell(refusal.clone(), caller);
        self.guard.challenges.response(refusal, Scopes::NONE)
    }

    /// The event of a refusal whose answer is made here or elsewhere.
    pub(crate) fn tell(&self, refusal: Refusal, caller: Option<&AccessToken>) {
        self.guard.tell_late(refusal, caller, &self.request);
    }
}

impl fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestContext")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
