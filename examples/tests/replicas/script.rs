//! `examples/replicas/run`, as a person starts it.

use std::path::Path;
use std::process::Command;

/// The lines of the script, with numbers of milliseconds as `N`.
fn without_times(text: &str) -> Vec<String> {
    let number = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    let line = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let is_time = |at: usize| words.get(at + 1) == Some(&"ms") && number(words[at]);
        let words = (0..words.len()).map(|at| if is_time(at) { "N" } else { words[at] });
        words.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(line).collect()
}

#[test]
#[cfg_attr(not(redis_server), ignore = "redis-server is not installed")]
fn the_script_shows_what_its_page_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("replicas");
    let replicas = Path::new(env!("CARGO_BIN_EXE_replicas"));
    let mut command = Command::new(folder.join("run"));
    command.env("REPLICAS_BIN", replicas);
    // Where only this package is built the script builds it.
    let mock = replicas.with_file_name("mock-scalekit");
    match mock.is_file() {
        true => command.env("MOCK_BIN", mock),
        false => command.env_remove("MOCK_BIN"),
    };
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}{errors}");
    let page = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let shown = page.split("```text\n").nth(1).unwrap();
    let shown = shown.split("```").next().unwrap();
    assert_eq!(without_times(&text), without_times(shown), "{text}");
    assert!(text.contains(" ms\n"), "{text}");
}

#[test]
fn the_script_says_which_program_is_missing() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("replicas/run");
    let output = Command::new(script)
        .env("REDIS_BIN", "redis-server-that-is-not-there")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("apt-get install redis-server"), "{text}");
}
