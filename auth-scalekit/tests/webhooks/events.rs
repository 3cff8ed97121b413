//! Events of all types are read, and `Debug` shows nothing personal.

use auth_scalekit::webhooks::event::{EventData, EventType};
use auth_scalekit::webhooks::{EventError, WebhookEvent};
use serde_json::{Value, json};

use crate::samples;
use crate::stage::sample_time;

fn parse(event: &Value) -> Result<WebhookEvent, EventError> {
    WebhookEvent::parse(event.to_string().as_bytes())
}

#[test]
fn an_event_of_each_type_is_read() {
    assert_eq!(EventType::ALL.len(), 41);
    for kind in EventType::ALL {
        let sample = samples::event(kind.as_str(), "evt_1");
        let event = parse(&sample).unwrap();
        assert_eq!(event.kind(), Some(*kind));
        assert_eq!(event.event_type(), kind.as_str());
        assert_eq!(event.id(), "evt_1");
        assert_eq!(event.occurred_at(), sample_time(), "{kind}");
        assert_eq!(event.environment_id(), Some("env_1"));
        assert_eq!(event.object(), sample["object"].as_str());
        assert_eq!(event.organization_id(), sample["organization_id"].as_str());
        assert_eq!(event.display_name(), Some("A private name"));
        let raw: Value = serde_json::from_str(event.raw_data()).unwrap();
        assert_eq!(raw, sample["data"], "{kind}");
        let expected = match sample["object"].as_str().unwrap() {
            "OrgMembership" => "Membership",
            "User" => "UserSession",
            "Organization" if kind.as_str().contains("domain") => "Domain",
            object => object,
        };
        let shown = format!("{:?}", event.data());
        assert!(
            shown.starts_with(&format!("{expected}(")),
            "{kind}: {shown}"
        );
        let shown = format!("{event:?}");
        assert!(!shown.contains("private"), "{kind}: {shown}");
        assert!(shown.contains("_1"), "{kind}: {shown}");
    }
}

#[test]
fn members_of_payloads_are_read() {
    let data = |name| {
        parse(&samples::event(name, "evt_1"))
            .unwrap()
            .data()
            .clone()
    };
    let some = |value: &str| Some(String::from(value));
    let EventData::UserSession(logout) = data("user.logout") else {
        panic!("another payload");
    };
    let (user, session) = (logout.user.unwrap(), logout.user_session.unwrap());
    assert_eq!(user.id, some("usr_1"));
    assert_eq!(user.email, some(samples::EMAIL));
    assert_eq!(user.user_profile.unwrap().email_verified, Some(true));
    assert_eq!(session.session_id, some("ses_1"));
    assert_eq!(session.authenticated_organizations, ["org_1"]);
    assert_eq!(session.absolute_expires_at, Some(sample_time()));
    assert_eq!(session.logout_at, None, "null");

    let EventData::DirectoryUser(user) = data("organization.directory.user_updated") else {
        panic!("another payload");
    };
    assert_eq!(user.active, Some(true));
    assert_eq!(user.roles[0].role_name, some("admin"));
    assert_eq!(user.groups[0].id, some("dirgroup_1"));

    let EventData::Organization(organization) = data("organization.deleted") else {
        panic!("another payload");
    };
    assert_eq!(organization.deleted_at, Some(sample_time()));
    let features = organization.settings.unwrap().features;
    assert_eq!(features[0].name, some("sso"));
    assert_eq!(features[0].enabled, Some(true));

    let EventData::Membership(membership) = data("user.organization_membership_deleted") else {
        panic!("another payload");
    };
    assert_eq!(membership.organization.unwrap().id, some("org_1"));

    let EventData::ConnectedAccount(account) = data("connected_account.status_updated") else {
        panic!("another payload");
    };
    assert_eq!(account.old_status, some("ACTIVE"));
    assert_eq!(account.status, some("EXPIRED"));
}

#[test]
fn an_event_of_an_unknown_type_is_kept_as_it_was_sent() {
    let mut event = samples::event("user.logout", "evt_1");
    event["type"] = "user.teleported".into();
    event["data"] = json!([1, {"deep": [null]}]);
    let event = parse(&event).unwrap();
    assert_eq!((event.kind(), event.data()), (None, &EventData::Unknown));
    assert_eq!(event.raw_data(), r#"[1,{"deep":[null]}]"#);
}

#[test]
fn envelopes_are_checked_and_payloads_are_not() {
    let rows: [(&str, samples::Change, Option<&str>); 22] = [
        ("the control", |_| {}, None),
        (
            "a member that is not known",
            |event| event["more"] = json!({}),
            None,
        ),
        ("no data", |event| event["data"] = Value::Null, None),
        ("other data", |event| event["data"] = json!("x"), None),
        (
            "a payload of another form",
            |event| event["data"] = json!({"user": 1}),
            None,
        ),
        (
            "a string of numbers",
            |event| event["data"]["user"] = json!([{}]),
            None,
        ),
        (
            "no environment",
            |event| event["environment_id"] = Value::Null,
            None,
        ),
        (
            "no organization",
            |event| event["organization_id"] = Value::Null,
            None,
        ),
        (
            "another version",
            |event| event["spec_version"] = json!(2),
            None,
        ),
        ("no id", |event| event["id"] = Value::Null, Some("id")),
        (
            "an id of another kind",
            |event| event["id"] = json!("usr_1"),
            Some("id"),
        ),
        (
            "an id with a blank",
            |event| event["id"] = json!("evt_ 1"),
            Some("id"),
        ),
        (
            "an id with a line end",
            |event| event["id"] = json!("evt_1\n"),
            Some("id"),
        ),
        (
            "an id that is a number",
            |event| event["id"] = json!(1),
            Some("id"),
        ),
        (
            "the longest id",
            |event| event["id"] = format!("evt_{}", "1".repeat(60)).into(),
            None,
        ),
        (
            "a longer id",
            |event| event["id"] = format!("evt_{}", "1".repeat(61)).into(),
            Some("id"),
        ),
        ("no type", |event| event["type"] = Value::Null, Some("type")),
        (
            "an empty type",
            |event| event["type"] = json!(""),
            Some("type"),
        ),
        (
            "a long type",
            |event| event["type"] = "x".repeat(256).into(),
            Some("type"),
        ),
        (
            "no time",
            |event| event["occurred_at"] = Value::Null,
            Some("occurred_at"),
        ),
        (
            "a number as time",
            |event| event["occurred_at"] = json!(1),
            Some("occurred_at"),
        ),
        (
            "a time that is none",
            |event| event["occurred_at"] = json!("yesterday"),
            Some("occurred_at"),
        ),
    ];
    for (name, change, missing) in rows {
        let mut event = samples::event("user.logout", "evt_1");
        change(&mut event);
        let expected = missing.map(EventError::Envelope);
        assert_eq!(parse(&event).err(), expected, "{name}");
    }
}

#[test]
fn json_is_read_strictly() {
    let text = samples::event("user.logout", "evt_1").to_string();
    let event = |text: &str| WebhookEvent::parse(text.as_bytes());
    assert!(event(&text).is_ok(), "the control");
    let inside = |member: &str| text.replace(r#""device":"#, &format!(r#"{member},"device":"#));
    assert!(
        event(&inside(r#""a":1"#)).is_ok(),
        "the control, with one more member"
    );
    let deep = format!(r#""a":{}1{}"#, "[".repeat(70), "]".repeat(70));
    for text in [
        "",
        "null",
        "[]",
        &text[1..],
        &text[..text.len() - 1],
        &format!("{text}{{}}"),
        &format!("\u{feff}{text}"),
        &inside(r#""session_id":"ses_2""#),
        &inside(r#""session\u005fid":"ses_2""#),
        &inside(r#""a":{"$serde_json::private::RawValue":"1"}"#),
        &inside(r#""a":1e400"#),
        &inside(&deep),
    ] {
        assert!(matches!(event(text), Err(EventError::Json(_))), "{text}");
    }
    let mut bytes = text.into_bytes();
    bytes.push(0xff);
    assert!(matches!(
        WebhookEvent::parse(&bytes),
        Err(EventError::Json(_))
    ));
}
