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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operation::McpHeaders;
    use std::time::SystemTime;

    fn caller(issuer: &str, subject: &str, client: Option<&str>) -> VerifiedToken {
        let token = VerifiedToken::assertion(issuer, subject, SystemTime::UNIX_EPOCH);
        match client {
            Some(client) => token.with_client_id(client),
            None => token,
        }
    }

    /// What is read of a request with a session id.
    const OF_SESSION: SessionHeaders = SessionHeaders {
        without_sessions: false,
        has_session_id: true,
        has_last_event_id: false,
    };

    const WITHOUT: SessionHeaders = SessionHeaders {
        without_sessions: true,
        has_session_id: true,
        has_last_event_id: true,
    };

    fn binding(key: u8) -> SessionBinding {
        SessionBinding::new(SessionKey::new(&[key; 32]).unwrap())
    }

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(SESSION_ID, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn sealed(binding: &SessionBinding, id: &str, caller: Option<&VerifiedToken>) -> String {
        let mut headers = headers(&[id]);
        binding.close(&mut headers, caller, None);
        headers[SESSION_ID].to_str().unwrap().to_owned()
    }

    fn opened(
        binding: &SessionBinding,
        sealed: &str,
        caller: Option<&VerifiedToken>,
    ) -> Result<String, NoSuchSession> {
        let mut headers = headers(&[sealed]);
        binding.open(&mut headers, OF_SESSION, caller)?;
        Ok(headers[SESSION_ID].to_str().unwrap().to_owned())
    }

    #[test]
    fn a_session_belongs_to_its_caller() {
        let binding = binding(1);
        let owner = caller("https://id.example", "usr_1", Some("c_1"));
        let id = "a.b-c.";
        let ticket = sealed(&binding, id, Some(&owner));
        assert_ne!(ticket, id);
        assert_eq!(
            opened(&binding, &ticket, Some(&owner)).as_deref(),
            Ok(id),
            "the control"
        );
        for (name, other) in [
            (
                "issuer",
                Some(caller("https://id2.example", "usr_1", Some("c_1"))),
            ),
            (
                "subject",
                Some(caller("https://id.example", "usr_2", Some("c_1"))),
            ),
            (
                "client",
                Some(caller("https://id.example", "usr_1", Some("c_2"))),
            ),
            (
                "no client",
                Some(caller("https://id.example", "usr_1", None)),
            ),
            // The same letters, cut elsewhere.
            (
                "cut",
                Some(caller("https://id.exampleu", "sr_1", Some("c_1"))),
            ),
            (
                "organization",
                Some(caller("https://id.example", "usr_1", Some("c_1")).with_organization("org_2")),
            ),
            ("nobody", None),
        ] {
            let opened = opened(&binding, &ticket, other.as_ref());
            assert_eq!(opened, Err(NoSuchSession), "{name}");
        }
        let open_to_all = sealed(&binding, id, None);
        assert_eq!(opened(&binding, &open_to_all, None).as_deref(), Ok(id));
        assert!(opened(&binding, &open_to_all, Some(&owner)).is_err());
    }

    #[test]
    fn a_seal_cannot_be_made_up() {
        let binding = binding(1);
        let owner = caller("https://id.example", "usr_1", None);
        let ticket = sealed(&binding, "abc", Some(&owner));
        assert!(
            opened(&binding, &ticket, Some(&owner)).is_ok(),
            "the control"
        );
        for at in 0..ticket.len() {
            let mut bytes = ticket.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            assert!(opened(&binding, &forged, Some(&owner)).is_err(), "{forged}");
            let short: String = ticket.chars().take(at).collect();
            assert!(opened(&binding, &short, Some(&owner)).is_err(), "{short}");
        }
        for forged in [
            "abc",
            "abc.",
            ".",
            "",
            &format!("{ticket}A"),
            &format!("{ticket}."),
        ] {
            assert!(opened(&binding, forged, Some(&owner)).is_err(), "{forged}");
        }
    }

    #[test]
    fn keys_change() {
        let owner = caller("https://id.example", "usr_1", None);
        let ticket = sealed(&binding(1), "abc", Some(&owner));
        assert!(opened(&binding(2), &ticket, Some(&owner)).is_err());
        let both = binding(2).also_accept(SessionKey::new(&[1; 32]).unwrap());
        assert!(opened(&both, &ticket, Some(&owner)).is_ok());
        let new = sealed(&both, "abc", Some(&owner));
        assert!(
            opened(&binding(2), &new, Some(&owner)).is_ok(),
            "the new key seals"
        );
    }

    #[test]
    fn without_sessions_the_header_means_nothing() {
        let mut headers = headers(&["made up"]);
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("7"));
        assert!(matches!(
            binding(1).open(&mut headers, WITHOUT, None),
            Ok(None)
        ));
        assert!(!headers.contains_key(SESSION_ID));
        assert!(!headers.contains_key(LAST_EVENT_ID));
        let opened = binding(1).open(&mut headers, WITHOUT, None);
        assert!(matches!(opened, Ok(None)), "no header, no question");
    }

    #[test]
    fn a_stream_is_resumed_within_a_session_alone() {
        let binding = binding(1);
        let owner = caller("https://id.example", "usr_1", None);
        let ticket = sealed(&binding, "abc", Some(&owner));
        for (name, session, resumes) in [
            ("the control", Some(ticket.as_str()), true),
            ("no session", None, false),
        ] {
            let mut headers = headers(session.as_slice());
            headers.insert(LAST_EVENT_ID, HeaderValue::from_static("7"));
            let read = McpHeaders::read(&headers).unwrap().session();
            assert!(
                binding.open(&mut headers, read, Some(&owner)).is_ok(),
                "{name}"
            );
            assert_eq!(headers.contains_key(LAST_EVENT_ID), resumes, "{name}");
        }
    }

    #[test]
    fn an_id_that_is_no_text_does_not_leave() {
        let mut headers = HeaderMap::new();
        headers.insert(SESSION_ID, HeaderValue::from_bytes(b"\xff").unwrap());
        binding(1).close(&mut headers, None, None);
        assert!(headers.is_empty());
    }

    #[test]
    fn an_answer_is_sealed_as_if_nobody_had_asked() {
        let owner = caller("https://id.example", "usr_1", None);
        let old = binding(1);
        let new = binding(2).also_accept(SessionKey::new(&[1; 32]).unwrap());
        for (name, sealed_by, answered_id) in [
            ("the same session", &new, "abc"),
            ("another session", &new, "abd"),
            ("the same, of the old key", &old, "abc"),
        ] {
            let mut request = headers(&[&sealed(sealed_by, "abc", Some(&owner))]);
            let opened = new.open(&mut request, OF_SESSION, Some(&owner)).unwrap();
            let mut answer = headers(&[answered_id]);
            new.close(&mut answer, Some(&owner), opened);
            let expected = sealed(&new, answered_id, Some(&owner));
            assert_eq!(answer[SESSION_ID], expected, "{name}");
        }
    }
}
