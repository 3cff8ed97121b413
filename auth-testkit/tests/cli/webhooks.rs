//! Webhooks, sessions and changes, as a test in another language sees them.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use reqwest::Method;
use serde_json::{Value, json};

use crate::served::{Served, program};
use crate::support::{Pairs, http, post_form};

const GET: Method = Method::GET;
const POST: Method = Method::POST;

type Received = Arc<Mutex<Vec<(HeaderMap, Value)>>>;

/// The URL of a receiver, and what it gets.
async fn receiver() -> (String, Received) {
    let received = Received::default();
    let router = Router::new().route("/hook", post(receive));
    let router = router.with_state(Arc::clone(&received));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, received)
}

async fn receive(State(received): State<Received>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let event = serde_json::from_slice(&body).unwrap();
    received.lock().unwrap().push((headers, event));
    StatusCode::CREATED
}

fn types(received: &Received) -> Vec<String> {
    let received = received.lock().unwrap();
    let types = received
        .iter()
        .map(|(_, event)| event["type"].as_str().unwrap().to_owned());
    types.collect()
}

#[tokio::test]
async fn a_session_ends_and_its_event_is_sent() {
    let (url, received) = receiver().await;
    let served = Served::start(&["--webhook-url", &url]);
    assert!(served.text("webhook_secret").starts_with("whsec_"));
    let who = json!({ "user": "usr_1000000001", "organization": "org_1000000001" });
    let session = served.done(POST, "/sessions", who).await["session"].clone();
    let listed = served.done(GET, "/sessions", Value::Null).await;
    assert_eq!(
        (&listed[0]["session_id"], &listed[0]["status"]),
        (&session, &json!("active"))
    );
    let end = json!({ "change": "end-session", "session": session });
    served.done(POST, "/changes", end.clone()).await;
    let again = served.call(POST, "/changes", end).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    let listed = served.done(GET, "/sessions", Value::Null).await;
    assert_eq!(listed[0]["status"], "logout");
    served.done(POST, "/deliveries/idle", Value::Null).await;
    assert_eq!(types(&received), ["user.logout"]);
    let event = received.lock().unwrap()[0].1.clone();
    assert_eq!(event["data"]["user_session"]["session_id"], session);
    let deliveries = served.done(GET, "/deliveries", Value::Null).await;
    assert_eq!(deliveries[0]["event"], event["id"]);
    assert_eq!(
        (
            &deliveries[0]["state"],
            &deliveries[0]["attempts"][0]["status"]
        ),
        (&json!("success"), &json!(201))
    );
}

#[tokio::test]
async fn members_and_roles_change() {
    let (url, received) = receiver().await;
    let served = Served::start(&["--webhook-url", &url]);
    let (user, organization) = ("ada@example.com", "org_1000000001");
    for change in [
        json!({ "change": "change-roles", "user": user, "organization": organization, "roles": ["admin"] }),
        json!({ "change": "deactivate-directory-user", "email": user, "organization": organization }),
        json!({ "change": "delete-role", "name": "admin" }),
        json!({ "change": "delete-organization", "organization": organization }),
    ] {
        let event = served.done(POST, "/changes", change).await["event"].clone();
        assert!(event.as_str().unwrap().starts_with("evt_"));
    }
    let gone = json!({ "change": "remove-member", "user": user, "organization": organization });
    let refused = served.call(POST, "/changes", gone).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    served.done(POST, "/deliveries/idle", Value::Null).await;
    let expected = [
        "user.organization_membership_updated",
        "organization.directory.user_updated",
        "role.deleted",
        "organization.deleted",
    ];
    assert_eq!(types(&received), expected);
}

#[tokio::test]
async fn deliveries_are_made_late_shuffled_again_or_not_at_all() {
    let (url, received) = receiver().await;
    let served = Served::start(&[]);
    let added = served.done(POST, "/webhooks", json!({ "url": url })).await;
    assert!(added["secrets"][0].as_str().unwrap().starts_with("whsec_"));
    let make = async |mode: Value| {
        served
            .done(POST, "/deliveries/mode", json!({ "mode": mode }))
            .await;
        let event = served
            .done(
                POST,
                "/events",
                json!({ "type": "role.updated", "name": "admin" }),
            )
            .await;
        served.done(POST, "/deliveries/idle", Value::Null).await;
        event["event"].clone()
    };
    let count = || received.lock().unwrap().len();
    let never = make(json!("never")).await;
    assert_eq!(count(), 0);
    let again = json!({ "event": never, "mode": "twice" });
    served.done(POST, "/deliveries/redeliver", again).await;
    served.done(POST, "/deliveries/idle", Value::Null).await;
    assert_eq!(count(), 2);
    make(json!({ "late": 3600 })).await;
    assert_eq!(count(), 2);
    served
        .done(POST, "/clock", json!({ "advance": 3600 }))
        .await;
    served.done(POST, "/deliveries/idle", Value::Null).await;
    assert_eq!(count(), 3);
    make(json!({ "shuffled": 7 })).await;
    assert_eq!(count(), 3);
    let released = served.done(POST, "/deliveries/release", Value::Null).await;
    assert_eq!(released, json!({ "released": 1 }));
    served.done(POST, "/deliveries/idle", Value::Null).await;
    assert_eq!(count(), 4);
    for (path, body) in [
        ("/deliveries/redeliver", json!({ "event": "evt_1" })),
        ("/deliveries/mode", json!({ "mode": "psychic" })),
        ("/deliveries/mode", json!({ "mode": { "late": "soon" } })),
        ("/events", json!({ "type": "role.psychic" })),
        ("/webhooks", json!({ "url": "not a url" })),
        (
            "/webhooks",
            json!({ "url": url, "secrets": ["whsec_short"] }),
        ),
    ] {
        let response = served.call(POST, path, body.clone()).await;
        assert!(response.status().is_client_error(), "{path} {body}");
        let text = response.text().await.unwrap();
        assert!(!text.contains("whsec_short"), "{text}");
    }
}

#[tokio::test]
async fn the_command_makes_an_event_that_the_events_api_lists() {
    let served = Served::start(&["--management-client", "--events-oldest-first"]);
    let run = |arguments: &[&str]| {
        let mut command = program();
        command.arg("event").args(arguments);
        command.env("MOCK_SCALEKIT_CONTROL_URL", served.text("control_url"));
        command.env("MOCK_SCALEKIT_CONTROL_TOKEN", served.text("control_token"));
        command.output().unwrap()
    };
    let listed = run(&[]);
    assert_eq!(
        String::from_utf8(listed.stdout).unwrap().lines().count(),
        41
    );
    let made = [
        "organization.domain_created",
        "--organization",
        "org_7",
        "--name",
        "acme.example",
    ];
    let made = run(&[made.as_slice(), &["--data", "domain_type=OTHER"]].concat());
    assert!(made.status.success(), "{made:?}");
    let id = String::from_utf8(made.stdout).unwrap();
    run(&["role.deleted"]);
    let unknown = run(&["role.psychic"]);
    assert!(!unknown.status.success());
    let credentials: Pairs = vec![
        ("grant_type", "client_credentials".into()),
        ("client_id", served.text("client_id").into()),
        ("client_secret", served.text("client_secret").into()),
    ];
    let environment = served.text("environment_url");
    let token = post_form(&format!("{environment}/oauth/token"), &credentials).await;
    let token: Value = token.json().await.unwrap();
    let request = http().post(format!("{environment}/api/v1/events/paginated"));
    let request = request.bearer_auth(token["access_token"].as_str().unwrap());
    let page: Value = request.send().await.unwrap().json().await.unwrap();
    let event = &page["events"][0];
    assert_eq!(
        (&event["id"], &event["organization_id"]),
        (&json!(id.trim()), &json!("org_7"))
    );
    assert_eq!(
        (&event["data"]["domain"], &event["data"]["domain_type"]),
        (&json!("acme.example"), &json!("OTHER"))
    );
    assert_eq!(page["events"][1]["type"], "role.deleted");
}

#[tokio::test]
async fn secrets_come_from_options_and_files_and_a_bad_one_is_not_repeated() {
    let first = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let second = "whsec_BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB";
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{second}").unwrap();
    let file = file.path().to_str().unwrap();
    let url = ["--webhook-url", "http://127.0.0.1:1/hook"];
    let options = ["--webhook-secret", first, "--webhook-secret-file", file];
    let served = Served::start(&[url.as_slice(), &options].concat());
    assert_eq!(served.text("webhook_secret"), first);
    let from_file = ["--webhook-secret-file", file];
    let served = Served::start(&[url.as_slice(), &from_file].concat());
    assert_eq!(served.text("webhook_secret"), second);
    assert!(Served::start(&[]).ready.get("webhook_secret").is_none());
    for (options, expected) in [
        (
            vec!["--webhook-secret", first],
            "webhook-secret: needs webhook-url",
        ),
        (
            [url.as_slice(), &["--webhook-secret", "whsec_short"]].concat(),
            "webhook-secret: expected whsec_ and 24 to 64 bytes in base64",
        ),
        (
            [url.as_slice(), &["--webhook-secret-file", "/nowhere"]].concat(),
            "webhook-secret-file: cannot read /nowhere",
        ),
        (
            vec!["--webhook-url", "hook"],
            "webhook url: expected an absolute url",
        ),
    ] {
        let output = program().arg("serve").args(&options).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && error.contains(expected),
            "{options:?}: {error}"
        );
        assert!(
            !error.contains("whsec_short") && !error.contains(first),
            "{error}"
        );
    }
}
