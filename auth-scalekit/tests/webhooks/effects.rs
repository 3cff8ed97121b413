//! What revokes what.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use auth_core::revocation::RevocationTarget as Target;
use auth_core::support::{Clock, async_trait};
use auth_core::verifier::Unavailable;
use auth_scalekit::webhooks::{
    EventProcessorBuilder, EventType, RevocationCause, RevocationRules, UserLookup, WithoutLookup,
};
use serde_json::{Value, json};

use crate::samples::{self, Change, EMAIL};
use crate::stage::{ENVIRONMENT, Stage, sample_time};

/// Finds one user, two, or none, by the number of the organization.
#[derive(Debug, Default)]
pub(crate) struct Lookup {
    asked: Mutex<Vec<(String, String)>>,
}

#[async_trait]
impl UserLookup for Lookup {
    async fn subjects(&self, organization: &str, email: &str) -> Result<Vec<String>, Unavailable> {
        let mut asked = self.asked.lock().unwrap();
        asked.push((organization.to_owned(), email.to_owned()));
        match organization {
            "org_1" => Ok(vec!["usr_1".into()]),
            "org_2" => Ok(vec!["usr_1".into(), "usr_2".into()]),
            "org_3" => Ok(Vec::new()),
            _ => Err(Unavailable::new(Duration::from_secs(7))),
        }
    }
}

/// What is revoked by a sample of this type, after a change of it.
async fn revoked(
    event_type: &str,
    change: Change,
    settings: impl FnOnce(EventProcessorBuilder) -> EventProcessorBuilder,
) -> (u16, Vec<Target>) {
    let stage = Stage::with(settings);
    let mut event = samples::event(event_type, "evt_1");
    change(&mut event);
    let status = stage.send(&event).await;
    (status, stage.revoked.targets())
}

fn targets_of(kind: EventType) -> Vec<Target> {
    match kind.as_str() {
        "user.logout" => vec![Target::session("ses_1")],
        "user.organization_membership_deleted" | "user.organization_membership_updated" => {
            vec![Target::member("usr_1", "org_1")]
        }
        "organization.directory.user_deleted" | "organization.directory.user_updated" => {
            vec![Target::member("usr_1", "org_1")]
        }
        "organization.directory_disabled"
        | "organization.sso_disabled"
        | "organization.sso_deleted"
        | "organization.deleted" => vec![Target::organization("org_1")],
        "role.updated" | "role.deleted" => vec![Target::role("admin")],
        "permission.updated" | "permission.deleted" => vec![Target::permission("todo:read")],
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn each_type_revokes_what_the_table_lists() {
    let mut effective = 0;
    for kind in EventType::ALL {
        let with_lookup = |builder: EventProcessorBuilder| builder.lookup(Lookup::default());
        let expected = targets_of(*kind);
        effective += usize::from(!expected.is_empty());
        let found = revoked(kind.as_str(), |_| {}, with_lookup).await;
        assert_eq!(found, (201, expected), "{kind}");
    }
    assert_eq!(effective, 13);
    let unknown = |event: &mut Value| event["type"] = "user.obliterated".into();
    let found = revoked("user.logout", unknown, |builder| builder).await;
    assert_eq!(found, (201, Vec::new()));
}

#[tokio::test]
async fn each_cause_can_be_switched_off_by_its_name() {
    let cause_of = |event: &Value| match (event["type"].as_str().unwrap(), &event["data"]["active"])
    {
        ("user.logout", _) => "session_ended",
        ("user.organization_membership_deleted", _) => "member_removed",
        ("user.organization_membership_updated", _) => "member_updated",
        ("organization.directory.user_deleted", _) => "directory_user_deleted",
        ("organization.directory.user_updated", Value::Bool(true)) => "directory_user_updated",
        ("organization.directory.user_updated", _) => "directory_user_deactivated",
        ("organization.directory_disabled", _) => "directory_disabled",
        ("organization.sso_disabled", _) => "connection_disabled",
        ("organization.sso_deleted", _) => "connection_deleted",
        ("organization.deleted", _) => "organization_deleted",
        ("role.updated", _) => "role_updated",
        ("role.deleted", _) => "role_deleted",
        ("permission.updated", _) => "permission_updated",
        (_, _) => "permission_deleted",
    };
    let mut events: Vec<_> = EventType::ALL
        .iter()
        .filter(|kind| !targets_of(**kind).is_empty())
        .map(|kind| samples::event(kind.as_str(), "evt_1"))
        .collect();
    let mut inactive = samples::event("organization.directory.user_updated", "evt_1");
    inactive["data"]["active"] = false.into();
    events.push(inactive);
    assert_eq!(events.len(), RevocationCause::ALL.len());
    for event in &events {
        let cause: RevocationCause = cause_of(event).parse().unwrap();
        let all_others = RevocationRules::default().without(cause);
        let alone = RevocationRules::none().with(cause).with(cause);
        for (rules, is_revoked) in [(all_others, false), (alone, true)] {
            let stage = Stage::with(|builder| builder.rules(rules).lookup(Lookup::default()));
            assert_eq!(stage.send(event).await, 201, "{cause}");
            assert_eq!(!stage.revoked.targets().is_empty(), is_revoked, "{cause}");
        }
    }
    let error = "role_renamed".parse::<RevocationCause>().unwrap_err();
    assert!(error.to_string().contains("role_updated"), "{error}");
}

#[test]
fn the_documentation_lists_every_cause() {
    let page = include_str!("../../src/webhooks/mod.rs");
    let rows = page.lines().filter(|line| line.starts_with("//! | `"));
    let rows: Vec<_> = rows.collect();
    for cause in RevocationCause::ALL {
        let name = format!("`{cause}`");
        let row = rows.iter().filter(|row| row.contains(&name)).count();
        assert_eq!(row, 1, "{name}");
    }
}

#[tokio::test]
async fn a_switched_off_type_needs_no_member() {
    let broken: Change = |event| event["data"] = json!({});
    for (rules, status) in [
        (RevocationRules::default(), 400),
        (
            RevocationRules::default().without(RevocationCause::RoleUpdated),
            201,
        ),
    ] {
        let found = revoked("role.updated", broken, |builder| builder.rules(rules)).await;
        assert_eq!(found, (status, Vec::new()));
    }
}

#[tokio::test]
async fn what_a_revocation_needs_is_required() {
    let rows: [(&str, Change); 8] = [
        ("user.logout", |event| {
            event["data"]["user_session"] = json!({"session_id": "", "user_id": 1});
            event["data"]["user"]["id"] = "".into();
        }),
        ("user.logout", |event| event["data"] = Value::Null),
        ("user.organization_membership_deleted", |event| {
            event["data"]["user"]["id"] = Value::Null;
        }),
        ("user.organization_membership_deleted", |event| {
            event["data"]["organization"] = Value::Null;
            event["organization_id"] = Value::Null;
        }),
        ("organization.deleted", |event| {
            event["data"] = Value::Null;
            event["organization_id"] = Value::Null;
        }),
        ("organization.directory.user_deleted", |event| {
            event["data"]["organization_id"] = Value::Null;
            event["organization_id"] = Value::Null;
        }),
        ("role.deleted", |event| {
            event["data"]["name"] = json!(["admin"]);
        }),
        ("permission.deleted", |event| {
            event["data"]["name"] = Value::Null;
        }),
    ];
    for (event_type, change) in rows {
        let lookup = |builder: EventProcessorBuilder| builder.lookup(Lookup::default());
        let (status, targets) = revoked(event_type, |_| {}, lookup).await;
        assert_eq!((status, targets.len()), (201, 1), "the control");
        let found = revoked(event_type, change, |builder| builder).await;
        assert_eq!(found, (400, Vec::new()), "{event_type}");
    }
}

#[tokio::test]
async fn the_organization_of_the_payload_counts_before_that_of_the_envelope() {
    let rows: [(Change, &str); 3] = [
        (|_| {}, "org_1"),
        (
            |event| event["data"]["organization_id"] = Value::Null,
            "org_1",
        ),
        (|event| event["organization_id"] = "org_9".into(), "org_1"),
    ];
    for (change, organization) in rows {
        let found = revoked("organization.sso_deleted", change, |builder| builder).await;
        assert_eq!(found, (201, vec![Target::organization(organization)]));
    }
}

#[tokio::test]
async fn users_of_a_directory_are_found_by_their_address() {
    let both = vec![
        Target::member("usr_1", "org_2"),
        Target::member("usr_2", "org_2"),
    ];
    let rows: [(&str, Change, u16, Vec<Target>); 4] = [
        (
            "the control",
            |_| {},
            201,
            vec![Target::member("usr_1", "org_1")],
        ),
        (
            "two users",
            |event| event["data"]["organization_id"] = "org_2".into(),
            201,
            both,
        ),
        (
            "no user",
            |event| event["data"]["organization_id"] = "org_3".into(),
            201,
            vec![Target::organization("org_3")],
        ),
        (
            "unavailable",
            |event| event["data"]["organization_id"] = "org_4".into(),
            503,
            Vec::new(),
        ),
    ];
    for (name, change, status, expected) in rows {
        let lookup = std::sync::Arc::new(Lookup::default());
        let found = revoked("organization.directory.user_deleted", change, |builder| {
            builder.lookup(std::sync::Arc::clone(&lookup))
        });
        assert_eq!(found.await, (status, expected), "{name}");
        let asked = lookup.asked.lock().unwrap();
        assert_eq!((asked.len(), asked[0].1.as_str()), (1, EMAIL), "{name}");
    }
}

#[tokio::test]
async fn a_user_who_is_not_found_counts_as_one_who_cannot_be_looked_up() {
    let (deleted, updated) = (
        "organization.directory.user_deleted",
        "organization.directory.user_updated",
    );
    let unknown: Change = |event| event["data"]["organization_id"] = "org_3".into();
    let unknown_and_inactive: Change = |event| {
        event["data"]["organization_id"] = "org_3".into();
        event["data"]["active"] = false.into();
    };
    let (revoke, ignore) = (
        WithoutLookup::RevokeOrganization,
        WithoutLookup::DangerousIgnore,
    );
    let organization = || vec![Target::organization("org_3")];
    let member = vec![Target::member("usr_1", "org_1")];
    for (name, event_type, change, setting, expected) in [
        ("the control", deleted, (|_| {}) as Change, revoke, member),
        ("deleted", deleted, unknown, revoke, organization()),
        (
            "deactivated",
            updated,
            unknown_and_inactive,
            revoke,
            organization(),
        ),
        ("changed", updated, unknown, revoke, Vec::new()),
        ("deleted, ignored", deleted, unknown, ignore, Vec::new()),
    ] {
        let found = revoked(event_type, change, |builder| {
            builder.lookup(Lookup::default()).without_lookup(setting)
        });
        assert_eq!(found.await, (201, expected), "{name}");
    }
}

#[tokio::test]
async fn a_logout_without_a_session_revokes_the_user() {
    let user = || vec![Target::subject("usr_1")];
    let rows: [(&str, Change, Vec<Target>); 4] = [
        ("the control", |_| {}, vec![Target::session("ses_1")]),
        (
            "no id",
            |event| event["data"]["user_session"]["session_id"] = Value::Null,
            user(),
        ),
        (
            "no session",
            |event| event["data"]["user_session"] = Value::Null,
            user(),
        ),
        (
            "the user of the session",
            |event| {
                event["data"]["user_session"]["session_id"] = Value::Null;
                event["data"]["user"] = Value::Null;
            },
            user(),
        ),
    ];
    for (name, change, expected) in rows {
        let found = revoked("user.logout", change, |builder| builder).await;
        assert_eq!(found, (201, expected), "{name}");
    }
}

#[tokio::test]
async fn without_a_lookup_the_organization_is_revoked_or_nothing() {
    let inactive: Change = |event| event["data"]["active"] = false.into();
    let odd: Change = |event| event["data"]["active"] = "false".into();
    let absent: Change = |event| {
        let data = event["data"].as_object_mut().unwrap();
        data.remove("active");
    };
    let (deleted, updated) = (
        "organization.directory.user_deleted",
        "organization.directory.user_updated",
    );
    for (name, event_type, change, is_revoked) in [
        ("deleted", deleted, (|_| {}) as Change, true),
        ("inactive", updated, inactive, true),
        ("of unknown state", updated, absent, true),
        ("of a state of another type", updated, odd, true),
        ("changed", updated, |_| {}, false),
    ] {
        let organization = vec![Target::organization("org_1")];
        let expected = if is_revoked { organization } else { Vec::new() };
        let found = revoked(event_type, change, |builder| builder).await;
        assert_eq!(found, (201, expected), "{name}");
        let found = revoked(event_type, change, |builder| {
            builder.without_lookup(WithoutLookup::DangerousIgnore)
        });
        assert_eq!(found.await, (201, Vec::new()), "{name}");
    }
    // A lookup needs an address that can be searched for.
    let rows: [(&str, Change, Target); 5] = [
        ("the control", |_| {}, Target::member("usr_1", "org_1")),
        (
            "no address",
            |event| event["data"]["email"] = Value::Null,
            Target::organization("org_1"),
        ),
        (
            "the shortest address",
            |event| event["data"]["email"] = "a@b".into(),
            Target::member("usr_1", "org_1"),
        ),
        (
            "a shorter address",
            |event| event["data"]["email"] = "a@".into(),
            Target::organization("org_1"),
        ),
        (
            "a long address",
            |event| event["data"]["email"] = "a".repeat(101).into(),
            Target::organization("org_1"),
        ),
    ];
    for (name, change, target) in rows {
        let found = revoked(deleted, change, |builder| builder.lookup(Lookup::default()));
        assert_eq!(found.await, (201, vec![target]), "{name}");
    }
}

#[tokio::test]
async fn the_time_of_a_revocation_is_that_of_the_event() {
    let now = Stage::new().clock.now();
    let day = Duration::from_secs(24 * 60 * 60);
    // A time in whole seconds may be any of its second.
    let end_of = |second| second + Duration::from_nanos(999_999_999);
    let rows = [
        (
            "the control",
            rfc3339(sample_time(), ""),
            end_of(sample_time()),
        ),
        ("a day ago", rfc3339(now - day, ""), end_of(now - day)),
        (
            "with a fraction",
            rfc3339(now, ".25"),
            now + Duration::from_millis(250),
        ),
        (
            "300 s ahead",
            rfc3339(now + Duration::from_secs(300), ""),
            end_of(now + Duration::from_secs(300)),
        ),
        (
            "301 s ahead",
            rfc3339(now + Duration::from_secs(301), ""),
            end_of(now),
        ),
        ("a day ahead", rfc3339(now + day, ""), end_of(now)),
    ];
    for (name, occurred_at, expected) in rows {
        let stage = Stage::new();
        let mut event = samples::event("user.organization_membership_deleted", "evt_1");
        event["occurred_at"] = occurred_at.into();
        assert_eq!(stage.send(&event).await, 201, "{name}");
        let state = stage.revoked.state();
        let key = (ENVIRONMENT.to_owned(), Target::member("usr_1", "org_1"));
        assert_eq!(state.get(&key), Some(&expected), "{name}");
    }
}

/// The time in whole seconds, and a fraction.
fn rfc3339(time: SystemTime, fraction: &str) -> String {
    let date = httpdate::HttpDate::from(time).to_string();
    let parts: Vec<_> = date
        .split([' ', ','])
        .filter(|part| !part.is_empty())
        .collect();
    let months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let month = months.find(parts[2]).unwrap() / 3 + 1;
    format!(
        "{}-{month:02}-{}T{}{fraction}Z",
        parts[3], parts[1], parts[4]
    )
}
