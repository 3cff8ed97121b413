//! The client id and secret, from code, from variables and from a mounted file.

use std::env::VarError;
use std::path::Path;

use auth_core::error::ConfigErrors;
use auth_scalekit::{ScalekitBuilder, ScalekitProvider};
use serde_json::json;
use url::form_urlencoded;
use wiremock::MockServer;

use crate::harness::{Api, CLIENT_SECRET, assert_reveals_nothing, ok, token_response};

const ID: (&str, &str) = ("SCALEKIT_CLIENT_ID", "skc_1");
const SECRET: (&str, &str) = ("SCALEKIT_CLIENT_SECRET", CLIENT_SECRET);

fn from(
    environment_url: &str,
    variables: &[(&str, &str)],
) -> Result<ScalekitProvider, ConfigErrors> {
    let known = [
        ("SCALEKIT_ENVIRONMENT_URL", environment_url),
        ("SCALEKIT_RESOURCE_ID", "res_1"),
    ];
    ScalekitBuilder::from_variables(|name| {
        let mut all = known.iter().chain(variables);
        let found = all.find(|(known, _)| *known == name);
        found
            .map(|(_, value)| (*value).into())
            .ok_or(VarError::NotPresent)
    })
    .build()
}

fn file(folder: &Path, content: &[u8]) -> String {
    let path = folder.join("secret");
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().into()
}

#[test]
fn the_id_alone_is_ignored_as_ever() {
    for (name, variables, has_management) in [
        ("nothing", &[][..], false),
        ("the id alone", &[ID], false),
        ("both", &[ID, SECRET], true),
    ] {
        let provider = from("https://acme.scalekit.com", variables).unwrap();
        assert_eq!(provider.management().is_some(), has_management, "{name}");
    }
}

#[tokio::test]
async fn the_id_may_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), b"skc_7\n");
    let api = Api::start().await;
    api.at("POST", "/api/v1/sessions/ses_1/revoke", ok(&json!({})))
        .await;
    for (number, (id, expected)) in [
        (ID, "skc_1"),
        (("SCALEKIT_CLIENT_ID_FILE", &*path), "skc_7"),
    ]
    .into_iter()
    .enumerate()
    {
        let provider = from(&api.server.uri(), &[id, SECRET]).unwrap();
        let management = provider.management().unwrap();
        management.revoke_session("ses_1").await.unwrap();
        let request = &api.requests("/oauth/token").await[number];
        let mut form = form_urlencoded::parse(&request.body);
        let sent = form.find(|(name, _)| name == "client_id").unwrap();
        assert_eq!(sent.1, expected);
    }
    let both = from(
        "https://acme.scalekit.com",
        &[ID, ("SCALEKIT_CLIENT_ID_FILE", &path), SECRET],
    );
    assert_eq!(
        both.unwrap_err().to_string(),
        "SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_ID_FILE are both set: remove one of them"
    );
}

#[test]
fn each_fault_names_its_variable_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), b"marker");
    let missing = folder.path().join("missing-marker");
    let found = "(Developers > Settings > API Credentials)";
    for (variables, expected) in [
        (
            vec![SECRET],
            "SCALEKIT_CLIENT_ID is not set, but SCALEKIT_CLIENT_SECRET is: set both or neither".into(),
        ),
        (
            vec![("SCALEKIT_CLIENT_ID", " "), SECRET],
            format!("SCALEKIT_CLIENT_ID is empty: copy it from the Scalekit dashboard {found}"),
        ),
        (
            vec![ID, ("SCALEKIT_CLIENT_SECRET", "")],
            format!("SCALEKIT_CLIENT_SECRET is empty: copy it from the Scalekit dashboard {found}"),
        ),
        (
            vec![ID, SECRET, ("SCALEKIT_CLIENT_SECRET_FILE", &*path)],
            "SCALEKIT_CLIENT_SECRET and SCALEKIT_CLIENT_SECRET_FILE are both set: remove one of them"
                .into(),
        ),
        (
            vec![ID, ("SCALEKIT_CLIENT_SECRET_FILE", missing.to_str().unwrap())],
            "SCALEKIT_CLIENT_SECRET_FILE names a file that cannot be read (No such file or directory \
             (os error 2)): mount it, or correct the path"
                .into(),
        ),
    ] {
        let errors = from("https://acme.scalekit.com", &variables).unwrap_err();
        assert_eq!(errors.to_string(), expected);
    }
    let (none, both) = (("", ""), ("skc_1", "secret"));
    for ((id, secret), errors) in [(both, 0), (none, 2)] {
        let builder =
            ScalekitProvider::builder("https://acme.scalekit.com", "res_1", "http://localhost/mcp");
        let built = builder.management(id, secret).build();
        let found = built.err().map_or(0, |errors| errors.iter().count());
        assert_eq!(found, errors);
    }
}

/// The secret that is sent; `Err` with the errors of the settings.
async fn sent_with(content: &[u8]) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), content);
    let api = Api::without_tokens().await;
    api.at("POST", "/oauth/token", ok(&token_response(1))).await;
    api.at("POST", "/api/v1/sessions/ses_1/revoke", ok(&json!({})))
        .await;
    let server: &MockServer = &api.server;
    let provider = from(&server.uri(), &[ID, ("SCALEKIT_CLIENT_SECRET_FILE", &path)])
        .map_err(|errors| errors.to_string())?;
    let management = provider.management().unwrap();
    management.revoke_session("ses_1").await.unwrap();
    let request = &api.requests("/oauth/token").await[0];
    let mut form = form_urlencoded::parse(&request.body);
    let secret = form.find(|(name, _)| name == "client_secret");
    Ok(secret.unwrap().1.into_owned())
}

#[tokio::test]
async fn a_mounted_secret_is_the_content_of_its_file() {
    for (content, secret) in [
        (&b"marker"[..], Some("marker")),
        (b"marker\n", Some("marker")),
        (b"marker\r\n", Some("marker")),
        (b" a b ", Some(" a b ")),
        (&[b'x'; 16 * 1024], Some(&*"x".repeat(16 * 1024))),
        (&[b'x'; 16 * 1024 + 1], None),
        (b"\xff", None),
        (b"\n", None),
    ] {
        let sent = sent_with(content).await;
        assert_eq!(sent.as_deref().ok(), secret, "{sent:?}");
        if let Err(errors) = sent {
            assert!(errors.starts_with("SCALEKIT_CLIENT_SECRET"), "{errors}");
            assert_reveals_nothing(&errors);
        }
    }
}
