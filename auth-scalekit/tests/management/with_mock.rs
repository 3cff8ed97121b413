//! Each service against the mock of the API: both are built by what Scalekit documents, and agree about it.

use std::time::Duration;

use auth_core::support::Clock;
use auth_scalekit::management::{
    AuthenticationLogFilter, AuthenticationStatus, ConsentFilter, DirectoryGroupFilter,
    DirectoryUserFilter, EventFilter, IncludedPermissions, Management, ManagementErrorKind,
    MembershipSettings, PermissionType, Retries,
};
use auth_testkit::settings::{Directory, DirectoryFormat};
use auth_testkit::{AuthLogDraft, AuthStatus, Client, DirectoryUserDraft, MockScalekit, TestClock};

const DIRECTORY: &str = include_str!("../support/directory.toml");

struct Pair {
    scalekit: MockScalekit,
    management: Management,
    clock: TestClock,
}

async fn pair() -> Pair {
    let clock = TestClock::new();
    let directory = Directory::parse(DIRECTORY, DirectoryFormat::Toml).unwrap();
    let scalekit = MockScalekit::builder()
        .directory(directory)
        .clock(clock.clone())
        .start()
        .await;
    scalekit.register_client(Client::confidential("skc_1", "not a secret"));
    let management = Management::builder(scalekit.environment_url(), "skc_1", "not a secret")
        .clock(clock.clone())
        .build()
        .unwrap()
        // The clock stands still.
        .with_retries(Retries::none());
    Pair {
        scalekit,
        management,
        clock,
    }
}

fn sorted<T: Ord>(items: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.into_iter().collect();
    items.sort();
    items
}

#[tokio::test]
async fn organizations() {
    let pair = pair().await;
    let management = &pair.management;
    let all = management.organizations().collect_up_to(100).await.unwrap();
    assert_eq!(sorted(all.iter().map(|it| &*it.id)), ["org_1", "org_2"]);
    let one = management.organization("org_1").await.unwrap();
    assert_eq!(one.display_name.as_deref(), Some("Acme"));
    let by_other_id = management
        .organization_by_external_id("acme")
        .await
        .unwrap();
    assert_eq!(by_other_id, one);
    for missing in [
        management.organization("org_9").await.unwrap_err(),
        management
            .organization_by_external_id("org_1")
            .await
            .unwrap_err(),
    ] {
        assert_eq!(missing.kind(), ManagementErrorKind::NotFound);
    }
}

#[tokio::test]
async fn users_and_their_memberships() {
    let pair = pair().await;
    let management = &pair.management;
    let all = management.users().collect_up_to(100).await.unwrap();
    assert!(all.iter().any(|it| it.id == "usr_1"));
    let one = management.user("usr_1").await.unwrap();
    assert_eq!(one.email.as_deref(), Some("ada@acme.example"));
    assert_eq!(management.user_by_external_id("u-1").await.unwrap(), one);
    let membership = one.membership_in("org_1").unwrap();
    assert!(membership.is_active());
    assert_eq!(membership.roles[0].name, "editor");
    let of_second = management
        .organization_users("org_2")
        .collect_up_to(100)
        .await
        .unwrap();
    assert_eq!(
        of_second.iter().map(|it| &*it.id).collect::<Vec<_>>(),
        ["usr_2"]
    );

    let change = MembershipSettings::new().roles(["viewer"]);
    management
        .create_membership("org_2", "usr_1", &change)
        .await
        .unwrap();
    let again = management
        .create_membership("org_2", "usr_1", &change)
        .await
        .unwrap_err();
    assert_eq!((again.status(), again.grpc_code()), (Some(409), Some(6)));
    let change = MembershipSettings::new().roles(["editor"]);
    management
        .update_membership("org_2", "usr_1", &change)
        .await
        .unwrap();
    let roles = management.user_roles("org_2", "usr_1").await.unwrap();
    assert_eq!(
        roles.iter().map(|it| &*it.name).collect::<Vec<_>>(),
        ["editor"]
    );
    let permissions = management.user_permissions("org_2", "usr_1").await.unwrap();
    let names = permissions.iter().map(|it| &*it.name);
    assert_eq!(sorted(names), ["notes:read", "notes:write"]);
    management
        .delete_membership("org_2", "usr_1", false)
        .await
        .unwrap();
    let one = management.user("usr_1").await.unwrap();
    assert!(one.membership_in("org_2").is_none_or(|it| !it.is_active()));
}

#[tokio::test]
async fn roles_and_permissions() {
    let pair = pair().await;
    let management = &pair.management;
    for included in [
        IncludedPermissions::None,
        IncludedPermissions::Direct,
        IncludedPermissions::WithInherited,
    ] {
        let roles = management.roles(included).await.unwrap();
        assert!(roles.iter().any(|it| it.name == "viewer"), "{included:?}");
    }
    let role = management.role("editor").await.unwrap();
    assert_eq!(role.name, "editor");
    let of_organization = management
        .organization_roles("org_1", IncludedPermissions::Direct)
        .await;
    assert!(
        of_organization
            .unwrap()
            .iter()
            .any(|it| it.name == "editor")
    );
    for permissions in [
        management.role_permissions("editor").await.unwrap(),
        management
            .effective_role_permissions("editor")
            .await
            .unwrap(),
    ] {
        let names = permissions.iter().map(|it| &*it.name);
        assert_eq!(sorted(names), ["notes:read", "notes:write"]);
    }
    let all = management
        .permissions(PermissionType::All)
        .collect_up_to(100)
        .await
        .unwrap();
    assert!(all.iter().any(|it| it.name == "notes:write"));
    let missing = management.role("owner").await.unwrap_err();
    assert!(missing.is_not_found());
}

#[tokio::test]
async fn the_mcp_server_its_clients_and_consents() {
    let Pair {
        scalekit,
        management,
        ..
    } = pair().await;
    let all = management.resources().collect_up_to(10).await.unwrap();
    assert_eq!(
        all.iter().map(|it| &*it.id).collect::<Vec<_>>(),
        [scalekit.resource_id()]
    );
    let one = management.resource(scalekit.resource_id()).await.unwrap();
    assert_eq!(one.id, scalekit.resource_id());
    let redirect = "http://127.0.0.1:1/callback";
    let client = scalekit.register_client(Client::public(redirect).id("m2m_7"));
    let clients = management
        .resource_clients(scalekit.resource_id())
        .await
        .unwrap();
    assert!(clients.clients.iter().any(|it| it.client_id == client));
    let described = management
        .resource_client(scalekit.resource_id(), &client)
        .await
        .unwrap();
    assert_eq!(described.client.client_id, client);
    let filter = ConsentFilter::new(scalekit.resource_id());
    let consents = management
        .consents(&filter)
        .collect_up_to(10)
        .await
        .unwrap();
    assert!(consents.is_empty(), "no login yet");
    let unknown = management
        .delete_consent(&client, "usrcnst_1")
        .await
        .unwrap_err();
    assert!(unknown.is_not_found());
}

#[tokio::test]
async fn authentication_logs() {
    let Pair {
        scalekit,
        management,
        clock,
    } = pair().await;
    let admin = scalekit.admin();
    for (status, client) in [
        (AuthStatus::Success, "m2m_1"),
        (AuthStatus::Failed, "m2m_1"),
        (AuthStatus::Success, "m2m_2"),
    ] {
        clock.advance(Duration::from_secs(1));
        let draft = AuthLogDraft::new(status)
            .email("ada@acme.example")
            .organization("org_1")
            .client(client, "Client");
        admin.add_authentication_log(draft);
    }
    let logs = async |filter: AuthenticationLogFilter| {
        management
            .authentication_logs(&filter)
            .collect_up_to(100)
            .await
            .unwrap()
    };
    let all = logs(AuthenticationLogFilter::new()).await;
    assert_eq!(all.len(), 3);
    assert!(all[0].timestamp > all[2].timestamp, "newest first");
    let of_client = logs(AuthenticationLogFilter::new().client("m2m_1")).await;
    assert_eq!(of_client.len(), 2);
    let failed = AuthenticationLogFilter::new().statuses([AuthenticationStatus::Failed]);
    assert_eq!(logs(failed).await.len(), 1);
    let later = AuthenticationLogFilter::new().start_time(clock.now());
    assert_eq!(logs(later).await.len(), 1);
    assert_eq!(
        logs(AuthenticationLogFilter::new().email("bob@acme.example"))
            .await
            .len(),
        0
    );
}

#[tokio::test]
async fn directories_with_their_users_and_groups() {
    let Pair {
        scalekit,
        management,
        ..
    } = pair().await;
    let admin = scalekit.admin();
    admin.create_directory_group("writers", "org_1");
    admin.create_directory_user(
        "org_1",
        DirectoryUserDraft::new("ada@acme.example").groups(["writers"]),
    );
    for number in 0..35 {
        admin.create_directory_user(
            "org_1",
            DirectoryUserDraft::new(format!("u{number}@acme.example")),
        );
    }
    admin.deactivate_directory_user("u7@acme.example", "org_1");
    let directories = management.directories("org_1").await.unwrap();
    let directory = &directories[0];
    assert!(directory.enabled);
    let users = async |filter: DirectoryUserFilter| {
        let users = management.directory_users("org_1", &directory.id, &filter);
        users.collect_up_to(1000).await.unwrap()
    };
    let all = users(DirectoryUserFilter::new().include_detail()).await;
    assert_eq!(all.len(), 36, "more than one page");
    let inactive = all.iter().filter(|it| it.active == Some(false));
    let addresses = inactive.map(|it| it.email.as_deref().unwrap());
    assert_eq!(addresses.collect::<Vec<_>>(), ["u7@acme.example"]);
    let groups = management.directory_groups("org_1", &directory.id, &DirectoryGroupFilter::new());
    let groups = groups.collect_up_to(10).await.unwrap();
    assert_eq!(groups[0].display_name.as_deref(), Some("writers"));
    let of_group = users(DirectoryUserFilter::new().group(&groups[0].id)).await;
    assert_eq!(of_group.len(), 1);
    assert!(management.directories("org_2").await.unwrap().is_empty());
}

#[tokio::test]
async fn events_of_all_pages() {
    let Pair {
        scalekit,
        management,
        clock,
    } = pair().await;
    let since = clock.now();
    for _ in 0..35 {
        scalekit.admin().change_roles("usr_1", "org_1", ["viewer"]);
    }
    let filter = EventFilter::new().start_time(since);
    let events = management
        .events(&filter)
        .collect_up_to(1000)
        .await
        .unwrap();
    assert_eq!(events.len(), 35);
}

#[tokio::test]
async fn a_missing_permission_is_named() {
    let Pair {
        scalekit, clock, ..
    } = pair().await;
    scalekit
        .register_client(Client::confidential("skc_2", "not a secret").permissions(["users:read"]));
    let management = Management::builder(scalekit.environment_url(), "skc_2", "not a secret");
    let management = management.clock(clock).build().unwrap();
    management.user("usr_1").await.unwrap();
    let refused = management.organization("org_1").await.unwrap_err();
    assert_eq!(refused.kind(), ManagementErrorKind::Refused);
    let needed: Vec<&str> = refused.required_permissions().collect();
    assert_eq!(needed, ["organizations:read"]);
}
