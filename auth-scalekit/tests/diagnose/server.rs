//! The MCP server, sound and broken.

use auth_scalekit::diagnose::{DiagnoseOptions, Severity, diagnose};
use serde_json::json;

use crate::harness::{Conduct, Harness, bad, of, verdict};

use Severity::{Failure, Ok, Skipped, Warning};

#[tokio::test]
async fn a_server_that_does_not_run_is_no_failure() {
    let harness = Harness::start().await;
    // A port that no program is given by chance.
    let url = "http://127.0.0.1:1/mcp";
    let diagnosis = diagnose(
        harness.settings().mcp_url(url),
        DiagnoseOptions::default(),
        |_| (),
    )
    .await;
    assert!(diagnosis.has_no_failures());
    assert_eq!(
        verdict(&diagnosis, "server"),
        (Skipped, Some("not-running"))
    );
    assert_eq!(
        of(&diagnosis, "server").what,
        format!("not running: {url} refuses connections")
    );
    for id in [
        "server-challenge",
        "server-metadata",
        "server-resource",
        "server-cors",
    ] {
        assert_eq!(
            of(&diagnosis, id).what,
            "not checked, since it depends on server"
        );
    }
}

#[tokio::test]
async fn each_fault_of_a_server_is_reported() {
    let control = Harness::start().await.diagnose().await;
    assert_eq!(bad(&control), [""; 0], "the control");
    let sound = Conduct::default;
    let metadata = "server-metadata";
    let challenge = "server-challenge";
    for (conduct, id, code, severity) in [
        (
            Conduct {
                status: Some(200),
                ..sound()
            },
            challenge,
            "unprotected",
            Failure,
        ),
        (
            Conduct {
                status: Some(404),
                ..sound()
            },
            challenge,
            "not-here",
            Failure,
        ),
        (
            Conduct {
                status: Some(308),
                ..sound()
            },
            challenge,
            "redirect",
            Failure,
        ),
        (
            Conduct {
                status: Some(403),
                ..sound()
            },
            challenge,
            "status",
            Failure,
        ),
        (
            Conduct {
                challenge: Some("Basic realm=\"x\""),
                ..sound()
            },
            challenge,
            "no-bearer",
            Failure,
        ),
        (
            Conduct {
                challenge: Some("Bearer scope=\"x\""),
                ..sound()
            },
            challenge,
            "no-resource-metadata",
            Failure,
        ),
        // Malformed, and read nevertheless: a token, no comma, no quotes, blanks around the equals sign.
        (
            Conduct {
                challenge: Some(
                    "Negotiate YWI=, bearer scope=a resource_metadata = https://other.example/x",
                ),
                ..sound()
            },
            challenge,
            "another-origin",
            Failure,
        ),
        (
            Conduct {
                challenge: Some("Bearer resource_metadata=\"https://other.example/\""),
                ..sound()
            },
            challenge,
            "another-origin",
            Failure,
        ),
        (
            Conduct {
                challenge: Some("Bearer resource_metadata=\"SERVER/nowhere\""),
                ..sound()
            },
            metadata,
            "not-where-told",
            Failure,
        ),
        (
            Conduct {
                challenge: Some("Bearer resource_metadata=\"SERVER/elsewhere\""),
                well_known: Some(404),
                ..sound()
            },
            metadata,
            "not-well-known",
            Warning,
        ),
        (
            Conduct {
                well_known: Some(404),
                ..sound()
            },
            metadata,
            "missing",
            Failure,
        ),
        (
            Conduct {
                resource: Some("https://other.example/mcp".into()),
                ..sound()
            },
            "server-resource",
            "another-resource",
            Failure,
        ),
        (
            Conduct {
                resource: Some("SERVER/mcp/".into()),
                ..sound()
            },
            "server-resource",
            "trailing-slash",
            Failure,
        ),
        (
            Conduct {
                resource: Some(json!(7)),
                ..sound()
            },
            "server-resource",
            "missing",
            Failure,
        ),
        (
            Conduct {
                authorization_servers: Some(json!(["https://other.example"])),
                ..sound()
            },
            "server-authorization-servers",
            "another-issuer",
            Failure,
        ),
        (
            Conduct {
                authorization_servers: Some(json!({})),
                ..sound()
            },
            "server-authorization-servers",
            "another-issuer",
            Failure,
        ),
        (
            Conduct {
                preflight: Some(401),
                ..sound()
            },
            "server-cors",
            "preflight",
            Warning,
        ),
        (
            Conduct {
                allowed_headers: Some("*"),
                ..sound()
            },
            "server-cors",
            "preflight",
            Warning,
        ),
        (
            Conduct {
                allowed_origin: Some("https://a.example"),
                ..sound()
            },
            "server-cors",
            "preflight",
            Warning,
        ),
        (
            Conduct {
                exposed_headers: Some("x-a, x-b"),
                ..sound()
            },
            "server-cors",
            "challenge",
            Warning,
        ),
    ] {
        let diagnosis = Harness::conduct(conduct).await.diagnose().await;
        assert_eq!(
            verdict(&diagnosis, id),
            (severity, Some(code)),
            "{diagnosis:#?}"
        );
        assert_eq!(bad(&diagnosis), [id], "{code}");
    }
}

/// Our own client follows a 307 and a 308 within the origin, as others do.
#[tokio::test]
async fn a_redirect_is_distinguished_from_one_that_turns_a_post_into_a_get() {
    let control = Harness::start().await.diagnose().await;
    assert_eq!(bad(&control), [""; 0], "the control");
    let some = "a request is redirected: some MCP clients follow and some do not, and none should send \
                its token to another origin";
    let get =
        "a request is redirected: MCP clients that follow send a GET there, not an MCP request";
    for (status, what) in [(307, some), (308, some), (301, get), (302, get), (303, get)] {
        let conduct = Conduct {
            status: Some(status),
            ..Conduct::default()
        };
        let diagnosis = Harness::conduct(conduct).await.diagnose().await;
        let finding = of(&diagnosis, "server-challenge");
        assert_eq!(finding.what, format!("{what} (status {status})"));
        assert_eq!(
            verdict(&diagnosis, "server-challenge"),
            (Failure, Some("redirect"))
        );
    }
}

#[tokio::test]
async fn metadata_elsewhere_on_the_server_is_read_there_too() {
    let conduct = Conduct {
        challenge: Some("Bearer resource_metadata=\"SERVER/elsewhere\""),
        ..Conduct::default()
    };
    let diagnosis = Harness::conduct(conduct).await.diagnose().await;
    assert_eq!(
        of(&diagnosis, "server-metadata").what,
        "it is at the URL in the challenge, and at the well-known place"
    );
}

#[tokio::test]
async fn a_server_that_names_the_environment_as_authorization_server() {
    let harness = Harness::start().await;
    let environment = json!([harness.scalekit.environment_url()]);
    let conduct = Conduct {
        authorization_servers: Some(environment),
        ..Conduct::default()
    };
    let other = Harness::conduct(conduct).await;
    let settings = other
        .settings()
        .environment_url(harness.scalekit.environment_url());
    let diagnosis = diagnose(settings, DiagnoseOptions::default(), |_| ()).await;
    assert_eq!(
        verdict(&diagnosis, "server-authorization-servers"),
        (Warning, Some("environment"))
    );
}

#[tokio::test]
async fn two_names_of_this_machine_are_two_urls() {
    let harness = Harness::start().await;
    let url = harness.mcp_url.replacen("127.0.0.1", "localhost", 1);
    let diagnosis = diagnose(
        harness.settings().mcp_url(&url),
        DiagnoseOptions::default(),
        |_| (),
    )
    .await;
    let finding = of(&diagnosis, "server-resource");
    assert_eq!(
        (finding.severity, finding.code),
        (Failure, Some("loopback-name"))
    );
    assert_eq!(
        finding.what,
        format!(
            "the metadata names the resource {:?}, but clients use {url}",
            harness.mcp_url
        )
    );
    assert_eq!(
        finding.fix.as_deref(),
        Some(
            "write the same name of this machine in SCALEKIT_MCP_URL of the server, here, and in the clients: either localhost or 127.0.0.1"
        )
    );
    assert_eq!(
        verdict(&diagnosis, "server-challenge"),
        (Failure, Some("another-origin")),
        "its metadata is not fetched under the other name"
    );
    assert_eq!(verdict(&diagnosis, "metadata"), (Ok, None));
}
