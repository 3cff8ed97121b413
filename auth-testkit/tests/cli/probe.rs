//! `mock-scalekit probe`: what it prints without a server, and its error when there is none.

use std::process::Output;

use crate::served::program;

fn probe(arguments: &[&str]) -> Output {
    program().arg("probe").args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const URL: &str = "http://127.0.0.1:1/mcp";

#[test]
fn lists_each_probe_with_its_rule_and_level() {
    let output = probe(&["--list"]);
    assert!(output.status.success());
    let listed = text(&output.stdout);
    let probes = auth_testkit::probe::Probe::all();
    assert!(probes.len() > 100, "{}", probes.len());
    for probe in probes {
        let (group, name) = (probe.group(), probe.name());
        let (requirement, rule) = (probe.requirement(), probe.rule());
        let entry = format!(
            "{group}/{name}\n    {}: {requirement} ({rule})\n",
            probe.level()
        );
        assert!(listed.contains(&entry), "{entry}");
    }
}

#[test]
fn names_of_probes_are_unique() {
    let mut names: Vec<&str> = Vec::new();
    for probe in auth_testkit::probe::Probe::all() {
        assert!(!names.contains(&probe.name()), "{}", probe.name());
        names.push(probe.name());
    }
}

/// Nothing is passed when nothing is learned.
#[test]
fn without_a_server_every_probe_is_untestable() {
    // A port that is free, of which there may be a few.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port().to_string();
    drop(free);
    let output = probe(&[URL, "--issuer-port", &port, "--format", "json"]);
    assert_eq!(output.status.code(), Some(2));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let probes = report["probes"].as_array().unwrap();
    assert_eq!(probes.len(), auth_testkit::probe::Probe::all().len());
    for probe in probes {
        assert_eq!(probe["outcome"], "untestable", "{probe}");
        let detail = probe["detail"].as_str().unwrap();
        let why = "the control failed: no connection to 127.0.0.1:1";
        assert!(detail.starts_with(why), "{detail}");
    }
    assert!(report["scores"]["all"]["percent"].is_null());
}

#[test]
fn says_what_to_change() {
    for (arguments, problem) in [
        (
            vec![URL],
            "issuer-port: without a command, name the port of the issuer that the server trusts; or \
             put the server's command after --",
        ),
        (
            vec!["https://x.example/mcp", "--", "true"],
            "https://x.example/mcp: expected an http URL without fragment; probe a server with \
             TLS behind its proxy",
        ),
        (
            vec![URL, "--only", "no-such", "--", "true"],
            "only: no probe is called \"no-such\"",
        ),
        (
            vec![URL, "--protocol", "1", "--", "true"],
            "protocol: expected 2025-11-25 or 2026-07-28, got \"1\"",
        ),
        (
            vec![URL, "--output", "report.pdf", "--", "true"],
            "output: expected a file that ends in .json, .xml, .html or .txt, got report.pdf",
        ),
        (
            vec![URL, "--resource-id", "mcp", "--", "true"],
            "resource-id: expected res_ and digits, got \"mcp\"",
        ),
        (
            vec![URL, "--", "/no/such/program"],
            "cannot run /no/such/program: No such file or directory (os error 2)",
        ),
        (
            vec![URL, "--", "sh", "-c", "echo no keys >&2; exit 3"],
            "the command ended with exit code 3 before it listened; the end of its output:\nno keys",
        ),
        (
            vec![URL, "--", "sh", "-c", "echo done"],
            "the command ended with exit code 0 before it listened; the end of its output:\ndone",
        ),
        (
            vec![URL, "--", "sh", "-c", "echo so; exit 101"],
            "the command ended with exit code 101 before it listened; the end of its output:\nso",
        ),
        (
            vec![URL, "--", "sh", "-c", "echo oh; kill -6 $$"],
            "the command ended with signal 6 before it listened; the end of its output:\noh",
        ),
        (
            vec![URL, "--", "sh", "-c", "kill -9 $$"],
            "the command ended with signal 9 before it listened; the end of its output:\n",
        ),
        (
            vec![URL, "--write-scope", "a b", "--", "true"],
            "write-scope: \"a b\" is not a scope: use printable ASCII without spaces, quotes and \
             backslashes",
        ),
        (
            vec![URL, "--scope", "site:use,a\"b", "--", "true"],
            "scope: \"a\\\"b\" is not a scope: use printable ASCII without spaces, quotes and \
             backslashes",
        ),
    ] {
        let output = probe(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(text(&output.stderr), format!("mock-scalekit: {problem}\n"));
    }
}

#[test]
fn a_tool_has_a_role_a_name_and_arguments() {
    for (tool, problem) in [
        (
            "notes_add",
            "expected ROLE=NAME or ROLE=NAME {\"argument\": 7}",
        ),
        (
            "write=",
            "expected ROLE=NAME or ROLE=NAME {\"argument\": 7}",
        ),
        (
            "read=notes",
            "no role of a tool is called \"read\": choose of write, whoami, upstream",
        ),
        (
            "write=notes_add text",
            "expected a JSON object such as {\"tenant\": 7}",
        ),
    ] {
        let output = probe(&[URL, "--tool", tool, "--", "false"]);
        assert_eq!(output.status.code(), Some(2), "{tool}");
        let error = text(&output.stderr);
        assert!(error.contains(problem), "{tool}: {error}");
    }
    // The control gets as far as the server.
    for tool in ["whoami=me", "write=notes_add {\"text\": \"a note\"}"] {
        let output = probe(&[URL, "--tool", tool, "--", "false"]);
        let error = text(&output.stderr);
        assert!(
            error.contains("the command ended with exit code 1"),
            "{error}"
        );
    }
}

#[test]
fn claims_are_a_json_object() {
    for claims in ["7", "[]", "tenant=7", "{", "null", "{\"a\":1}x"] {
        let output = probe(&[URL, "--claims", claims, "--", "true"]);
        assert_eq!(output.status.code(), Some(2), "{claims}");
        let error = text(&output.stderr);
        let expected = "for '--claims <JSON>': expected a JSON object such as {\"tenant\": 7}";
        assert!(error.contains(expected), "{error}");
    }
    // The control gets as far as the server.
    let output = probe(&[URL, "--claims", "{\"tenant\":7}", "--", "false"]);
    let error = text(&output.stderr);
    assert!(
        error.contains("the command ended with exit code 1"),
        "{error}"
    );
}
