use super::binding::NoSuchSession;
use super::*;
use crate::operation::{LAST_EVENT_ID, McpHeaders, SESSION_ID, SessionHeaders};
use crate::token::VerifiedToken;
use http::{HeaderMap, HeaderValue};
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
