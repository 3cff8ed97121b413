//! [`SessionBinding`]: seals the session ids of responses, and checks those of requests.

use http::header::{HeaderMap, HeaderValue};

use super::key::SessionKey;
use super::seal;
use super::seal::SessionOwner;
use crate::operation::{LAST_EVENT_ID, SESSION_ID, SessionHeaders};
use crate::token::VerifiedToken;

/// Binds the sessions of the inner service to their callers.
///
/// `Last-Event-ID` is forwarded only together with a session of the caller. If several sessions share an
/// event store, the inner service must still check that the event belongs to the session, since the client
/// chooses the event id.
///
/// By default the layer uses a random key that is generated when it is built. That suits sessions that live
/// in this process; replicas that share sessions must share a key.
///
/// ```
/// use auth_core::session::{SessionBinding, SessionKey};
///
/// # fn demo(current: &[u8], before: &[u8]) -> Result<(), auth_core::session::InvalidSessionKey> {
/// let binding = SessionBinding::new(SessionKey::new(current)?)
///     // Sessions that were sealed with the previous key stay valid.
///     .also_accept(SessionKey::new(before)?);
/// # let _ = binding; Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SessionBinding {
    key: SessionKey,
    old_keys: Vec<SessionKey>,
}

/// The session of a request, after its seal was checked.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The id as the inner service issued it.
    id: HeaderValue,
    /// The id as the client sent it; `None` if it was sealed with an old key.
    sealed: Option<HeaderValue>,
}

/// The session id has no valid seal for this caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoSuchSession;

impl SessionBinding {
    /// Seals session ids with this key.
    #[must_use]
    pub fn new(key: SessionKey) -> Self {
        Self {
            key,
            old_keys: Vec::new(),
        }
    }

    /// Also accepts session ids that were sealed with this key.
    #[must_use]
    pub fn also_accept(mut self, old: SessionKey) -> Self {
        self.old_keys.push(old);
        self
    }

    /// Checks and removes the seal of the session id of a request, if it has one. `caller` is `None` for
    /// requests that need no token: they share the sessions that were opened without one. `read` is what
    /// [`McpHeaders`](crate::operation::McpHeaders) has found in the headers.
    ///
    /// Without a session of the caller there is no stream to resume, so `Last-Event-ID` is removed.
    pub(crate) fn unseal(
        &self,
        headers: &mut HeaderMap,
        read: SessionHeaders,
        caller: Option<&VerifiedToken>,
    ) -> Result<Option<Opened>, NoSuchSession> {
        if read.without_sessions || !read.has_session_id {
            // These headers have no meaning without sessions, and must not cause an error. Removing an
            // absent header costs as much as removing one, so both are checked first.
            if read.has_session_id {
                headers.remove(SESSION_ID);
            }
            if read.has_last_event_id {
                headers.remove(LAST_EVENT_ID);
            }
            return Ok(None);
        }
        let line = headers.get(SESSION_ID).ok_or(NoSuchSession)?;
        let sealed = line.to_str().map_err(|_| NoSuchSession)?;
        let owner = SessionOwner::of(caller);
        let keys = std::iter::once(&self.key).chain(&self.old_keys);
        let (id, key) = seal::open(sealed, &owner, keys).ok_or(NoSuchSession)?;
        // Cannot fail: only header values are sealed.
        let id = HeaderValue::from_str(id).map_err(|_| NoSuchSession)?;
        let line = headers.insert(SESSION_ID, id.clone());
        Ok(Some(Opened {
            id,
            sealed: line.filter(|_| key == 0),
        }))
    }

    /// Seals the session id of a response; `opened` is the session of its request.
    pub(crate) fn seal(
        &self,
        headers: &mut HeaderMap,
        caller: Option<&VerifiedToken>,
        opened: Option<Opened>,
    ) {
        let Some(id) = headers.remove(SESSION_ID) else {
            return;
        };
        // Servers repeat the id in every response, and its seal would be the same.
        if let Some(Opened {
            id: known,
            sealed: Some(sealed),
        }) = opened
            && known == id
        {
            headers.insert(SESSION_ID, sealed);
            return;
        }
        // An id that is not visible ASCII cannot be sealed, and is dropped rather than sent unsealed.
        if let Ok(id) = id.to_str()
            && let Ok(sealed) =
                HeaderValue::try_from(seal::seal(id, &SessionOwner::of(caller), &self.key))
        {
            headers.insert(SESSION_ID, sealed);
        }
    }
}
