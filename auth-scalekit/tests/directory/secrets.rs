//! No name, no address, no key and no password is logged, shown or part of an error.

use auth_core::error::ErrorChain;
use auth_scalekit::webhooks::WebhookHandler;
use auth_testkit::{Endpoint, Fault};
use tracing_subscriber::filter::LevelFilter;

use crate::logged;
use crate::stage::Stage;

/// Parts of addresses, names of groups and organizations, and the secret of the client.
const MARKERS: [&str; 7] = [
    "acme.example",
    "Acme",
    "Ops",
    "Dev",
    "Markers",
    "not a secret",
    "ada@",
];

#[tokio::test]
async fn nothing_personal_is_logged_in_memory() {
    logged::begin_at(LevelFilter::TRACE);
    exercise(Stage::with(|builder| builder).await).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn nothing_personal_is_logged_with_a_file() {
    let folder = tempfile::tempdir().unwrap();
    logged::begin_at(LevelFilter::TRACE);
    let store = crate::stores::sqlite(folder.path()).await;
    exercise(Stage::with(|builder| builder.store(store)).await).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
#[cfg_attr(not(postgres_server), ignore = "postgresql is not installed")]
async fn nothing_personal_is_logged_with_a_server() {
    let server = crate::postgres_server::PostgresServer::start();
    logged::begin_at(LevelFilter::TRACE);
    let settings = auth_scalekit::directory::PostgresSettings::new(server.url());
    let settings = settings.password("not a secret");
    let store = auth_scalekit::directory::DirectoryStore::postgres(settings);
    let store = store.await.unwrap();
    exercise(Stage::with(|builder| builder.store(store)).await).await;
}

async fn exercise(stage: Stage) {
    let mut shown = String::new();
    for fault in [None, Some(Fault::Status(500)), Some(Fault::Truncate(30))] {
        stage.tick();
        let admin = stage.scalekit.admin();
        let begin = stage.events().await.len();
        admin.deactivate_directory_user("ada@acme.example", "org_1");
        admin.change_roles("usr_3", "org_1", ["admin"]);
        admin.rename_directory_group("Ops", "org_1", "Markers");
        admin.rename_directory_group("Markers", "org_1", "Ops");
        let events = stage.events().await.split_off(begin);
        let faults: Vec<_> = fault
            .into_iter()
            .flat_map(|fault| {
                [Endpoint::User, Endpoint::DirectoryUsers].map(|it| (it, fault.clone()))
            })
            .map(|(endpoint, fault)| stage.scalekit.fail(endpoint, fault))
            .collect();
        match stage.directory.list_once().await {
            Ok(report) => shown.push_str(&format!("{report:?}")),
            Err(error) => shown.push_str(&format!("{} {error:?}", ErrorChain(&error))),
        }
        for event in &events {
            if let Err(error) = stage.directory.handle(event).await {
                shown.push_str(&format!("{} {error:?}", ErrorChain(&*error)));
            }
        }
        drop(faults);
        stage.directory.read_store_once().await.unwrap();
    }
    let member = stage.member("org_1", "usr_1");
    shown.push_str(&format!(
        "{:?} {:?} {member:?}",
        stage.directory,
        stage.directory.state()
    ));
    let log = logged::text();
    assert!(log.len() > 1_000, "there is a log: {log}");
    for marker in MARKERS {
        for (what, text) in [("the log", &log), ("what is shown", &shown)] {
            let line = text.lines().find(|line| line.contains(marker));
            assert_eq!(line, None, "{what} has {marker:?}");
        }
    }
}
