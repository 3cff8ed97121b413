//! Sessions of the revisions before 2026-07-28, bound to whom they were given to.
//!
//! A session id is no credential, and a stolen one must be worth nothing
//! ([security best practices, session hijacking](https://modelcontextprotocol.io/specification/2025-11-25/basic/security_best_practices#session-hijacking)).
//! So the `Mcp-Session-Id` that the inner service hands out leaves with a seal: an HMAC over the id
//! and the caller. It must come back with the same seal from the same caller, and goes inward
//! without it; otherwise the session does not exist (404). Nothing is stored.
//!
//! The caller is issuer, subject, client and organization, not the token, so a session survives a
//! refresh.

use http::header::{HeaderMap, HeaderValue};

use super::key::SessionKey;
use super::seal;
use super::seal::Holder;
use crate::operation::{LAST_EVENT_ID, SESSION_ID, SessionHeaders};
use crate::token::VerifiedToken;

/// Binds the sessions of the inner service to their callers.
///
/// `Last-Event-ID` is forwarded only together with a session of the caller's own. A store of events
/// that several sessions share must still look at the session: the id of an event is the client's
/// word.
///
/// The default has a key of its own, made at random when the layer is built: right for sessions
/// that live in this process. Replicas that share sessions must share a key.
///
/// ```
/// use auth_core::session::{SessionBinding, SessionKey};
///
/// # fn demo(current: &[u8], before: &[u8]) -> Result<(), auth_core::session::InvalidSessionKey> {
/// let binding = SessionBinding::new(SessionKey::new(current)?)
///     // Sessions sealed before the key was changed go on.
///     .also_accept(SessionKey::new(before)?);
/// # let _ = binding; Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct SessionBinding {
    key: SessionKey,
    old_keys: Vec<SessionKey>,
}

/// A session that a request goes on with.
#[derive(Debug)]
pub(crate) struct Opened {
    /// As the inner service knows it.
    id: HeaderValue,
    /// As the client does; `None` if that seal is of an old key.
    sealed: Option<HeaderValue>,
}

/// There is no such session for this caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoSuchSession;

impl SessionBinding {
    /// Seals with this key.
    #[must_use]
    pub fn new(key: SessionKey) -> Self {
        Self {
            key,
            old_keys: Vec::new(),
        }
    }

    /// Also lets sessions in that were sealed with this key.
    #[must_use]
    pub fn also_accept(mut self, old: SessionKey) -> Self {
        self.old_keys.push(old);
        self
    }

    /// Takes the seal off the session id of a request, if it has one. `caller` is `None` for those
    /// who need no token: they share the sessions that nobody owns. The headers have been read by
    /// [`McpHeaders`](crate::operation::McpHeaders), which says what there is of them.
    ///
    /// Without a session of the caller's own there is no stream to resume, so `Last-Event-ID` is
    /// removed.
    pub(crate) fn open(
        &self,
        headers: &mut HeaderMap,
        read: SessionHeaders,
        caller: Option<&VerifiedToken>,
    ) -> Result<Option<Opened>, NoSuchSession> {
        if read.without_sessions || !read.has_session_id {
            // Without sessions these headers mean nothing and must not make anything fail. To look
            // for what is not there costs as much as to find it.
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
        let holder = Holder::of(caller);
        let keys = std::iter::once(&self.key).chain(&self.old_keys);
        let (id, key) = seal::open(sealed, &holder, keys).ok_or(NoSuchSession)?;
        // What was sealed came out of a header.
        let id = HeaderValue::from_str(id).map_err(|_| NoSuchSession)?;
        let line = headers.insert(SESSION_ID, id.clone());
        Ok(Some(Opened {
            id,
            sealed: line.filter(|_| key == 0),
        }))
    }

    /// Seals the session id of a response to a request that went on with the session `opened`.
    pub(crate) fn close(
        &self,
        headers: &mut HeaderMap,
        caller: Option<&VerifiedToken>,
        opened: Option<Opened>,
    ) {
        let Some(id) = headers.remove(SESSION_ID) else {
            return;
        };
        // Servers repeat the id in every answer, and its seal would be the same.
        if let Some(Opened {
            id: known,
            sealed: Some(sealed),
        }) = opened
            && known == id
        {
            headers.insert(SESSION_ID, sealed);
            return;
        }
        // An id that is no text cannot come back either: it leaves no trace, rather than unsealed.
        if let Ok(id) = id.to_str()
            && let Ok(sealed) =
                HeaderValue::try_from(seal::seal(id, &Holder::of(caller), &self.key))
        {
            headers.insert(SESSION_ID, sealed);
        }
    }
}
