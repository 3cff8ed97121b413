//! Steps 8 and 9: checks the session, and removes the token from the request.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION};
use http::request::Parts;
use http::{HeaderMap, Response};

use super::context::AuthContext;
use super::evaluation::Evaluation;
use super::guard::Guard;
use super::response::{Admission, Lists};
use crate::operation::LAST_EVENT_ID;
use crate::session::Opened;
use crate::token::{Scopes, VerifiedToken};
use crate::wire::Refusal;

impl Guard {
    /// Step 8.
    pub(super) fn open_session(
        &self,
        headers: &mut HeaderMap,
        evaluation: &Evaluation,
        caller: Option<&VerifiedToken>,
    ) -> Result<Option<Opened>, Refusal> {
        match &self.sessions {
            Some(sessions) => sessions
                .unseal(headers, evaluation.session, caller)
                .map_err(|_| Refusal::NoSuchSession),
            None => {
                // Streams are resumed within a session only, whether it is bound to a caller or
                // not.
                if evaluation.session.without_sessions || !evaluation.session.has_session_id {
                    headers.remove(LAST_EVENT_ID);
                }
                Ok(None)
            }
        }
    }

    /// The response to an admitted request whose token has become invalid while the inner service
    /// was not ready; `None` if it is still valid.
    pub(super) fn refuse_late(&self, admission: &Admission) -> Option<Response<Bytes>> {
        let caller = admission.caller.as_ref()?;
        let refusal: Refusal = self.check_again(caller).err()?.into();
        self.record_late_refusal(refusal.clone(), Some(caller), &admission.request);
        Some(self.challenges.response(refusal, Scopes::NONE))
    }

    /// Step 9.
    pub(super) fn forward(self: &Arc<Self>, parts: &mut Parts, admission: &mut Admission) {
        admission.authorization = if self.passes_token_on {
            parts.headers.get(AUTHORIZATION).cloned()
        } else {
            parts.headers.remove(AUTHORIZATION)
        };
        if admission.lists != Lists::Nowhere {
            // A compressed response cannot be filtered.
            parts.headers.remove(ACCEPT_ENCODING);
        }
        // Replaces the context of another layer around this one: its caller was not verified here.
        parts.extensions.insert(AuthContext::new(
            Arc::clone(self),
            admission.caller.clone(),
            admission.now,
            admission.request.clone(),
        ));
    }
}
