//! [`Evaluation`] and [`Incoming`]: a request while it is evaluated.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::request::Parts;

use super::guard::Guard;
use crate::directory::Member;
use crate::operation::SessionHeaders;
use crate::operation::{Arguments, Operations, RequestId};
use crate::policy::{Authorizer, DecisionRecord};
use crate::support::Clock;
use crate::token::VerifiedToken;
use crate::verifier::{RequestHead, Seen, WatchedHead};

/// The authorizers that decide one request.
pub(super) type Authorizers = Vec<Arc<dyn Authorizer>>;

/// What is known about a request so far.
pub(super) struct Evaluation {
    pub(super) now: SystemTime,
    pub(super) begun: Duration,
    pub(super) token: Option<VerifiedToken>,
    pub(super) operations: Operations,
    /// The arguments of each operation, if a policy or an authorizer needs them.
    pub(super) arguments: Arguments,
    /// The id of the JSON-RPC request, if its body was read.
    pub(super) message_id: Option<RequestId>,
    pub(super) session: SessionHeaders,
    /// The authorizers, with the rules that decide this request.
    pub(super) authorizers: Authorizers,
    /// What authorizers report.
    pub(super) record: DecisionRecord,
    pub(super) public_route: bool,
    /// Whether all operations are public.
    pub(super) public_operations: bool,
    /// Whether a policy of the request needs a live session.
    pub(super) live_session: bool,
    /// The caller as the directory knows it, if a policy needs that.
    pub(super) member: Option<Member>,
    /// Whether the request had been forwarded before this decision.
    pub(super) late: bool,
}

/// A request while it is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Incoming<'a> {
    pub(super) parts: &'a Parts,
    pub(super) seen: &'a Seen,
}

impl<'a> Incoming<'a> {
    pub(super) fn head(self) -> WatchedHead<'a> {
        WatchedHead::new(RequestHead::of(self.parts), self.seen)
    }
}

impl Guard {
    /// Nothing is known yet.
    pub(super) fn evaluation(&self) -> Evaluation {
        Evaluation {
            now: self.clock.now(),
            begun: self.clock.monotonic(),
            token: None,
            operations: Operations::new(),
            arguments: Arguments::new(),
            message_id: None,
            session: SessionHeaders::default(),
            authorizers: Authorizers::new(),
            record: DecisionRecord::default(),
            public_route: false,
            public_operations: false,
            live_session: false,
            member: None,
            late: false,
        }
    }
}
