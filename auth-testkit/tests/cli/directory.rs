//! `--directory`, and the same in the control API.

use std::fs;
use std::path::PathBuf;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::served::{Served, program};
use crate::support::{
    REDIRECT, authorization, claims, exchange, http, post_form, redirected, value, with,
};

const FILE: &str = r#"
[roles]
admin = ["notes:write"]

[[organizations]]
id = "org_1"

[[organizations]]
id = "org_2"

[[users]]
id = "usr_1"
email = "ada@example.com"
organizations = [{ id = "org_1" }, { id = "org_2", roles = ["admin"] }]

[[users]]
id = "usr_2"
email = "bob@example.com"
organizations = [{ id = "org_2" }]
"#;

fn file(name: &str, text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, path)
}

/// The claims of the token that an authorization request leads to, or the error.
async fn login(served: &Served, parameter: Option<(&'static str, &str)>) -> Value {
    let mut request = authorization("m2m_42");
    if let Some((name, value)) = parameter {
        request = with(request, name, value);
    }
    let authorize = format!("{}/oauth/authorize", served.text("issuer"));
    let answer = http().get(authorize).query(&request).send().await.unwrap();
    let answer = redirected(&answer);
    let Some(code) = value(&answer, "code") else {
        return json!({ "error": value(&answer, "error") });
    };
    let bought = post_form(served.text("token_endpoint"), &exchange("m2m_42", code)).await;
    let bought: Value = bought.json().await.unwrap();
    claims(bought["access_token"].as_str().unwrap())
}

async fn register(served: &Served) {
    let client = json!({ "client_id": "m2m_42", "redirect_uris": [REDIRECT] });
    served.done(Method::POST, "/clients", client).await;
}

#[tokio::test]
async fn users_of_the_file_log_in() {
    let (_folder, path) = file("directory.toml", FILE);
    let served = Served::start(&["--directory", path.to_str().unwrap()]);
    register(&served).await;
    let first = login(&served, None).await;
    assert_eq!(
        (&first["sub"], &first["oid"]),
        (&json!("usr_1"), &json!("org_1"))
    );
    let chosen = login(&served, Some(("organization_id", "org_2"))).await;
    assert_eq!(chosen["roles"], json!(["admin"]));
    assert_eq!(chosen["permissions"], json!(["notes:write"]));
    let other = login(&served, Some(("login_hint", "bob@example.com"))).await;
    assert_eq!(other["sub"], "usr_2");
}

#[tokio::test]
async fn approvals_and_tokens_name_users_and_organizations_of_the_file() {
    let (_folder, path) = file("directory.toml", FILE);
    let served = Served::start(&["--directory", path.to_str().unwrap()]);
    register(&served).await;
    for (approval, expected) in [
        (
            json!({ "organization": "org_2" }),
            json!(["usr_1", "org_2", ["admin"]]),
        ),
        (json!({ "user": "usr_2" }), json!(["usr_2", "org_2", null])),
        (
            json!({ "user": "ada@example.com", "organization": "org_2" }),
            json!(["usr_1", "org_2", ["admin"]]),
        ),
        // Another user, as without a directory.
        (
            json!({ "user": "usr_7", "organization": "org_7" }),
            json!(["usr_7", "org_7", ["member"]]),
        ),
    ] {
        served
            .done(Method::POST, "/approvals", approval.clone())
            .await;
        let token = login(&served, None).await;
        let shown = json!([token["sub"], token["oid"], token.get("roles")]);
        assert_eq!(shown, expected, "{approval}");
    }
    let stranger = json!({ "user": "usr_2", "organization": "org_1" });
    served.done(Method::POST, "/approvals", stranger).await;
    assert_eq!(login(&served, None).await["error"], "access_denied");

    for (request, expected) in [
        (json!({}), json!(["usr_1", "org_1", null])),
        (
            json!({ "subject": "usr_2" }),
            json!(["usr_2", "org_2", null]),
        ),
        (
            json!({ "subject": "usr_1", "organization": "org_2" }),
            json!(["usr_1", "org_2", ["admin"]]),
        ),
        // Contradictions are minted as asked for.
        (
            json!({ "subject": "usr_1", "organization": "org_9" }),
            json!(["usr_1", "org_9", null]),
        ),
        (
            json!({ "subject": "usr_9" }),
            json!(["usr_9", "org_1", null]),
        ),
    ] {
        let token = claims(&served.token(request.clone()).await);
        let shown = json!([token["sub"], token["oid"], token.get("roles")]);
        assert_eq!(shown, expected, "{request}");
    }
}

#[test]
fn the_command_token_mints_a_token_of_a_user_in_an_organization() {
    let (_folder, path) = file("directory.toml", FILE);
    let served = Served::start(&["--directory", path.to_str().unwrap()]);
    for (options, expected) in [
        (vec![], json!(["usr_1", "org_1", null])),
        (
            vec!["--subject", "usr_1", "--organization", "org_2"],
            json!(["usr_1", "org_2", ["admin"]]),
        ),
    ] {
        let mut command = program();
        command.arg("token").args(&options);
        command.env("MOCK_SCALEKIT_CONTROL_URL", served.text("control_url"));
        command.env("MOCK_SCALEKIT_CONTROL_TOKEN", served.text("control_token"));
        let output = command.output().unwrap();
        let token = String::from_utf8(output.stdout).unwrap();
        let token = claims(token.trim());
        let shown = json!([token["sub"], token["oid"], token.get("roles")]);
        assert_eq!(shown, expected, "{options:?}");
    }
}

#[tokio::test]
async fn another_environment_may_have_another_directory() {
    let served = Served::start(&[]);
    let directory = |role: &str| {
        json!({ "directory": {
            "roles": { "admin": [] },
            "organizations": [{ "id": "org_1" }],
            "users": [{
                "id": "usr_7",
                "email": "eve@example.com",
                "organizations": [{ "id": "org_1", "roles": [role] }],
            }],
        } })
    };
    let started = served
        .call_at(Method::POST, "/environments", directory("admin"))
        .await;
    assert_eq!(started.status(), StatusCode::CREATED);
    let started: Value = started.json().await.unwrap();
    let path = format!("/environments/{}/tokens", started["id"].as_str().unwrap());
    let token = served.call_at(Method::POST, &path, json!({})).await;
    let token: Value = token.json().await.unwrap();
    let token = claims(token["token"].as_str().unwrap());
    assert_eq!(
        (&token["sub"], &token["roles"]),
        (&json!("usr_7"), &json!(["admin"]))
    );

    let refused = served
        .call_at(Method::POST, "/environments", directory("owner"))
        .await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(
        refused["error"],
        "directory: users[0].organizations[0].roles[0]: no role is called \"owner\"; define it in roles, \
         or choose of admin"
    );
}

/// What the program prints when it does not start.
fn refused(options: &[&str]) -> String {
    let output = program().arg("serve").args(options).output().unwrap();
    assert!(!output.status.success(), "{options:?}");
    assert!(output.stdout.is_empty(), "nothing was served");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_file_that_is_wrong_is_not_served() {
    let wrong = FILE.replace("roles = [\"admin\"]", "roles = [\"admn\"]");
    let (_folder, path) = file("directory.toml", &wrong);
    let path = path.to_str().unwrap();
    let text = refused(&["--directory", path]);
    let expected = format!(
        "directory {path}, line 14: users[0].organizations[1].roles[0]: no role is called \"admn\"; define it in \
         roles, or choose of admin"
    );
    assert!(text.contains(&expected), "{text}");
    assert!(text.contains("--directory <FILE>"), "{text}");
    let text = refused(&["--directory", "/nowhere/directory.toml"]);
    let expected = "directory /nowhere/directory.toml: the file cannot be read: No such file";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn an_option_that_describes_a_user_contradicts_the_file() {
    let (_folder, path) = file("directory.toml", FILE);
    let path = path.to_str().unwrap();
    drop(Served::start(&["--directory", path, "--consent-page"]));
    for (option, argument) in [
        ("user", "usr_1"),
        ("email", "ada@example.com"),
        ("organization", "org_1"),
        ("roles", "admin"),
        ("permissions", "notes:read"),
        ("also-user", "usr_2"),
    ] {
        let text = refused(&["--directory", path, &format!("--{option}"), argument]);
        assert_eq!(
            text,
            format!(
                "mock-scalekit: {option}: cannot be set together with directory, which describes all users; put \
                 it in the file\n"
            )
        );
    }
}
