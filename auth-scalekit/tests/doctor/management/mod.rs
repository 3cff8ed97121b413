//! `scalekit-doctor --management`: the settings in Scalekit, read from the management API. Each deployment that is wrong
//! differs from the sound one in one respect.

mod credentials;
mod outages;
mod permissions;
mod resource;
mod secrets;

use auth_testkit::fault::FaultGuard;
use auth_testkit::settings::{Directory, DirectoryFormat};
use auth_testkit::{Client, Endpoint, Fault, MockScalekitBuilder};
use serde_json::Value;
use tokio::process::Command;

use crate::stage::Stage;
use crate::{Findings, Ran, Variables, run};

const CLIENT_ID: &str = "skc_1000000001";
const SECRET: &str = "marker-of-the-secret";

/// All permissions that the calls need.
const PERMISSIONS: [&str; 9] = [
    "mcp_servers:read",
    "api_credentials:read",
    "organizations:read",
    "users:read",
    "sessions:read",
    "app_authorization:read",
    "organizations_read",
    "scim:read",
    "auth_logs:read",
];

const PEOPLE: &str = r#"
    [roles]
    editor = ["notes:read", "notes:write", "notes:delete"]

    [[organizations]]
    id = "org_1"
    name = "marker-of-an-organization"

    [[users]]
    id = "usr_1"
    email = "marker-of-a-user@example.com"
    organizations = [{ id = "org_1", roles = ["editor"] }]

    [[directories]]
    organization = "org_1"
    id = "dir_1"
    name = "marker-of-a-directory"
    groups = [{ name = "marker-of-a-group" }]

    [[directories.users]]
    email = "marker-of-a-directory-user@example.com"
    groups = ["marker-of-a-group"]
"#;

/// A deployment in which every call finds something.
async fn stage() -> Stage {
    stage_with(|mock| mock).await
}

async fn stage_with(change: impl FnOnce(MockScalekitBuilder) -> MockScalekitBuilder) -> Stage {
    let people = Directory::parse(PEOPLE, DirectoryFormat::Toml).unwrap();
    let stage = Stage::start_with(|mock| change(mock.directory(people))).await;
    let client = Client::confidential(CLIENT_ID, SECRET).permissions(PERMISSIONS);
    stage.scalekit.register_client(client);
    let _ = stage.scalekit.admin().open_session("usr_1", "org_1");
    stage
}

fn command(stage: &Stage, arguments: &[&str]) -> Command {
    let mut command = Variables::of(stage).doctor(arguments);
    command
        .arg("--management")
        .env("SCALEKIT_CLIENT_ID", CLIENT_ID)
        .env("SCALEKIT_CLIENT_SECRET", SECRET);
    command
}

async fn findings(stage: &Stage) -> Findings {
    Findings::of(&run(command(stage, &["--json"]), "").await)
}

/// With a client that may do only this.
async fn findings_with<'a>(
    stage: &Stage,
    permissions: impl IntoIterator<Item = &'a str>,
) -> Findings {
    let client = Client::confidential("skc_2", SECRET).permissions(permissions);
    stage.scalekit.register_client(client);
    let mut command = command(stage, &["--json"]);
    command.env("SCALEKIT_CLIENT_ID", "skc_2");
    let found = Findings::of(&run(command, "").await);
    stage.scalekit.delete_client("skc_2");
    found
}

/// The resource as the mock shows it.
async fn resource(stage: &Stage) -> Value {
    let environment = stage.scalekit.environment_url();
    let form =
        format!("grant_type=client_credentials&client_id={CLIENT_ID}&client_secret={SECRET}");
    let client = reqwest::Client::new();
    let token = client
        .post(format!("{environment}/oauth/token"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form);
    let token: Value = token.send().await.unwrap().json().await.unwrap();
    let id = stage.scalekit.resource_id();
    let resource = client.get(format!("{environment}/api/v1/resources/{id}"));
    let resource = resource.bearer_auth(token["access_token"].as_str().unwrap());
    resource.send().await.unwrap().json().await.unwrap()
}

/// The API shows another resource until the guard is dropped.
fn show(stage: &Stage, resource: &Value) -> FaultGuard {
    let body = Fault::Body(resource.to_string().into_bytes());
    stage.scalekit.fail(Endpoint::Resource, body)
}

impl Findings {
    fn what(&self, id: &str) -> &str {
        self.get(id)["what"].as_str().unwrap()
    }

    fn fix(&self, id: &str) -> &str {
        self.get(id)["fix"].as_str().unwrap_or_default()
    }

    /// All findings of one check with this code.
    fn of_code(&self, id: &str, code: &str) -> Vec<&Value> {
        let findings = self.0.iter();
        findings
            .filter(|it| it["id"] == id && it["code"] == code)
            .collect()
    }
}

/// What is written of people and clients in the deployment.
fn assert_reveals_nothing(ran: &Ran) {
    for text in [&ran.out, &ran.err] {
        for marker in ["marker", "eyJ"] {
            let line = text.lines().find(|line| line.contains(marker));
            assert_eq!(line, None);
        }
    }
}

#[tokio::test]
async fn a_sound_deployment_passes_every_check() {
    let stage = stage().await;
    let sound = findings(&stage).await;
    assert_eq!(sound.bad(), [""; 0], "{sound:#?}");
    for (id, what) in [
        (
            "management",
            "the client credentials are accepted by the token endpoint".to_owned(),
        ),
        ("resource", "res_1000000001 is an MCP server".into()),
        ("resource-url", format!("the Server URL is {}", stage.url)),
        (
            "resource-scopes",
            r#"enabled: "notes:read", "notes:write""#.into(),
        ),
        (
            "resource-metadata",
            "the document that Scalekit proposes names this server and its authorization server"
                .into(),
        ),
        (
            "resource-registration",
            "clients can register themselves, or name a metadata document".into(),
        ),
        (
            "resource-consent-settings",
            "a user grants all scopes that a client asks for, or none".into(),
        ),
        ("resource-lifetime", "access tokens live 60 min".into()),
        ("resource-xaa", "cross-app access (XAA) is off".into()),
        (
            "resource-clients",
            "0 clients: 0 created in the dashboard or by the API, 0 registered by themselves, 0 with a metadata document"
                .into(),
        ),
        ("resource-consents", "0 consents of users".into()),
        (
            "management-permissions",
            "the client may read the MCP server, consents of users (mcp_servers:read), clients of the MCP server, whether an \
             API key is valid (api_credentials:read), events, organizations (organizations:read), users, users of an \
             organization, users by e-mail address, roles of a user, permissions of a user (users:read), sessions of a \
             user, a session (sessions:read), roles, permissions (app_authorization:read), roles of an organization \
             (organizations_read), directories of an organization, users of a directory, groups of a directory \
             (scim:read), logins (auth_logs:read); calls that change something were not tried"
                .into(),
        ),
    ] {
        assert_eq!(sound.code(id), ("ok", ""), "{id}");
        assert_eq!(sound.what(id), what, "{id}");
    }
    stage.stop().await;
}

#[tokio::test]
async fn nothing_is_read_unless_it_is_asked_for() {
    let stage = stage().await;
    let mut quiet = Variables::of(&stage).doctor(&["--json"]);
    quiet
        .env("SCALEKIT_CLIENT_ID", CLIENT_ID)
        .env("SCALEKIT_CLIENT_SECRET", SECRET);
    let quiet = Findings::of(&run(quiet, "").await);
    assert_eq!(quiet.code("management"), ("skipped", "not-given"));
    assert_eq!(
        quiet.what("management"),
        "the settings in Scalekit were not read, since that was not asked for (--management of scalekit-doctor)"
    );
    let requests = || stage.scalekit.requests(Endpoint::EnvironmentToken).len();
    assert_eq!(requests(), 0);
    findings(&stage).await;
    assert_eq!(requests(), 1, "one token for all calls");
    stage.stop().await;
}
