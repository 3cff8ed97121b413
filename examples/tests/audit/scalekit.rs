//! The logins of the mock's authentication logs.

use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use auth_testkit::{AuthLogDraft, AuthStatus, Client, MockScalekit};

use crate::stage::{Stage, line};

const SECRET: &str = "a secret of the test";

fn at(second: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(second)
}

async fn mock() -> MockScalekit {
    let scalekit = MockScalekit::start().await;
    scalekit.register_client(Client::confidential("skc_1", SECRET));
    let add = |status, second, email: &str| {
        let draft = AuthLogDraft::new(status).at(at(second)).email(email);
        let draft = draft.organization("org_1").client("c_1", "Claude");
        scalekit.admin().add_authentication_log(draft);
    };
    add(AuthStatus::Success, 1_793_491_200, "ada@example.com");
    for second in 0..120 {
        add(
            AuthStatus::Failed,
            1_793_491_300 + second,
            "bob@example.com",
        );
    }
    let other = AuthLogDraft::new(AuthStatus::Success)
        .at(at(1_793_491_600))
        .resource("res_7");
    let other = other
        .organization("org_1")
        .client("c_1", "Claude")
        .email("eve@example.com");
    scalekit.admin().add_authentication_log(other);
    scalekit
}

async fn audit(
    stage: &Stage,
    scalekit: &MockScalekit,
    secret: &str,
    arguments: &[&str],
) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_audit"));
    command.args(&stage.arguments(arguments)[1..]).env_clear();
    command.env("RUST_LOG", "trace,hyper=info");
    command.env("SCALEKIT_ENVIRONMENT_URL", scalekit.environment_url());
    command.env("SCALEKIT_RESOURCE_ID", scalekit.resource_id());
    command.env("SCALEKIT_CLIENT_ID", "skc_1");
    command.env("SCALEKIT_CLIENT_SECRET", secret);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_joined_with_the_logs_of_this_server() {
    let scalekit = mock().await;
    let stage = Stage::new();
    stage.write("audit.jsonl", &line(1_793_491_700, "org_1", "c_1", ""));
    let show = ["show", "--scalekit", "@audit.jsonl"];
    let (code, output, log) = audit(&stage, &scalekit, SECRET, &show).await;
    assert_eq!(code, Some(0), "{log}");
    assert!(output.ends_with("login=ada@example.com\n"), "{output}");
    // Addresses and secrets are in the output that was asked for, and nowhere else.
    assert!(
        !log.is_empty() && !log.contains("example.com") && !log.contains(SECRET),
        "{log}"
    );
    // The same by a dump.
    let (code, output, log) = audit(
        &stage,
        &scalekit,
        SECRET,
        &["fetch-logs", "--output", "@dump"],
    )
    .await;
    assert_eq!((code, output.as_str()), (Some(0), ""), "{log}");
    assert!(
        log.contains("121 rows") && !log.contains("example.com"),
        "{log}"
    );
    let dump = stage.text("dump");
    let mut rows = dump
        .lines()
        .map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
    assert_eq!(
        rows.next().unwrap()["email"],
        "ada@example.com",
        "the oldest first"
    );
    assert_eq!(
        rows.next_back().unwrap()["timestamp"],
        "2026-11-01T00:03:39Z"
    );
    let output = stage
        .output(&["show", "--logs", "@dump", "@audit.jsonl"])
        .await;
    assert!(output.ends_with("login=ada@example.com\n"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_secret_leaves_no_file_and_shows_no_secret() {
    let scalekit = mock().await;
    let stage = Stage::new();
    let fetch = ["fetch-logs", "--output", "@dump"];
    let (code, _, log) = audit(&stage, &scalekit, "another secret", &fetch).await;
    assert_eq!(code, Some(2), "{log}");
    assert!(
        log.contains("SCALEKIT_CLIENT_SECRET") && !log.contains("another secret"),
        "{log}"
    );
    let names = std::fs::read_dir(stage.path("")).unwrap().count();
    assert_eq!(names, 1, "the key alone");
}
