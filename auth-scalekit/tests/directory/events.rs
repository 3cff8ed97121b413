//! Webhooks change the directory at once, in any order.

use auth_core::directory::Directory;
use auth_scalekit::webhooks::{EventProcessor, Processed, WebhookEvent, WebhookHandler};
use auth_testkit::{DirectoryUserDraft, Endpoint, EventDraft, EventType, Fault};

use crate::stage::{Stage, known, truth};

/// What happens, how, and what is known then: of whom, in which organization, and what.
type Step<'a> = (&'a str, &'a dyn Fn(), &'a str, &'a str, &'a str);

#[tokio::test]
async fn each_event_changes_what_it_is_about() {
    let stage = Stage::listed().await;
    let admin = stage.scalekit.admin();
    let steps: [Step<'_>; 12] = [
        (
            "joins",
            &|| drop(admin.add_member("usr_3", "org_2", ["admin"])),
            "org_2",
            "usr_3",
            "active",
        ),
        (
            "leaves",
            &|| drop(admin.remove_member("usr_3", "org_2")),
            "org_2",
            "usr_3",
            "none",
        ),
        (
            "enters the directory",
            &|| {
                drop(admin.create_directory_user(
                    "org_1",
                    DirectoryUserDraft::new("eve@acme.example").groups(["Dev"]),
                ));
            },
            "org_1",
            "usr_3",
            "active Dev",
        ),
        (
            "changes groups",
            &|| {
                let draft = DirectoryUserDraft::new("eve@acme.example").groups(["Ops"]);
                admin.update_directory_user("eve@acme.example", "org_1", draft);
            },
            "org_1",
            "usr_3",
            "active Ops",
        ),
        (
            "is deactivated",
            &|| drop(admin.deactivate_directory_user("eve@acme.example", "org_1")),
            "org_1",
            "usr_3",
            "inactive Ops",
        ),
        (
            "is active again",
            &|| {
                let draft = DirectoryUserDraft::new("eve@acme.example").groups(["Ops"]);
                admin.update_directory_user("eve@acme.example", "org_1", draft);
            },
            "org_1",
            "usr_3",
            "active Ops",
        ),
        (
            "a group is renamed",
            &|| drop(admin.rename_directory_group("Ops", "org_1", "Operations")),
            "org_1",
            "usr_1",
            "active Dev,Operations",
        ),
        (
            "a group is deleted",
            &|| drop(admin.delete_directory_group("Dev", "org_1")),
            "org_1",
            "usr_2",
            "active",
        ),
        (
            "the directory is off",
            &|| drop(admin.disable_directory("org_1")),
            "org_1",
            "usr_1",
            "active",
        ),
        (
            "the directory is on",
            &|| drop(admin.enable_directory("org_1")),
            "org_1",
            "usr_1",
            "active Operations",
        ),
        (
            "leaves the directory",
            &|| drop(admin.delete_directory_user("eve@acme.example", "org_1")),
            "org_1",
            "usr_3",
            "inactive",
        ),
        (
            "the organization ends",
            &|| drop(admin.delete_organization("org_1")),
            "org_1",
            "usr_1",
            "none",
        ),
    ];
    for (name, change, organization, subject, expected) in steps {
        stage.tick();
        let before = stage.events().await.len();
        change();
        stage.deliver_from(before).await;
        assert_eq!(stage.described(organization, subject), expected, "{name}");
    }
}

#[tokio::test]
async fn an_older_event_changes_nothing_and_a_repeated_one_neither() {
    let stage = Stage::listed().await;
    stage.tick();
    let admin = stage.scalekit.admin();
    let draft = || DirectoryUserDraft::new("eve@acme.example");
    let begin = stage.events().await.len();
    admin.create_directory_user("org_1", draft().groups(["Dev"]));
    stage.tick();
    admin.update_directory_user("eve@acme.example", "org_1", draft().groups(["Ops"]));
    stage.tick();
    admin.delete_directory_user("eve@acme.example", "org_1");
    let events = stage.events().await.split_off(begin);
    let [created, updated, deleted] = <[WebhookEvent; 3]>::try_from(events).unwrap();
    for order in [
        [&created, &updated, &deleted],
        [&deleted, &updated, &created],
        [&updated, &deleted, &created],
        [&deleted, &created, &deleted],
    ] {
        let directory = stage.another(|builder| builder);
        directory.list_once().await.unwrap();
        for event in order {
            directory.handle(event).await.unwrap();
        }
        let member = directory.member("org_1", "usr_3").unwrap();
        assert_eq!(crate::stage::described(member), "inactive");
    }
}

/// Events of a processor that revokes nothing.
#[tokio::test]
async fn a_processor_passes_on_what_the_directory_handles() {
    let stage = Stage::listed().await;
    let store = auth_core::revocation::MemoryRevocations::with_clock(stage.clock.clone());
    let processor = EventProcessor::builder(stage.scalekit.environment_url(), store)
        .rules(auth_scalekit::webhooks::RevocationRules::none())
        .handler(stage.directory.clone())
        .clock(stage.clock.clone())
        .build()
        .unwrap();
    let types = processor.event_types().unwrap();
    assert!(
        types.contains(&"organization.directory.user_updated"),
        "{types:?}"
    );
    assert!(!types.contains(&"user.login"), "{types:?}");
    stage.tick();
    stage.scalekit.admin().remove_member("usr_3", "org_1");
    let event = stage.events().await.pop().unwrap();
    assert_eq!(processor.process(&event).await.unwrap(), Processed::Now);
    assert_eq!(processor.process(&event).await.unwrap(), Processed::Before);
    assert_eq!(stage.described("org_1", "usr_3"), "none");
    stage.tick();
    let login = EventDraft::new(EventType::UserLogin);
    stage.scalekit.admin().make_event(login);
    let event = stage.events().await.pop().unwrap();
    let processed = processor.process(&event).await.unwrap();
    assert_eq!(processed, Processed::WithoutEffect, "{event:?}");
}

/// The event is delivered again, and what it states is in effect already.
#[tokio::test]
async fn an_event_whose_user_cannot_be_read_fails() {
    let stage = Stage::listed().await;
    stage.tick();
    let admin = stage.scalekit.admin();
    admin.change_roles("usr_3", "org_1", ["admin"]);
    let changed = stage.events().await.pop().unwrap();
    stage.deliver(&changed).await;
    stage.tick();
    admin.deactivate_directory_user("ada@acme.example", "org_1");
    let deactivated = stage.events().await.pop().unwrap();
    {
        let _outage = stage.scalekit.fail(Endpoint::User, Fault::Status(500));
        assert!(stage.directory.handle(&changed).await.is_err());
        assert!(stage.directory.handle(&deactivated).await.is_err());
        assert_eq!(stage.described("org_1", "usr_1"), "inactive Dev,Ops");
    }
    stage.deliver(&deactivated).await;
    stage.deliver(&changed).await;
    let known = known(
        &stage.directory,
        &stage.directory.organizations(),
        &subjects(),
    );
    assert_eq!(known, truth(&stage.management).await);
}

#[tokio::test]
async fn an_event_without_an_id_changes_nothing() {
    let stage = Stage::listed().await;
    stage.tick();
    let event = |id: serde_json::Value, active: serde_json::Value| {
        let json = serde_json::json!({
            "id": "evt_1", "type": "organization.directory.user_created", "spec_version": "1",
            "occurred_at": "2999-01-01T00:00:00Z", "organization_id": "org_1", "environment_id": "env_1",
            "object": "DirectoryUser", "data": {"id": id, "email": "eve@acme.example", "active": active},
        });
        WebhookEvent::parse(json.to_string().as_bytes()).unwrap()
    };
    let false_ = serde_json::Value::Bool(false);
    for (name, id) in [
        ("none", serde_json::Value::Null),
        ("empty", "".into()),
        ("with a space", "diruser 1".into()),
        ("too long", "x".repeat(65).into()),
        ("a number", 7.into()),
    ] {
        stage.deliver(&event(id, false_.clone())).await;
        assert_eq!(stage.described("org_1", "usr_3"), "active", "{name}");
    }
    stage.deliver(&event("diruser_1".into(), false_)).await;
    assert_eq!(stage.described("org_1", "usr_3"), "inactive", "the control");
}

/// The default value of a member may be left out.
#[tokio::test]
async fn a_user_who_is_not_stated_to_be_active_is_not() {
    for (active, expected) in [
        (serde_json::Value::Bool(true), "active"),
        (serde_json::Value::Bool(false), "inactive"),
        (serde_json::Value::Null, "inactive"),
        ("true".into(), "inactive"),
    ] {
        let stage = Stage::listed().await;
        stage.tick();
        let json = serde_json::json!({
            "id": "evt_1", "type": "organization.directory.user_updated", "spec_version": "1",
            "occurred_at": "2999-01-01T00:00:00Z", "organization_id": "org_1", "environment_id": "env_1",
            "object": "DirectoryUser", "data": {"id": "diruser_1", "email": "eve@acme.example", "active": active},
        });
        stage
            .deliver(&WebhookEvent::parse(json.to_string().as_bytes()).unwrap())
            .await;
        assert_eq!(stage.described("org_1", "usr_3"), expected, "{active}");
    }
}

/// An event from the far future does not outlive all that follows it.
#[tokio::test]
async fn a_time_in_the_future_counts_as_now() {
    let stage = Stage::listed().await;
    stage.tick();
    stage.scalekit.admin().remove_member("usr_3", "org_1");
    let json = serde_json::json!({
        "id": "evt_1", "type": "user.organization_membership_deleted", "spec_version": "1",
        "occurred_at": "2999-01-01T00:00:00Z", "organization_id": "org_1", "environment_id": "env_1",
        "object": "OrgMembership", "data": {"organization": {"id": "org_1"}, "user": {"id": "usr_2"}},
    });
    stage
        .deliver(&WebhookEvent::parse(json.to_string().as_bytes()).unwrap())
        .await;
    assert_eq!(stage.described("org_1", "usr_2"), "none", "the control");
    stage.tick();
    stage.tick();
    stage.directory.list_once().await.unwrap();
    assert_eq!(stage.described("org_1", "usr_2"), "active Dev");
}

fn subjects() -> Vec<String> {
    ["usr_1", "usr_2", "usr_3"].map(str::to_owned).to_vec()
}
