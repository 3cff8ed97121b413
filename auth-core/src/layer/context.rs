//! [`AuthContext`]: what the layer adds to the extensions of a request.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::{Extensions, Response};

use super::guard::Guard;
use crate::audit::RequestRecord;
use crate::directory::{Directory, Member};
use crate::policy::{Denied, NotAuthorized, Policy, PolicyRequest};
use crate::token::Scopes;
use crate::token::VerifiedToken;
use crate::verifier::{RequestHead, Unavailable};
use crate::wire::Refusal;

/// The caller, in the extensions of every request that an [`AuthLayer`](crate::layer::AuthLayer)
/// has forwarded.
///
/// There are extractors for axum and rmcp (`auth_core::axum`, `auth_core::rmcp`). Other services
/// read it directly:
///
/// ```
/// use auth_core::layer::AuthContext;
///
/// fn greet(request: &http::Request<()>) -> String {
///     let caller = AuthContext::of(request.extensions()).and_then(AuthContext::token);
///     match caller {
///         Some(token) => format!("hello, {}", token.subject()),
///         // A public route or operation, or a layer that allows anonymous callers.
///         None => "hello".to_owned(),
///     }
/// }
/// # greet(&http::Request::new(()));
/// ```
#[derive(Clone)]
pub struct AuthContext {
    token: Option<VerifiedToken>,
    guard: Arc<Guard>,
    now: SystemTime,
    request: RequestRecord,
}

impl AuthContext {
    pub(crate) fn new(
        guard: Arc<Guard>,
        token: Option<VerifiedToken>,
        now: SystemTime,
        request: RequestRecord,
    ) -> Self {
        Self {
            token,
            guard,
            now,
            request,
        }
    }

    /// The context in these extensions; `None` if the request came through no layer.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }

    /// The verified token; `None` for an anonymous request.
    #[must_use]
    pub fn token(&self) -> Option<&VerifiedToken> {
        self.token.as_ref()
    }

    /// Whether the caller has `scope`, or a broader scope that includes it by the
    /// [hierarchy](crate::layer::AuthLayerBuilder::scope_hierarchy) of the layer. An anonymous
    /// request has no scopes.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        let token = self.token.as_ref();
        token.is_some_and(|token| self.guard.hierarchy.satisfies(token.scopes(), scope))
    }

    /// Evaluates a policy for the caller, with the head of this request.
    ///
    /// # Errors
    ///
    /// The denial of the policy; for an anonymous request a denial without scopes, and the policy
    /// is not evaluated. [`NotAuthorized::Unavailable`] if the policy needs to know which member the caller is, and the
    /// directory is unavailable. It is not recorded, since the handler decides on the response.
    pub fn check(&self, policy: &impl Policy, head: RequestHead<'_>) -> Result<(), NotAuthorized> {
        let Some(token) = &self.token else {
            return Err(Denied::Forbidden("an anonymous caller".into()).into());
        };
        let member = match policy.needs_member() {
            true => self.member()?,
            false => None,
        };
        let request = PolicyRequest::new(token, self.now)
            .with_head(head)
            .with_member(member.as_ref());
        policy.check(&request.with_hierarchy(&self.guard.hierarchy))?;
        Ok(())
    }

    /// The directory of the layer, if it has one.
    #[must_use]
    pub fn directory(&self) -> Option<&dyn Directory> {
        self.guard.directory.as_deref()
    }

    /// The caller in the organization of the token, as the directory of the layer knows it now. `None` without a
    /// directory, and for a caller who is no member, such as a machine.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] if that is not known now.
    pub fn member(&self) -> Result<Option<Member>, Unavailable> {
        let token = self.token.as_ref();
        token.map_or(Ok(None), |token| self.guard.look_up_member(token))
    }
}

#[cfg_attr(
    not(feature = "axum"),
    expect(dead_code, reason = "for the extractors of axum")
)]
impl AuthContext {
    /// The response to a caller whom a policy of a handler denies.
    pub(crate) fn deny(&self, denied: NotAuthorized) -> Response<Bytes> {
        match &self.token {
            Some(token) => self.refuse(self.guard.not_authorized(denied, token)),
            None => self.refuse(Refusal::NoCredentials),
        }
    }

    /// The response to a request that a handler refuses.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Response<Bytes> {
        self.record(refusal.clone());
        self.guard.challenges.response(refusal, Scopes::NONE)
    }

    /// Records a refusal whose response is made here or elsewhere.
    pub(crate) fn record(&self, refusal: Refusal) {
        self.guard
            .record_late_refusal(refusal, self.token.as_ref(), &self.request);
    }
}

impl fmt::Debug for AuthContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthContext")
            .field("token", &self.token)
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}
