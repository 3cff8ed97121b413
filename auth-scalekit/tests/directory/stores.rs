//! What every store does, and what outages of it cause.

use std::path::Path;
use std::time::Duration;

use auth_core::directory::Directory;
use auth_core::error::ErrorChain;
use auth_scalekit::directory::{DirectoryStore, PostgresSettings, ScalekitDirectory};

use crate::postgres_server::PostgresServer;
use crate::stage::{Stage, known, truth};

pub(crate) async fn sqlite(folder: &Path) -> DirectoryStore {
    DirectoryStore::sqlite(folder.join("directory.sqlite3"))
        .await
        .unwrap()
}

pub(crate) async fn postgres(server: &PostgresServer) -> DirectoryStore {
    DirectoryStore::postgres(PostgresSettings::new(server.url()))
        .await
        .unwrap()
}

/// Runs a test with a file, and with a server.
macro_rules! with_each_store {
    ($($name:ident => $test:ident),* $(,)?) => {
        mod in_sqlite {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                super::$test(async || $crate::stores::sqlite(folder.path()).await).await;
            })*
        }
        mod in_postgres {
            $(#[tokio::test]
            #[cfg_attr(not(postgres_server), ignore = "postgresql is not installed")]
            async fn $name() {
                let server = $crate::postgres_server::PostgresServer::start();
                super::$test(async || $crate::stores::postgres(&server).await).await;
            })*
        }
    };
}

pub(crate) use with_each_store;

with_each_store! {
    a_restart_knows_what_was_known => a_restart_knows,
    an_older_record_replaces_nothing => an_older_record,
    one_process_lists_at_a_time => one_process_lists,
}

async fn a_restart_knows(store: impl AsyncFn() -> DirectoryStore) {
    let first = store().await;
    let stage = Stage::with(|builder| builder.store(first)).await;
    let listed = stage.directory.list_once().await.unwrap();
    assert_eq!(listed.added, listed.existing);
    stage.tick();
    stage
        .scalekit
        .admin()
        .deactivate_directory_user("bob@acme.example", "org_1");
    stage.deliver_last().await;

    let second = store().await;
    let again = stage.another(|builder| builder.store(second));
    assert!(again.member("org_1", "usr_1").is_err(), "not read yet");
    again.read_store_once().await.unwrap();
    let organizations = again.organizations();
    let known_again = known(&again, &organizations, &subjects());
    assert_eq!(
        known_again,
        known(
            &stage.directory,
            &stage.directory.organizations(),
            &subjects()
        )
    );
    assert_eq!(known_again, truth(&stage.management).await);
    assert_eq!(again.state().records, stage.directory.state().records);
    assert!(again.state().last_listing.is_some());
}

async fn an_older_record(store: impl AsyncFn() -> DirectoryStore) {
    let (first, second) = (store().await, store().await);
    let stage = Stage::with(|builder| builder.store(first)).await;
    stage.directory.list_once().await.unwrap();
    let other = stage.another(|builder| builder.store(second));
    other.read_store_once().await.unwrap();
    stage.tick();
    let begin = stage.events().await.len();
    let admin = stage.scalekit.admin();
    admin.remove_member("usr_3", "org_1");
    stage.tick();
    admin.add_member("usr_3", "org_1", ["admin"]);
    stage.tick();
    admin.delete_directory_user("bob@acme.example", "org_1");
    let events = stage.events().await.split_off(begin);
    // The later ones here, the earlier ones there.
    use auth_scalekit::webhooks::WebhookHandler;
    for event in events.iter().skip(1) {
        stage.directory.handle(event).await.unwrap();
    }
    other.handle(&events[0]).await.unwrap();
    for directory in [&stage.directory, &other] {
        directory.read_store_once().await.unwrap();
        let known = known(directory, &directory.organizations(), &subjects());
        assert_eq!(known, truth(&stage.management).await);
    }
}

async fn one_process_lists(store: impl AsyncFn() -> DirectoryStore) {
    let (first, second) = (store().await, store().await);
    let stage = Stage::with(|builder| builder.store(first)).await;
    let other = stage.another(|builder| builder.store(second));
    let listings = || {
        let requests = stage
            .scalekit
            .requests(auth_testkit::Endpoint::Organizations);
        requests.len()
    };
    let knows = |directory: &ScalekitDirectory| directory.member("org_1", "usr_1").is_ok();
    let mut tasks = vec![tokio::spawn(stage.directory.run())];
    until(|| knows(&stage.directory)).await;
    tasks.push(tokio::spawn(other.run()));
    until(|| knows(&other)).await;
    assert_eq!(listings(), 1, "the other has read what was stored");
    // An hour later, one of them lists again.
    stage.clock.advance(Duration::from_secs(60 * 60));
    until(|| listings() == 2).await;
    for _ in 0..3 {
        settle(50).await;
        stage.clock.advance(Duration::from_secs(60));
    }
    settle(50).await;
    assert_eq!(listings(), 2);
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
}

/// Lets the tasks do what they can do now.
async fn settle(steps: u32) {
    tokio::time::sleep(Duration::from_millis(5) * steps).await;
}

/// Waits until it is so.
async fn until(is_so: impl Fn() -> bool) {
    for _ in 0..4_000 {
        if is_so() {
            return;
        }
        settle(1).await;
    }
    panic!("it never was");
}

#[tokio::test]
#[cfg_attr(not(postgres_server), ignore = "postgresql is not installed")]
async fn without_the_database_requests_are_refused_after_a_while() {
    let mut server = PostgresServer::start();
    let store = postgres(&server).await;
    let stage = Stage::with(|builder| builder.store(store)).await;
    stage.directory.list_once().await.unwrap();
    stage.directory.read_store_once().await.unwrap();
    stage.tick();
    stage.scalekit.admin().remove_member("usr_3", "org_1");
    server.kill();
    let event = stage.events().await.pop().unwrap();
    use auth_scalekit::webhooks::WebhookHandler;
    let error = stage.directory.handle(&event).await.unwrap_err();
    let text = ErrorChain(&*error).to_string();
    assert!(
        text.contains("the directory database postgres at"),
        "{text}"
    );
    assert!(stage.directory.read_store_once().await.is_err());
    // 10 s have passed since it was read: still within the bound.
    assert_eq!(
        stage.described("org_1", "usr_1"),
        "active Dev,Ops",
        "the control"
    );
    stage.clock.advance(Duration::from_secs(1));
    let unavailable = stage.directory.member("org_1", "usr_1").unwrap_err();
    let text = ErrorChain(&unavailable).to_string();
    assert!(text.contains("longer than max_lag allows"), "{text}");

    server.start_again();
    let read = async {
        while stage.directory.read_store_once().await.is_err() {
            settle(1).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), read)
        .await
        .unwrap();
    stage.deliver(&event).await;
    assert_eq!(stage.described("org_1", "usr_3"), "none");
}

/// An older copy of the database takes its place.
#[tokio::test]
async fn an_older_copy_of_the_file_brings_nothing_back() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::with(|builder| builder).await;
    let open = async |name: &str| -> ScalekitDirectory {
        let store = DirectoryStore::sqlite(folder.path().join(name))
            .await
            .unwrap();
        stage.another(|builder| builder.store(store))
    };
    let directory = open("first").await;
    directory.list_once().await.unwrap();
    for ending in ["", "-wal"] {
        let from = folder.path().join(format!("first{ending}"));
        std::fs::copy(from, folder.path().join(format!("copy{ending}"))).unwrap();
    }
    stage.tick();
    stage.scalekit.admin().remove_member("usr_3", "org_1");
    let event = stage.events().await.pop().unwrap();
    let restored = open("copy").await;
    restored.read_store_once().await.unwrap();
    assert!(
        restored.member("org_1", "usr_3").unwrap().is_some(),
        "the control"
    );
    stage.tick();
    restored.list_once().await.unwrap();
    assert_eq!(restored.member("org_1", "usr_3").unwrap(), None);
    use auth_scalekit::webhooks::WebhookHandler;
    restored.handle(&event).await.unwrap();
    assert_eq!(restored.member("org_1", "usr_3").unwrap(), None);
}

/// The same under a process that runs: it takes what the database has, and a listing corrects both.
#[tokio::test]
#[cfg_attr(not(postgres_server), ignore = "postgresql is not installed")]
async fn an_emptied_database_is_filled_again() {
    let server = PostgresServer::start();
    let store = postgres(&server).await;
    let stage = Stage::with(|builder| builder.store(store)).await;
    stage.directory.list_once().await.unwrap();
    let records = stage.directory.state().records;
    stage.directory.read_store_once().await.unwrap();
    assert_eq!(stage.described("org_1", "usr_3"), "active", "the control");
    server.run_sql("TRUNCATE scalekit_directory");
    stage.directory.read_store_once().await.unwrap();
    assert!(
        stage.directory.member("org_1", "usr_3").is_err(),
        "it is not known"
    );
    stage.tick();
    stage.directory.list_once().await.unwrap();
    assert_eq!(stage.described("org_1", "usr_3"), "active");
    assert_eq!(stage.directory.state().records, records);
}

/// Names and addresses are what customers choose.
#[tokio::test]
#[cfg_attr(not(postgres_server), ignore = "postgresql is not installed")]
async fn no_name_keeps_others_from_being_stored() {
    let server = PostgresServer::start();
    let store = postgres(&server).await;
    let stage = Stage::with(|builder| builder.store(store)).await;
    let groups = b"{\"groups\":[{\"id\":\"dirgroup_1\",\"display_name\":\"a\\u0000b\"},{\"id\":\"dirgroup_2\",\"display_name\":\"fine\"}]}";
    let fault = auth_testkit::Fault::Body(groups.to_vec());
    let _names = stage
        .scalekit
        .fail(auth_testkit::Endpoint::DirectoryGroups, fault);
    stage.directory.list_once().await.unwrap();
    let groups = stage.directory.groups("org_1").unwrap();
    let mut names: Vec<_> = groups.iter().map(|group| group.name()).collect();
    names.sort();
    assert_eq!(names, [None, Some("fine")]);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let store = sqlite(folder.path()).await;
    let stage = Stage::with(|builder| builder.store(store)).await;
    stage.directory.list_once().await.unwrap();
    let files: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .collect();
    assert!(
        files.len() > 1,
        "the file, and what SQLite writes beside it: {files:?}"
    );
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{file:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_store_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let no_database = folder.path().join("text");
    std::fs::write(
        &no_database,
        "not a database, but long enough to look like one".repeat(100),
    )
    .unwrap();
    let error = DirectoryStore::sqlite(&no_database)
        .await
        .unwrap_err()
        .to_string();
    let start = format!(
        "the directory database {} cannot be used: ",
        no_database.display()
    );
    assert_eq!(
        error,
        format!("{start}opening the file: error 26 of the database")
    );
    let missing = folder.path().join("no/such/folder");
    let error = DirectoryStore::sqlite(&missing)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("opening the file: no connection: "),
        "{error}"
    );
    for (url, expected) in [
        (
            "postgres://db/directory?passwrod=hunter2",
            "the parameter \"passwrod\" of the URL is not known: remove it",
        ),
        (
            "mysql://db/directory",
            "is no URL of PostgreSQL: use postgres://user@host:port/database",
        ),
        (
            "postgres://db.example.com/directory?sslmode=prefer",
            "has an sslmode other than verify-full for another machine",
        ),
        (
            "postgres://db.example.com/directory?sslmode=disable",
            "has an sslmode other than verify-full for another machine",
        ),
        ("postgres://db.example.com:1:2/x", "is no URL of PostgreSQL"),
        (
            "postgres://user:hunter2@127.0.0.1:1/directory",
            "directory at 127.0.0.1:1 cannot be used: connecting: ",
        ),
    ] {
        let settings = PostgresSettings::new(url).password("hunter3");
        let shown = format!("{settings:?}");
        let error = DirectoryStore::postgres(settings).await.unwrap_err();
        let text = format!("{shown} {error} {error:?}");
        assert!(text.contains(expected), "{url}: {error}");
        assert!(!text.contains("hunter"), "{url}");
    }
}

fn subjects() -> Vec<String> {
    ["usr_1", "usr_2", "usr_3"].map(str::to_owned).to_vec()
}
