//! `audit verify`.

use std::process::Command;

use crate::stage::Stage;

#[tokio::test]
async fn rotated_files_are_verified_and_a_change_is_found() {
    let stage = Stage::new();
    // Three events in each file.
    stage.serve(9, 1_500).await;
    let files = ["@audit.jsonl.2", "@audit.jsonl.1", "@audit.jsonl"];
    let names = std::fs::read_dir(stage.path(""))
        .unwrap()
        .map(|name| name.unwrap().file_name());
    assert_eq!(names.count(), 4, "the three, and the key");
    let verify =
        |more: &[&'static str]| [&["verify", "--key-file", "@key"], more, &files[..]].concat();
    let (result, output) = stage.run(&verify(&[])).await;
    assert!(result.unwrap(), "the control: {output}");
    assert!(
        output.contains("12 of 12 lines are verified, 0 findings"),
        "{output}"
    );
    let head = output
        .lines()
        .find_map(|line| line.strip_prefix("last line: "))
        .unwrap()
        .to_owned();
    assert!(head.starts_with("11:"), "{output}");
    // The last line is removed.
    let whole = stage.text("audit.jsonl");
    let kept: Vec<_> = whole.split_inclusive('\n').collect();
    stage.write("audit.jsonl", &kept[..kept.len() - 1].concat());
    let (result, output) = stage.run(&verify(&[])).await;
    assert!(
        result.unwrap(),
        "without what is expected, it is a shorter file: {output}"
    );
    let expecting = [
        &["verify", "--key-file", "@key", "--expect", &head],
        &files[..],
    ]
    .concat();
    let (result, output) = stage.run(&expecting).await;
    assert!(
        !result.unwrap() && output.contains("the expected line 11:"),
        "{output}"
    );
    stage.write("audit.jsonl", &whole);
    assert!(stage.run(&expecting).await.0.unwrap());
    // A user is changed.
    let changed = stage
        .text("audit.jsonl.1")
        .replacen("\"ada\"", "\"eve\"", 1);
    stage.write("audit.jsonl.1", &changed);
    let (result, output) = stage.run(&verify(&[])).await;
    assert!(!result.unwrap());
    let place = format!(
        "{}:2: changed or inserted",
        stage.path("audit.jsonl.1").display()
    );
    assert!(output.starts_with(&place), "{output}");
    assert!(!output.contains("eve"), "{output}");
    let (_, output) = stage.run(&verify(&["--max-findings", "0"])).await;
    assert!(output.starts_with("1 more findings"), "{output}");
}

#[tokio::test]
async fn a_torn_line_is_a_finding_unless_it_is_allowed() {
    let stage = Stage::new();
    stage.serve(2, 100_000).await;
    let mut torn = stage.text("audit.jsonl");
    torn.truncate(torn.len() - 20);
    stage.write("audit.jsonl", &torn);
    stage.serve(1, 100_000).await;
    let verify = ["verify", "--key-file", "@key", "@audit.jsonl"];
    let (result, output) = stage.run(&verify).await;
    assert!(!result.unwrap() && output.contains(":3: torn"), "{output}");
    let allowed = [&verify[..], &["--allow-torn"]].concat();
    let output = stage.output(&allowed).await;
    assert!(output.contains("0 findings"), "{output}");
}

#[test]
fn findings_and_mistakes_have_separate_exit_codes() {
    let stage = Stage::new();
    stage.write("plain.jsonl", "{\"time\":1}\n");
    stage.write("short", "x");
    let audit = |arguments: &[&str], key: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_audit"));
        command.args(&stage.arguments(arguments)[1..]).env_clear();
        if let Some(key) = key {
            command.env("AUDIT_CHAIN_KEY_FILE", stage.path(key));
        }
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let show = audit(&["show", "@plain.jsonl"], None);
    assert_eq!(
        show,
        (Some(0), "1970-01-01T00:00:01Z  -  -  -  -  -\n".to_owned()),
        "the control"
    );
    for (arguments, key, code, expected) in [
        (
            &["verify", "@plain.jsonl"][..],
            Some("key"),
            1,
            "no line is verified",
        ),
        (&["verify", "@plain.jsonl"], None, 2, "--key-file"),
        (&["verify", "@plain.jsonl"], Some("none"), 2, "key file"),
        (
            &["verify", "@plain.jsonl"],
            Some("short"),
            2,
            "has 1 bytes: use at least 32",
        ),
        (&["verify", "@none"], Some("key"), 2, "none"),
        (
            &["verify", "--expect", "7", "@plain.jsonl"],
            Some("key"),
            2,
            "SEQ:HASH",
        ),
        (&["show", "@none"], None, 2, "none"),
        (
            &["show", "--scalekit", "@plain.jsonl"],
            None,
            2,
            "SCALEKIT_ENVIRONMENT_URL",
        ),
        (&["show", "--csv", "--json"], None, 2, "cannot be used with"),
        (
            &["fetch-logs", "--output", "@dump"],
            None,
            2,
            "SCALEKIT_ENVIRONMENT_URL",
        ),
        (&["attic"], None, 2, "attic"),
    ] {
        let (found, text) = audit(arguments, key);
        assert_eq!(found, Some(code), "{arguments:?}: {text}");
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
}
