//! Who is an active member: the membership and the directories together.

use std::time::Duration;

use auth_core::directory::Directory;
use auth_testkit::DirectoryUserDraft;

use crate::stage::Stage;

/// What is so, what an administrator does, and what is known of the user then.
type Row<'a> = (&'a str, &'a dyn Fn(&Stage), &'a str);

/// Each row begins with the same organization, and differs by what an administrator does. What events state counts at
/// once; the control is an active member.
#[tokio::test]
async fn membership_and_directories_decide_together() {
    let eve = || DirectoryUserDraft::new("EVE@acme.example").groups(["Ops"]);
    let rows: [Row<'_>; 9] = [
        ("the control", &|_| {}, "active"),
        (
            "in the directory",
            &|stage| drop(stage.scalekit.admin().create_directory_user("org_1", eve())),
            "active Ops",
        ),
        (
            "not active in the directory",
            &|stage| {
                drop(
                    stage
                        .scalekit
                        .admin()
                        .create_directory_user("org_1", eve().active(false)),
                );
            },
            "inactive Ops",
        ),
        (
            "removed from the directory",
            &|stage| {
                let admin = stage.scalekit.admin();
                admin.create_directory_user("org_1", eve());
                stage.tick();
                admin.delete_directory_user("eve@acme.example", "org_1");
            },
            "inactive",
        ),
        (
            "removed from the directory, and a member anew",
            &|stage| {
                let admin = stage.scalekit.admin();
                admin.create_directory_user("org_1", eve());
                stage.tick();
                admin.delete_directory_user("eve@acme.example", "org_1");
                stage.tick();
                admin.add_member("usr_3", "org_1", ["admin"]);
            },
            "active",
        ),
        (
            "not active in a directory that is switched off",
            &|stage| {
                let admin = stage.scalekit.admin();
                admin.create_directory_user("org_1", eve());
                stage.tick();
                admin.disable_directory("org_1");
            },
            "active",
        ),
        (
            "removed as a member",
            &|stage| drop(stage.scalekit.admin().remove_member("usr_3", "org_1")),
            "none",
        ),
        (
            "the organization is deleted",
            &|stage| drop(stage.scalekit.admin().delete_organization("org_1")),
            "none",
        ),
        (
            "another user of the directory leaves",
            &|stage| {
                drop(
                    stage
                        .scalekit
                        .admin()
                        .delete_directory_user("ada@acme.example", "org_1"),
                );
            },
            "active",
        ),
    ];
    for (name, change, expected) in rows {
        let stage = Stage::listed().await;
        assert_eq!(
            stage.described("org_1", "usr_3"),
            "active",
            "{name}, before"
        );
        stage.tick();
        let before = stage.events().await.len();
        change(&stage);
        stage.deliver_from(before).await;
        assert_eq!(stage.described("org_1", "usr_3"), expected, "{name}");
        // A full listing agrees, except about a user who was removed from the directory in between.
        stage.tick();
        stage.directory.list_once().await.unwrap();
        assert_eq!(
            stage.described("org_1", "usr_3"),
            expected,
            "{name}, listed"
        );
    }
}

#[tokio::test]
async fn a_directory_of_one_organization_decides_nothing_for_another() {
    let stage = Stage::listed().await;
    assert_eq!(stage.described("org_2", "usr_1"), "active", "the control");
    stage.tick();
    stage
        .scalekit
        .admin()
        .deactivate_directory_user("ada@acme.example", "org_1");
    stage.deliver_last().await;
    assert_eq!(stage.described("org_1", "usr_1"), "inactive Dev,Ops");
    assert_eq!(stage.described("org_2", "usr_1"), "active");
}

/// The clock of this server may be ahead: what happens while it lists is not lost.
#[tokio::test]
async fn an_event_of_the_time_of_a_listing_counts() {
    for (seconds_before, expected) in [(0, "none"), (4, "none"), (6, "active")] {
        let stage = Stage::listed().await;
        stage.tick();
        let admin = stage.scalekit.admin();
        admin.remove_member("usr_3", "org_1");
        let event = stage.events().await.pop().unwrap();
        admin.add_member("usr_3", "org_1", ["admin"]);
        stage.clock.advance(Duration::from_secs(seconds_before));
        stage.directory.list_once().await.unwrap();
        assert_eq!(stage.described("org_1", "usr_3"), "active", "the control");
        // It arrives late, before the one that follows it.
        stage.deliver(&event).await;
        let known = stage.directory.member("org_1", "usr_3").unwrap();
        assert_eq!(crate::stage::described(known), expected, "{seconds_before}");
    }
}

/// A listing finds that a user has left the directory, and cannot know when: before or after the membership was renewed.
/// The event states it.
#[tokio::test]
async fn a_late_event_states_when_a_user_has_left() {
    let stage = Stage::listed().await;
    let admin = stage.scalekit.admin();
    stage.tick();
    admin.delete_directory_user("bob@acme.example", "org_1");
    let deleted = stage.events().await.pop().unwrap();
    stage.tick();
    admin.add_member("usr_2", "org_1", ["admin"]);
    stage.tick();
    stage.directory.list_once().await.unwrap();
    assert_eq!(stage.described("org_1", "usr_2"), "inactive");
    stage.deliver(&deleted).await;
    assert_eq!(stage.described("org_1", "usr_2"), "active");
}
