//! Metadata that leads into the user's private network: the client sends nothing there, and reports it at once. The
//! addresses are tested in `client/src/transport/addresses.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test may panic"
)]

mod timed;

use std::{
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use auth_testkit::Endpoint;
use axum::{
    Json,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use client::{Browser, ClientError, ClientOptions, Progress, Reporter, connect};
use serde_json::{Value, json};
use timed::Timed;
use wiremock::{Mock, ResponseTemplate, matchers::path};

/// Less than the 10 s that a connection may take: who goes there is noticed.
const AT_ONCE: Duration = Duration::from_secs(8);

const ORIGINS: [&str; 5] = [
    "https://169.254.169.254",
    "https://10.0.0.1",
    "https://192.168.1.1:8443",
    "https://[fd00::1]",
    "https://[::ffff:a9fe:a9fe]",
];

/// How a login ended, and what came of requests to one of the [`ORIGINS`].
struct Seen {
    result: Result<(), ClientError>,
    there: Vec<String>,
}

async fn log_in(timed: &Timed) -> Seen {
    let there = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&there);
    let reporter = Reporter::new(move |event| {
        if let Progress::Exchange(exchange) = event
            && ORIGINS
                .iter()
                .any(|origin| exchange.url.starts_with(origin))
        {
            // Every request of the login is one of these, sent or not.
            let status = exchange.status.as_ref().map(u16::to_string);
            noted
                .lock()
                .unwrap()
                .push(status.unwrap_or_else(Clone::clone));
        }
    });
    let options = ClientOptions::new(&timed.url)
        .unwrap()
        .with_browser(Browser::Headless)
        .with_reporter(reporter);
    let connected = tokio::time::timeout(AT_ONCE, connect(options)).await;
    let result = match connected.unwrap_or_else(|_| panic!("it waits for an answer from there")) {
        Ok(client) => {
            client.close().await;
            Ok(())
        }
        Err(error) => Err(error),
    };
    let there = there.lock().unwrap().clone();
    Seen { result, there }
}

/// The server's metadata names this authorization server; its own when it is none.
async fn log_in_at(issuer: Option<&str>) -> Seen {
    let named = Arc::<OnceLock<String>>::default();
    let layer = middleware::from_fn_with_state(Arc::clone(&named), resource_metadata);
    let timed = Timed::start_with(|app| app.layer(layer)).await;
    let issuer = issuer.unwrap_or(timed.scalekit.issuer());
    named.set(issuer.to_owned()).unwrap();
    let seen = log_in(&timed).await;
    timed.stop().await;
    seen
}

async fn resource_metadata(
    State(issuer): State<Arc<OnceLock<String>>>,
    request: Request,
    next: Next,
) -> Response {
    if !request.uri().path().starts_with("/.well-known/") {
        return next.run(request).await;
    }
    let host = request.headers()["host"].to_str().unwrap();
    let resource = format!("http://{host}/mcp");
    let issuers = [issuer.get().unwrap()];
    Json(json!({ "resource": resource, "authorization_servers": issuers })).into_response()
}

/// Replaces the authorization server's metadata by the same with another member.
async fn publish(timed: &Timed, member: &str, value: Option<String>) {
    let resource = timed.scalekit.resource_id();
    let at = format!("/.well-known/oauth-authorization-server/resources/{resource}");
    let url = format!("{}{at}", timed.scalekit.environment_url());
    let mut document: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert!(document[member].is_string(), "{member}");
    if let Some(value) = value {
        document[member] = value.into();
    }
    Mock::given(path(at))
        .respond_with(ResponseTemplate::new(200).set_body_json(document))
        .mount(timed.scalekit.server())
        .await;
}

/// The error names the place. rmcp does not even ask for some; what it asks for is not sent.
fn refused(seen: Seen, origin: &str) -> String {
    let message = seen.result.unwrap_err().to_string();
    assert!(message.contains(origin), "{origin}: {message}");
    for reason in seen.there {
        let says = "is at a private or reserved address";
        assert!(reason.starts_with(origin), "{origin}: {reason}");
        assert!(reason.ends_with(says), "{origin}: {reason}");
    }
    message
}

#[tokio::test]
async fn an_authorization_server_in_the_private_network_is_not_asked() {
    let control = log_in_at(None).await;
    control.result.unwrap();
    assert!(control.there.is_empty(), "{:?}", control.there);
    for origin in ORIGINS {
        let message = refused(log_in_at(Some(origin)).await, origin);
        let why = "metadata of this server leads to";
        assert!(message.contains(why), "{message}");
    }
}

#[tokio::test]
async fn an_endpoint_in_the_private_network_is_not_asked() {
    // the member of the metadata, and how far a login gets: registrations, approvals
    let rows = [
        ("registration_endpoint", (0, 0)),
        ("authorization_endpoint", (1, 0)),
        ("token_endpoint", (1, 1)),
    ];
    for (member, reached) in rows {
        let timed = Timed::start().await;
        publish(&timed, member, None).await;
        log_in(&timed).await.result.unwrap();
        timed.stop().await;
        for origin in ORIGINS {
            let timed = Timed::start().await;
            publish(&timed, member, Some(format!("{origin}/oauth"))).await;
            refused(log_in(&timed).await, origin);
            let (registrations, approvals, _) = timed.counted();
            assert_eq!((registrations, approvals), reached, "{member} {origin}");
            assert!(timed.scalekit.requests(Endpoint::Token).is_empty());
            timed.stop().await;
        }
    }
}
