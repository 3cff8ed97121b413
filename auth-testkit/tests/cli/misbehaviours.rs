//! `mock-scalekit misbehaviours`, and the MCP server of `serve` and `run`.

use auth_testkit::settings::Misbehaviour;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::served::{Served, program};
use crate::support::{get_json, http};

fn listed(options: &[&str]) -> String {
    let output = program()
        .arg("misbehaviours")
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_is_listed_with_what_is_right() {
    let text = listed(&[]);
    let all: Vec<Value> = serde_json::from_str(&listed(&["--json"])).unwrap();
    assert_eq!(text.lines().count(), Misbehaviour::all().len());
    assert_eq!(all.len(), Misbehaviour::all().len());
    for ((one, line), entry) in Misbehaviour::all().iter().zip(text.lines()).zip(&all) {
        let words: Vec<_> = line.split_whitespace().collect();
        assert_eq!(words[..2], [one.name(), one.reaction().name()]);
        let column = line.find(one.description());
        assert_eq!(column, Some(48), "the columns are aligned");
        assert!(line.ends_with(one.description()), "{line}");
        let expected = json!({
            "name": one.name(),
            "reaction": one.reaction().name(),
            "needs_mcp_server": one.needs_mcp_server(),
            "description": one.description(),
        });
        assert_eq!(entry, &expected);
    }
}

#[tokio::test]
async fn serve_has_an_mcp_server_and_plays_them() {
    let with_server = |more: &[&'static str]| [&["--mcp-server"], more].concat();
    for (options, challenged) in [
        (with_server(&[]), true),
        (
            with_server(&[
                "--misbehave",
                "challenge-absent",
                "--misbehave",
                "scope-list",
            ]),
            false,
        ),
    ] {
        let served = Served::start(&options);
        let url = served.text("mcp_url");
        assert_eq!(url, format!("{}/mcp", served.text("environment_url")));
        let response = http().post(url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            response.headers().contains_key("www-authenticate"),
            challenged
        );
        let document = url.replace("/mcp", "/.well-known/oauth-protected-resource/mcp");
        assert_eq!(get_json(&document).await["resource"], url);
    }
    assert_eq!(Served::start(&[]).ready.get("mcp_url"), None);
}

#[cfg(unix)]
#[test]
fn run_names_the_mcp_server() {
    let script = "echo $SCALEKIT_MCP_URL of $SCALEKIT_ENVIRONMENT_URL";
    let arguments = [
        "run",
        "--mcp-server",
        "--env-prefix",
        "SCALEKIT",
        "--",
        "sh",
        "-c",
        script,
    ];
    let output = program().args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (url, environment) = text.trim().split_once(" of ").unwrap();
    assert_eq!(url, format!("{environment}/mcp"));
    assert!(environment.starts_with("http://127.0.0.1:"), "{text}");
}
