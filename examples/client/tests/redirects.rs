//! Where a client lets itself be sent: within the origin as far as the request allows, and nowhere else.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test may panic"
)]

mod timed;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use auth_testkit::{Client, Endpoint};
use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use client::{Browser, ClientError, ClientOptions, Wire, connect};
use timed::Timed;
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{path, query_param_is_missing},
};

const SECRET: &str = "correct horse battery staple";
const REDIRECT: &str = "http://localhost:8123/auth/callback";
/// What a request that was redirected within its origin has in its query.
const AGAIN: &str = "again";
/// Nothing here waits for the network.
const BOUND: Duration = Duration::from_secs(20);

/// The requests that are redirected.
#[derive(Debug, Clone, Copy, PartialEq)]
enum At {
    ResourceMetadata,
    ServerMetadata,
    Registration,
    Code,
    Refresh,
    /// The first MCP request, which has no token yet.
    Bare,
    /// MCP requests with the token.
    Mcp,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum To {
    Nowhere,
    Itself,
    Elsewhere,
}

/// Another origin, which keeps what arrives there.
struct Elsewhere {
    origin: String,
    arrived: Arc<Mutex<Vec<String>>>,
}

impl Elsewhere {
    async fn start() -> Self {
        let arrived = Arc::<Mutex<Vec<String>>>::default();
        let app = Router::new().fallback({
            let arrived = Arc::clone(&arrived);
            async move |request: Request| {
                let line = format!("{} {}", request.method(), request.uri().path());
                arrived.lock().unwrap().push(line);
                axum::Json(serde_json::json!({}))
            }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { origin, arrived }
    }
}

/// What the MCP server redirects, and with which status.
type Rule = Arc<Mutex<Option<(At, u16, String)>>>;

async fn redirect(State(rule): State<Rule>, request: Request, next: Next) -> Response {
    let authorized = request.headers().contains_key(header::AUTHORIZATION);
    let at = match (request.uri().path(), authorized) {
        ("/mcp", true) => At::Mcp,
        ("/mcp", false) => At::Bare,
        _ => At::ResourceMetadata,
    };
    let rule = rule.lock().unwrap().clone();
    match rule {
        Some((of, status, origin)) if of == at && request.uri().query().is_none() => {
            let target = format!("{origin}{}?{AGAIN}=1", request.uri().path());
            let status = StatusCode::from_u16(status).unwrap();
            (status, [(header::LOCATION, target)]).into_response()
        }
        _ => next.run(request).await,
    }
}

/// What came of a login and a refresh of which one request was redirected.
struct Outcome {
    result: Result<(), ClientError>,
    arrived: Vec<String>,
    /// How often the token endpoint was asked.
    bought: usize,
}

async fn run(at: At, status: u16, to: To) -> Outcome {
    let rule = Rule::default();
    let layer = middleware::from_fn_with_state(Arc::clone(&rule), redirect);
    let timed = Timed::start_with(|app| app.layer(layer)).await;
    let elsewhere = Elsewhere::start().await;
    let mut options = ClientOptions::new(&timed.url)
        .unwrap()
        .with_browser(Browser::Headless)
        .with_wire(Wire::Stateless);
    // With a secret there is more to lose, and nothing to register.
    if at != At::Registration {
        let client = Client::confidential("m2m_42", SECRET).redirect_uri(REDIRECT);
        let id = timed.scalekit.register_client(client);
        options = options
            .with_client(id, Some(SECRET.into()))
            .with_callback_port(8123);
    }
    let result = async {
        if at != At::Refresh {
            start_redirecting(&timed, &rule, &elsewhere, (at, status, to)).await;
        }
        let client = connect(options).await?;
        if at == At::Refresh {
            start_redirecting(&timed, &rule, &elsewhere, (at, status, to)).await;
        }
        timed.outlive_access_token();
        let called = client.call_tool("auth_status", None).await;
        client.close().await;
        called.map(drop)
    };
    let result = tokio::time::timeout(BOUND, result).await;
    let outcome = Outcome {
        result: result.unwrap_or_else(|_| panic!("{at:?} {status} {to:?}: no end")),
        arrived: elsewhere.arrived.lock().unwrap().clone(),
        bought: timed.scalekit.requests(Endpoint::Token).len(),
    };
    timed.stop().await;
    outcome
}

async fn start_redirecting(
    timed: &Timed,
    rule: &Rule,
    elsewhere: &Elsewhere,
    (at, status, to): (At, u16, To),
) {
    let issuer = timed.scalekit.environment_url();
    let origin = |own: &str| match to {
        To::Nowhere => None,
        To::Itself => Some(own.to_owned()),
        To::Elsewhere => Some(elsewhere.origin.clone()),
    };
    let resource = timed.scalekit.resource_id();
    let paths = match at {
        At::ResourceMetadata | At::Bare | At::Mcp => {
            let own = timed.url.trim_end_matches("/mcp");
            *rule.lock().unwrap() = origin(own).map(|origin| (at, status, origin));
            return;
        }
        At::ServerMetadata => vec![
            format!("/.well-known/oauth-authorization-server/resources/{resource}"),
            format!("/resources/{resource}/.well-known/oauth-authorization-server"),
        ],
        At::Registration => vec![format!("/api/v1/resources/{resource}/clients:register")],
        At::Code | At::Refresh => vec![format!("/resources/{resource}/oauth/token")],
    };
    let Some(origin) = origin(issuer) else { return };
    for of in paths {
        let target = format!("{origin}{of}?{AGAIN}=1");
        Mock::given(path(of))
            .and(query_param_is_missing(AGAIN))
            .respond_with(ResponseTemplate::new(status).insert_header("location", target))
            .mount(timed.scalekit.server())
            .await;
    }
}

/// How often the token endpoint is asked in a login and a refresh that nothing stops.
const ALL: usize = 2;

#[tokio::test]
async fn a_redirect_to_another_origin_is_refused_and_nothing_arrives_there() {
    let discovery = "redirects to another origin (HTTP ";
    let registration = "the authorization server did not register this client (HTTP ";
    let token = "the token endpoint refused: HTTP ";
    let mcp = "does not answer as an MCP endpoint (unexpected server response: HTTP ";
    // the request, its error, the number of token requests until then
    let rows = [
        (At::ResourceMetadata, discovery, 0),
        (At::ServerMetadata, discovery, 0),
        (At::Registration, registration, 0),
        (At::Code, token, 1),
        // The refusal of a refresh leads to another login, whose code is refused as well.
        (At::Refresh, token, 3),
        (At::Bare, mcp, 0),
        (At::Mcp, mcp, 1),
    ];
    for (at, says, asked) in rows {
        let control = run(at, 307, To::Nowhere).await;
        control.result.unwrap();
        assert_eq!((control.bought, control.arrived.len()), (ALL, 0), "{at:?}");
        // 307 and 308 would take the body along, and 302 what is in the headers.
        for status in [302, 307, 308] {
            let seen = run(at, status, To::Elsewhere).await;
            assert_eq!(seen.arrived, [""; 0], "{at:?} {status}");
            let message = seen.result.unwrap_err().to_string();
            let says = match says.strip_suffix("HTTP ") {
                Some(_) => format!("{says}{status}"),
                None => says.to_owned(),
            };
            assert!(message.contains(&says), "{at:?} {status}: {message}");
            assert!(!message.contains(SECRET), "{at:?} {status}");
            assert_eq!(seen.bought, asked, "{at:?} {status}");
        }
    }
}

#[tokio::test]
async fn within_the_origin_a_redirect_is_followed_where_the_request_stays_what_it_is() {
    let token = "the token endpoint refused: HTTP ";
    let mcp = "does not answer as an MCP endpoint (unexpected server response: HTTP 302";
    // the request, its error after a 302, and after a 307 or 308
    let rows = [
        (At::ResourceMetadata, None, None),
        (At::ServerMetadata, None, None),
        // It comes back as a GET, which registers nothing.
        (At::Registration, Some("HTTP 405"), None),
        // What buys tokens goes where the metadata says, and nowhere else.
        (At::Code, Some(token), Some(token)),
        (At::Refresh, Some(token), Some(token)),
        (At::Bare, Some(mcp), None),
        (At::Mcp, Some(mcp), None),
    ];
    for (at, found, temporary) in rows {
        for (status, says) in [(302, found), (307, temporary), (308, temporary)] {
            let seen = run(at, status, To::Itself).await;
            match (seen.result, says) {
                (Ok(()), None) => assert_eq!(seen.bought, ALL, "{at:?} {status}"),
                (Err(error), Some(says)) => {
                    let message = error.to_string();
                    assert!(message.contains(says), "{at:?} {status}: {message}");
                }
                (result, says) => panic!("{at:?} {status}: {result:?}, not {says:?}"),
            }
        }
    }
}
