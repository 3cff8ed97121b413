//! The program, as an operator uses it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::server::POLICIES;

fn rbac(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rbac"));
    for (name, _) in std::env::vars() {
        if name.starts_with("SCALEKIT_") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command
        .args(arguments)
        .env("SCALEKIT_MCP_URL", "http://127.0.0.1:0/mcp")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Ended, whatever happens.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Started {
    fn hang_up(&self) {
        let pid = self.0.id().to_string();
        let status = Command::new("kill").args(["-HUP", &pid]).status();
        assert!(status.unwrap().success());
    }
}

/// The next line with these words.
fn line_with(log: &mut impl BufRead, words: &str) -> String {
    let mut lines = log.lines().map(|line| line.unwrap());
    let found = lines.find(|line| line.contains(words));
    found.unwrap_or_else(|| panic!("the log ended before a line with {words:?}"))
}

#[test]
fn a_signal_reloads_the_policies() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rbac.cedar");
    let text = std::fs::read_to_string(POLICIES).unwrap();
    std::fs::write(&path, &text).unwrap();
    let arguments = ["--ready-json", "--policies", path.to_str().unwrap()];
    let mut started = Started(rbac(&arguments).spawn().unwrap());
    let mut log = BufReader::new(started.0.stderr.take().unwrap());
    let mut ready = String::new();
    let mut stdout = BufReader::new(started.0.stdout.take().unwrap());
    stdout.read_line(&mut ready).unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    assert_eq!(ready["mock"], true, "without SCALEKIT_ENVIRONMENT_URL");
    line_with(&mut log, "policies: in force");

    started.hang_up();
    line_with(&mut log, "policies: unchanged");
    std::fs::write(&path, format!("{text}\npermit(")).unwrap();
    started.hang_up();
    let line = line_with(&mut log, "policies: the old version stays in force");
    assert!(line.contains("rbac.cedar:"), "{line}");
    std::fs::write(&path, format!("{text}\n// more\n")).unwrap();
    started.hang_up();
    line_with(&mut log, "policies: the new version is in force");
}

#[test]
fn faulty_policies_keep_it_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rbac.cedar");
    let text = std::fs::read_to_string(POLICIES).unwrap();
    std::fs::write(&path, text.replace("\"notes_add\"", "\"note_add\"")).unwrap();
    let output = rbac(&["--policies", path.to_str().unwrap()])
        .output()
        .unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{log}");
    assert!(
        log.contains("rbac.cedar:") && log.contains("note_add"),
        "{log}"
    );
}

#[test]
fn the_schema_is_printed_without_policies() {
    let output = rbac(&["--schema", "--policies", "/nonexistent"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let schema = String::from_utf8(output.stdout).unwrap();
    for name in ["namespace MCP", "\"notes_add\"", "Environment"] {
        assert!(schema.contains(name), "{name} is not in {schema}");
    }
}
