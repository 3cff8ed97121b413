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

/// The headers of a request with a session id.
const WITH_SESSION: SessionHeaders = SessionHeaders {
    without_sessions: false,
    has_session_id: true,
    has_last_event_id: false,
};

const WITHOUT_SESSIONS: SessionHeaders = SessionHeaders {
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
    binding.seal(&mut headers, caller, None);
    headers[SESSION_ID].to_str().unwrap().to_owned()
}

fn opened(
    binding: &SessionBinding,
    sealed: &str,
    caller: Option<&VerifiedToken>,
) -> Result<String, NoSuchSession> {
    let mut headers = headers(&[sealed]);
    binding.unseal(&mut headers, WITH_SESSION, caller)?;
    Ok(headers[SESSION_ID].to_str().unwrap().to_owned())
}

#[test]
fn a_session_belongs_to_its_caller() {
    let binding = binding(1);
    let owner = caller("https://id.example", "usr_1", Some("c_1"));
    let id = "a.b-c.";
    let sealed_id = sealed(&binding, id, Some(&owner));
    assert_ne!(sealed_id, id);
    assert_eq!(
        opened(&binding, &sealed_id, Some(&owner)).as_deref(),
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
        // The same concatenation, with another boundary.
        (
            "boundary",
            Some(caller("https://id.exampleu", "sr_1", Some("c_1"))),
        ),
        (
            "organization",
            Some(caller("https://id.example", "usr_1", Some("c_1")).with_organization("org_2")),
        ),
        ("anonymous", None),
    ] {
        let opened = opened(&binding, &sealed_id, other.as_ref());
        assert_eq!(opened, Err(NoSuchSession), "{name}");
    }
    let anonymous_id = sealed(&binding, id, None);
    assert_eq!(opened(&binding, &anonymous_id, None).as_deref(), Ok(id));
    assert!(opened(&binding, &anonymous_id, Some(&owner)).is_err());
}

#[test]
fn a_forged_seal_is_refused() {
    let binding = binding(1);
    let owner = caller("https://id.example", "usr_1", None);
    let sealed_id = sealed(&binding, "abc", Some(&owner));
    assert!(
        opened(&binding, &sealed_id, Some(&owner)).is_ok(),
        "the control"
    );
    for at in 0..sealed_id.len() {
        let mut bytes = sealed_id.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let forged = String::from_utf8(bytes).unwrap();
        assert!(opened(&binding, &forged, Some(&owner)).is_err(), "{forged}");
        let short: String = sealed_id.chars().take(at).collect();
        assert!(opened(&binding, &short, Some(&owner)).is_err(), "{short}");
    }
    for forged in [
        "abc",
        "abc.",
        ".",
        "",
        &format!("{sealed_id}A"),
        &format!("{sealed_id}."),
    ] {
        assert!(opened(&binding, forged, Some(&owner)).is_err(), "{forged}");
    }
}

#[test]
fn sessions_of_an_old_key_are_accepted() {
    let owner = caller("https://id.example", "usr_1", None);
    let sealed_id = sealed(&binding(1), "abc", Some(&owner));
    assert!(opened(&binding(2), &sealed_id, Some(&owner)).is_err());
    let both = binding(2).also_accept(SessionKey::new(&[1; 32]).unwrap());
    assert!(opened(&both, &sealed_id, Some(&owner)).is_ok());
    let new = sealed(&both, "abc", Some(&owner));
    assert!(
        opened(&binding(2), &new, Some(&owner)).is_ok(),
        "the new key seals"
    );
}

#[test]
fn session_headers_are_removed_in_revisions_without_sessions() {
    let mut headers = headers(&["invented"]);
    headers.insert(LAST_EVENT_ID, HeaderValue::from_static("7"));
    assert!(matches!(
        binding(1).unseal(&mut headers, WITHOUT_SESSIONS, None),
        Ok(None)
    ));
    assert!(!headers.contains_key(SESSION_ID));
    assert!(!headers.contains_key(LAST_EVENT_ID));
    let opened = binding(1).unseal(&mut headers, WITHOUT_SESSIONS, None);
    assert!(matches!(opened, Ok(None)), "without the headers");
}

#[test]
fn last_event_id_is_forwarded_only_with_a_session() {
    let binding = binding(1);
    let owner = caller("https://id.example", "usr_1", None);
    let sealed_id = sealed(&binding, "abc", Some(&owner));
    for (name, session, resumes) in [
        ("the control", Some(sealed_id.as_str()), true),
        ("no session", None, false),
    ] {
        let mut headers = headers(session.as_slice());
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static("7"));
        let read = McpHeaders::read(&headers).unwrap().session();
        assert!(
            binding.unseal(&mut headers, read, Some(&owner)).is_ok(),
            "{name}"
        );
        assert_eq!(headers.contains_key(LAST_EVENT_ID), resumes, "{name}");
    }
}

#[test]
fn an_id_that_is_not_ascii_is_removed() {
    let mut headers = HeaderMap::new();
    headers.insert(SESSION_ID, HeaderValue::from_bytes(b"\xff").unwrap());
    binding(1).seal(&mut headers, None, None);
    assert!(headers.is_empty());
}

#[test]
fn a_repeated_session_id_gets_the_same_seal() {
    let owner = caller("https://id.example", "usr_1", None);
    let old = binding(1);
    let new = binding(2).also_accept(SessionKey::new(&[1; 32]).unwrap());
    for (name, sealed_by, response_id) in [
        ("the same session", &new, "abc"),
        ("another session", &new, "abd"),
        ("the same, sealed with the old key", &old, "abc"),
    ] {
        let mut request = headers(&[&sealed(sealed_by, "abc", Some(&owner))]);
        let opened = new
            .unseal(&mut request, WITH_SESSION, Some(&owner))
            .unwrap();
        let mut response = headers(&[response_id]);
        new.seal(&mut response, Some(&owner), opened);
        let expected = sealed(&new, response_id, Some(&owner));
        assert_eq!(response[SESSION_ID], expected, "{name}");
    }
}
