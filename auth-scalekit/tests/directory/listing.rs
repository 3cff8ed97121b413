//! Full listings: what they find, heal and report.

use std::time::Duration;

use auth_core::directory::Directory;
use auth_core::error::ErrorChain;
use auth_scalekit::directory::{DirectoryError, RecordKind};
use auth_testkit::{DirectoryUserDraft, Endpoint, Fault};

use crate::stage::Stage;

/// What happens, how, how many things a listing adds, changes and removes, and what is known then: of whom, in which
/// organization, and what.
type Change<'a> = (&'a str, &'a dyn Fn(), [usize; 3], &'a str, &'a str, &'a str);

#[tokio::test]
async fn a_listing_finds_everything() {
    let stage = Stage::with(|builder| builder).await;
    let report = stage.directory.list_once().await.unwrap();
    assert_eq!(report.added, report.existing);
    let existing = report.existing;
    assert_eq!((existing.organizations, existing.directories), (2, 1));
    assert_eq!(
        (existing.directory_users, existing.directory_groups),
        (2, 2)
    );
    assert_eq!(report.changed.total() + report.removed.total(), 0);
    for (organization, subject, expected) in [
        ("org_1", "usr_1", "active Dev,Ops"),
        // The case of letters does not matter.
        ("org_1", "usr_2", "active Dev"),
        ("org_1", "usr_3", "active"),
        ("org_2", "usr_1", "active"),
        ("org_2", "usr_2", "none"),
        ("org_1", "usr_9", "none"),
    ] {
        assert_eq!(
            stage.described(organization, subject),
            expected,
            "{subject} in {organization}"
        );
    }
    let group = stage.directory.groups("org_1").unwrap();
    let ops = group
        .iter()
        .find(|group| group.name() == Some("Ops"))
        .unwrap();
    let members = stage.directory.members_of("org_1", ops.id()).unwrap();
    let subjects: Vec<_> = members.iter().map(|member| member.subject()).collect();
    assert_eq!(subjects, ["usr_1"]);
    assert!(
        stage
            .directory
            .members_of("org_2", ops.id())
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn nothing_is_known_before_the_first_listing() {
    let stage = Stage::with(|builder| builder).await;
    let reason = |organization| {
        let unavailable = stage.directory.member(organization, "usr_1").unwrap_err();
        ErrorChain(&unavailable).to_string()
    };
    let not_listed = "the organization has not been listed yet: spawn ScalekitDirectory::run";
    assert!(reason("org_1").contains(not_listed), "{}", reason("org_1"));
    assert!(stage.directory.groups("org_1").is_err());
    assert!(stage.directory.members_of("org_1", "dirgroup_1").is_err());
    stage.directory.list_once().await.unwrap();
    assert!(
        stage.directory.member("org_1", "usr_1").unwrap().is_some(),
        "the control"
    );
    // One that was founded since then.
    assert!(reason("org_9").contains(not_listed), "{}", reason("org_9"));
}

#[tokio::test]
async fn a_listing_that_is_too_old_decides_nothing() {
    let stage = Stage::listed().await;
    let age = Duration::from_secs(24 * 60 * 60);
    stage.clock.advance(age);
    assert!(
        stage.directory.member("org_1", "usr_1").unwrap().is_some(),
        "the control"
    );
    stage.clock.advance(Duration::from_secs(1));
    let unavailable = stage.directory.member("org_1", "usr_1").unwrap_err();
    let text = ErrorChain(&unavailable).to_string();
    assert!(text.contains("longer than max_age allows"), "{text}");
}

#[tokio::test]
async fn a_second_listing_changes_nothing() {
    let stage = Stage::listed().await;
    for _ in 0..2 {
        stage.tick();
        let report = stage.directory.list_once().await.unwrap();
        assert!(report.is_unchanged(), "{report:?}");
        assert_eq!(report.changes, []);
    }
}

/// Changes whose events are lost.
#[tokio::test]
async fn a_listing_heals_and_names_what_it_changes() {
    let stage = Stage::listed().await;
    let admin = stage.scalekit.admin();
    let changes: [Change<'_>; 8] = [
        (
            "a member joins",
            &|| drop(admin.add_member("usr_3", "org_2", ["admin"])),
            [1, 0, 0],
            "org_2",
            "usr_3",
            "active",
        ),
        (
            "a member leaves",
            &|| drop(admin.remove_member("usr_3", "org_2")),
            [0, 0, 1],
            "org_2",
            "usr_3",
            "none",
        ),
        (
            "a user joins the directory",
            &|| {
                drop(admin.create_directory_user(
                    "org_1",
                    DirectoryUserDraft::new("eve@acme.example").groups(["Ops"]),
                ));
            },
            [1, 0, 0],
            "org_1",
            "usr_3",
            "active Ops",
        ),
        (
            "a user is deactivated, and so is the member",
            &|| drop(admin.deactivate_directory_user("eve@acme.example", "org_1")),
            [0, 2, 0],
            "org_1",
            "usr_3",
            "inactive Ops",
        ),
        (
            "a group is renamed",
            &|| drop(admin.rename_directory_group("Dev", "org_1", "Developers")),
            [0, 1, 0],
            "org_1",
            "usr_2",
            "active Developers",
        ),
        (
            "a group is deleted",
            &|| drop(admin.delete_directory_group("Developers", "org_1")),
            // The group, and the two who were in it.
            [0, 2, 1],
            "org_1",
            "usr_1",
            "active Ops",
        ),
        (
            "the directory is switched off",
            &|| drop(admin.disable_directory("org_1")),
            [0, 1, 0],
            "org_1",
            "usr_1",
            "active",
        ),
        (
            "the organization is deleted",
            &|| drop(admin.delete_organization("org_1")),
            [0, 0, 1],
            "org_1",
            "usr_1",
            "none",
        ),
    ];
    for (name, change, counts, organization, subject, expected) in changes {
        stage.tick();
        change();
        stage.tick();
        let report = stage.directory.list_once().await.unwrap();
        let found = [report.added, report.changed, report.removed].map(|counts| counts.total());
        assert_eq!(found, counts, "{name}: {report:?}");
        assert_eq!(report.changes.len(), counts.iter().sum::<usize>(), "{name}");
        assert_eq!(stage.described(organization, subject), expected, "{name}");
        stage.tick();
        assert!(
            stage.directory.list_once().await.unwrap().is_unchanged(),
            "{name}, again"
        );
    }
    let state = stage.directory.state();
    assert_eq!(state.records.organizations, 1);
    assert_eq!(state.last_error, None);
}

/// What is absent from one list is removed only if it is absent from the next one too.
#[tokio::test]
async fn what_is_absent_is_listed_once_more() {
    let stage = Stage::listed().await;
    stage.tick();
    let requests = || {
        let requests = stage.scalekit.requests(Endpoint::OrganizationUsers);
        let of_second = requests
            .iter()
            .filter(|it| it.path().ends_with("org_2/users"));
        of_second.count()
    };
    let before = requests();
    stage.directory.list_once().await.unwrap();
    assert_eq!(requests() - before, 1, "the control");
    stage.tick();
    stage.scalekit.admin().remove_member("usr_1", "org_2");
    stage.tick();
    let before = requests();
    let report = stage.directory.list_once().await.unwrap();
    assert_eq!(requests() - before, 2);
    assert_eq!(report.removed.members, 1);
    assert_eq!(report.changes[0].kind, RecordKind::Member);
    assert_eq!(report.changes[0].to_string(), "member usr_1 of org_2");
}

/// A list that is incomplete for once removes nothing.
#[tokio::test]
async fn what_the_second_list_has_stays() {
    let stage = Stage::listed().await;
    let known = stage.directory.state().records;
    let empty: [(Endpoint, &[u8]); 4] = [
        (Endpoint::Organizations, b"{\"organizations\":[]}"),
        (Endpoint::OrganizationUsers, b"{\"users\":[]}"),
        (Endpoint::Directories, b"{\"directories\":[]}"),
        (Endpoint::DirectoryUsers, b"{\"users\":[]}"),
    ];
    for (endpoint, body) in empty {
        stage.tick();
        {
            let fault = Fault::Body(body.to_vec());
            let _once = stage.scalekit.fail(endpoint, fault).times(1);
            let report = stage.directory.list_once().await.unwrap();
            assert!(report.is_unchanged(), "{endpoint:?}: {report:?}");
        }
        assert_eq!(stage.directory.state().records, known, "{endpoint:?}");
        stage.tick();
        let fault = Fault::Body(body.to_vec());
        let always = stage.scalekit.fail(endpoint, fault);
        let report = stage.directory.list_once().await.unwrap();
        assert!(report.removed.total() > 0, "{endpoint:?}, the control");
        drop(always);
        stage.tick();
        stage.directory.list_once().await.unwrap();
        assert_eq!(stage.directory.state().records, known, "{endpoint:?}");
    }
}

/// Its users and groups decide nothing any more, also after further listings.
#[tokio::test]
async fn a_directory_that_was_removed_gives_no_groups() {
    let stage = Stage::listed().await;
    assert_eq!(
        stage.described("org_1", "usr_1"),
        "active Dev,Ops",
        "the control"
    );
    let none = Fault::Body(b"{\"directories\":[]}".to_vec());
    let _removed = stage.scalekit.fail(Endpoint::Directories, none);
    for _ in 0..3 {
        stage.tick();
        stage.directory.list_once().await.unwrap();
        assert_eq!(stage.described("org_1", "usr_1"), "active");
        assert_eq!(stage.directory.groups("org_1").unwrap(), []);
    }
}

/// What fails with one organization is an error of the listing, and decides nothing for the others.
#[tokio::test]
async fn a_failure_with_one_organization_concerns_no_other() {
    for fault in [
        Fault::Status(404),
        Fault::Status(500),
        Fault::Status(429),
        Fault::Truncate(9),
    ] {
        let stage = Stage::listed().await;
        stage.tick();
        stage.scalekit.admin().remove_member("usr_1", "org_1");
        stage.scalekit.admin().remove_member("usr_1", "org_2");
        stage.tick();
        {
            // With the first that is listed.
            let name = format!("{fault:?}");
            let _once = stage.scalekit.fail(Endpoint::Directories, fault).times(1);
            let error = stage.directory.list_once().await.unwrap_err();
            assert!(
                matches!(error, DirectoryError::Management(_)),
                "{name}: {error:?}"
            );
        }
        let removed = ["org_1", "org_2"].map(|organization| {
            let member = stage.directory.member(organization, "usr_1").unwrap();
            usize::from(member.is_none())
        });
        assert!(removed.iter().sum::<usize>() >= 1, "{removed:?}");
        stage.directory.list_once().await.unwrap();
        for organization in ["org_1", "org_2"] {
            assert_eq!(stage.described(organization, "usr_1"), "none");
        }
    }
}

/// One that is founded, or whose directory is switched on, is listed at once.
#[tokio::test]
async fn what_no_event_states_is_listed_at_once() {
    let stage = Stage::with(|builder| builder).await;
    let task = tokio::spawn(stage.directory.run());
    let until = async |expected: &str| {
        for _ in 0..2_000 {
            let member = stage.directory.member("org_1", "usr_1");
            if member.is_ok_and(|member| crate::stage::described(member) == expected) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        panic!("it is not {expected:?}");
    };
    until("active Dev,Ops").await;
    let admin = stage.scalekit.admin();
    stage.tick();
    admin.disable_directory("org_1");
    stage.deliver_last().await;
    until("active").await;
    // While it is off, a group changes, and no event is delivered.
    stage.tick();
    admin.delete_directory_group("Dev", "org_1");
    stage.tick();
    admin.enable_directory("org_1");
    stage.deliver_last().await;
    until("active Ops").await;
    task.abort();
}

#[tokio::test]
async fn a_failure_keeps_what_is_known() {
    let stage = Stage::listed().await;
    stage.tick();
    let error = {
        let _fault = stage
            .scalekit
            .fail(Endpoint::OrganizationUsers, Fault::Status(500));
        stage.directory.list_once().await.unwrap_err()
    };
    assert!(matches!(error, DirectoryError::Management(_)), "{error:?}");
    assert_eq!(stage.described("org_1", "usr_1"), "active Dev,Ops");
    assert!(
        stage.directory.list_once().await.unwrap().is_unchanged(),
        "the control"
    );
}
