//! Which redirect URIs a client may have, by whichever door it is registered.

use std::panic::{AssertUnwindSafe, catch_unwind};

use auth_testkit::settings::Leniency;
use auth_testkit::{Client, MockScalekit};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{REDIRECT, authorization, authorize, exchange, http, tokens, value, with};

/// What Cursor registers, in one list.
const CURSOR: [&str; 3] = [
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "https://www.cursor.com/agents/mcp/oauth/callback",
    "http://localhost:8787/callback",
];

const DOCUMENT: &str = "https://app.invalid/client.json";

/// The client's id, or why it was refused.
type Registered = Result<String, String>;

async fn by_itself(scalekit: &MockScalekit, uris: &Value) -> Registered {
    let (env, res) = (scalekit.environment_url(), scalekit.resource_id());
    let url = format!("{env}/api/v1/resources/{res}/clients:register");
    let request = http().post(url).json(&json!({ "redirect_uris": uris }));
    let response = request.send().await.unwrap();
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    match status {
        StatusCode::CREATED => Ok(text("client_id")),
        _ => {
            assert_eq!(status, StatusCode::BAD_REQUEST);
            assert_eq!(text("error"), "invalid_redirect_uri");
            Err(text("error_description"))
        }
    }
}

async fn by_document(scalekit: &MockScalekit, uris: &Value) -> Registered {
    let document = json!({ "client_id": DOCUMENT, "redirect_uris": uris });
    scalekit.publish_client_metadata(DOCUMENT, &document);
    let first = uris[0].as_str().unwrap();
    let request = with(authorization(DOCUMENT), "redirect_uri", first);
    let response = authorize(scalekit, &request).await;
    match response.status() {
        StatusCode::FOUND => Ok(DOCUMENT.to_owned()),
        status => {
            assert_eq!(status, StatusCode::BAD_REQUEST);
            Err(response.text().await.unwrap())
        }
    }
}

fn by_hand(scalekit: &MockScalekit, uris: &Value) -> Registered {
    let mut uris = uris
        .as_array()
        .unwrap()
        .iter()
        .map(|uri| uri.as_str().unwrap());
    let client = Client::public(uris.next().unwrap());
    let client = uris.fold(client, Client::redirect_uri);
    let registered = catch_unwind(AssertUnwindSafe(|| scalekit.register_client(client)));
    registered.map_err(|panic| *panic.downcast::<String>().unwrap())
}

async fn by_each_door(scalekit: &MockScalekit, uris: &Value) -> [Registered; 3] {
    [
        by_itself(scalekit, uris).await,
        by_document(scalekit, uris).await,
        by_hand(scalekit, uris),
    ]
}

#[tokio::test]
async fn an_application_is_sent_back_by_its_own_scheme() {
    let scalekit = MockScalekit::start().await;
    for own in [
        CURSOR[0],
        "com.example.app:/oauth2redirect",
        "com.example.app:/oauth2redirect/example-provider?x=y",
        "vscode://vscode.microsoft-authentication/callback",
        "claude-app://callback",
        "myapp://callback",
    ] {
        let registered = by_each_door(&scalekit, &json!([own, REDIRECT])).await;
        for client in registered {
            let client = client.unwrap();
            let request = with(authorization(&client), "redirect_uri", own);
            let response = authorize(&scalekit, &request).await;
            assert_eq!(response.status(), StatusCode::FOUND, "{own}");
            let location = response.headers()["location"].to_str().unwrap();
            assert!(location.starts_with(own), "redirected to {location}");
            let location = url::Url::parse(location).unwrap();
            let back: Vec<_> = location.query_pairs().into_owned().collect();
            let code = value(&back, "code").unwrap();
            let request = with(exchange(&client, code), "redirect_uri", own);
            tokens(&scalekit, &request).await;
        }
    }
    for client in by_each_door(&scalekit, &json!(CURSOR)).await {
        client.unwrap();
    }
}

/// Byte for byte, and no leniency about ports makes another of them.
#[tokio::test]
async fn an_own_scheme_is_compared_like_every_other() {
    let lenient = MockScalekit::builder().lenient(Leniency::AnyLoopbackPort);
    let scalekit = lenient.start().await;
    let client = by_hand(&scalekit, &json!(["app://localhost:1/cb"])).unwrap();
    let status = async |uri: &str| {
        let request = with(authorization(&client), "redirect_uri", uri);
        authorize(&scalekit, &request).await.status()
    };
    assert_eq!(status("app://localhost:1/cb").await, StatusCode::FOUND);
    for other in [
        "app://localhost:2/cb",
        "app://localhost:1/cb/",
        "app:/localhost:1/cb",
        "APP://localhost:1/cb",
        "app2://localhost:1/cb",
    ] {
        assert_eq!(status(other).await, StatusCode::BAD_REQUEST, "{other}");
    }
}

#[tokio::test]
async fn own_schemes_can_be_switched_off_and_the_one_that_is_refused_is_named() {
    let strict = MockScalekit::builder().private_use_redirects(false);
    let strict = strict.start().await;
    for control in by_each_door(&strict, &json!([CURSOR[1], CURSOR[2]])).await {
        control.unwrap();
    }
    for (at, own) in [
        (0, CURSOR[0]),
        (1, "com.example.app:/oauth2redirect"),
        (2, "myapp://callback"),
    ] {
        let mut uris = vec![CURSOR[1], CURSOR[2]];
        uris.insert(at, own);
        let mut text = vec![
            by_itself(&strict, &json!(uris)).await,
            by_hand(&strict, &json!(uris)),
        ];
        if at > 0 {
            text.push(by_document(&strict, &json!(uris)).await);
        }
        for text in text {
            let text = text.unwrap_err();
            let place = format!("redirect_uris[{at}] is refused: ");
            assert!(text.contains(&place), "{text}");
            assert!(text.contains("private_use_redirects is off"), "{text}");
            assert!(text.contains(&format!("got '{own}'")), "{text}");
        }
    }
}

#[tokio::test]
async fn redirect_uris_are_https_or_loopback() {
    let scalekit = MockScalekit::start().await;
    for uri in [
        "https://app.example/cb",
        "https://app.example",
        "https://APP.example:443/cb",
        "https://xn--bcher-kva.example/cb",
        "https://app.example/cb%20x",
        "http://localhost/cb",
        "http://localhost:1234/cb?x=y",
        "http://127.0.0.1:1234/cb",
        "http://127.9.9.9/cb",
        "http://[::1]:1234/cb",
        "http://[::ffff:127.0.0.1]:1234/cb",
    ] {
        for registered in by_each_door(&scalekit, &json!([uri])).await {
            registered.unwrap();
        }
    }
}

/// All three name this machine, but only the registered one gets the code.
#[tokio::test]
async fn each_loopback_host_is_accepted_as_itself_alone() {
    let scalekit = MockScalekit::start().await;
    let hosts = ["localhost", "127.0.0.1", "[::1]"];
    for host in hosts {
        let uri = format!("http://{host}:8765/callback");
        let others = hosts.iter().filter(|other| **other != host);
        let mut refused: Vec<_> = others.map(|other| uri.replace(host, other)).collect();
        refused.push(uri.replace("http:", "https:"));
        refused.push(uri.replace(host, "app.example"));
        for id in by_each_door(&scalekit, &json!([uri])).await {
            let id = id.unwrap();
            let status = async |uri: &str| {
                let request = with(authorization(&id), "redirect_uri", uri);
                authorize(&scalekit, &request).await.status()
            };
            assert_eq!(status(&uri).await, StatusCode::FOUND, "the control {uri}");
            for other in &refused {
                let status = status(other).await;
                assert_eq!(status, StatusCode::BAD_REQUEST, "{other} for {uri}");
            }
        }
    }
}

#[tokio::test]
async fn one_bad_redirect_uri_is_named_with_its_place_and_the_reason() {
    let scalekit = MockScalekit::start().await;
    for control in by_each_door(&scalekit, &json!([REDIRECT, CURSOR[1]])).await {
        control.unwrap();
    }
    let never = "is no application's scheme";
    let character = "cannot be in a uri (RFC 3986 section 2)";
    let https = "it must be https, or http to a loopback host";
    for (uri, why) in [
        ("http://app.example/cb", https),
        ("http://localhost.evil.example/cb", https),
        ("http://localhost@evil.example/cb", https),
        ("http://localhost./cb", https),
        ("http://app.localhost/cb", https),
        ("http://128.0.0.1/cb", https),
        ("http://[::2]/cb", https),
        ("https://app.example/cb#fragment", "it has a fragment"),
        ("cursor://anysphere.cursor-mcp/cb#x", "it has a fragment"),
        ("/cb", "it is not an absolute uri"),
        ("", "it is not an absolute uri"),
        ("https://", "it is not an absolute uri"),
        ("https:app.example/cb", "must follow the scheme"),
        ("https:/app.example/cb", "must follow the scheme"),
        ("https:///app.example/cb", "must follow the scheme"),
        ("http:127.0.0.1/cb", "must follow the scheme"),
        ("com.example.app:callback", "a slash must follow"),
        ("cursor:", "a slash must follow"),
        ("javascript:alert(1)", never),
        ("JavaScript:alert(1)", never),
        ("javascript://anysphere.cursor-mcp/%0aalert(1)", never),
        ("data:text/html,x", never),
        ("data:/x", never),
        ("file:///etc/passwd", never),
        ("vbscript:x", never),
        ("blob:https://app.example/1", never),
        ("view-source:https://app.example/", never),
        ("about:blank", never),
        ("mailto:ada@example.com", never),
        ("ftp://app.example/cb", never),
        ("wss://app.example/cb", never),
        ("urn:ietf:wg:oauth:2.0:oob", never),
        // A parser of URLs makes good ones of all these.
        ("https://app.example/cb ", "' ' cannot be in a uri"),
        (" https://app.example/cb", "' ' cannot be in a uri"),
        ("https://app.example/c b", "' ' cannot be in a uri"),
        ("https://app.example/cb\t", character),
        ("https://app.example/cb\n", character),
        ("java\nscript:alert(1)", character),
        ("https://app.example/\u{0}", character),
        ("https://app.example/\u{a0}", character),
        ("https://b\u{fc}cher.example/cb", character),
        ("https:\\\\app.example\\cb", character),
        ("cursor://anysphere.cursor-mcp/oauth/callback ", character),
        ("http://127.0.0.1:8765/<x>", character),
    ] {
        for text in by_each_door(&scalekit, &json!([REDIRECT, uri])).await {
            let text = text.expect_err(uri);
            assert!(text.contains("redirect_uris[1] is refused: "), "{text}");
            assert!(text.contains(why), "{uri:?}: {text}");
            assert!(
                text.is_ascii() && !text.contains(char::is_control),
                "{text}"
            );
            let shown = format!("got '{}'", uri.escape_default());
            assert!(text.contains(&shown), "{text}");
        }
    }
    // Whatever its length.
    let long = format!("http://app.example/{}", "x".repeat(100_000));
    let text = by_itself(&scalekit, &json!([long])).await.unwrap_err();
    assert!(text.len() < 1000, "{}", text.len());
}

#[tokio::test]
async fn a_list_without_redirect_uris_is_refused() {
    let scalekit = MockScalekit::start().await;
    by_itself(&scalekit, &json!([REDIRECT])).await.unwrap();
    for uris in [json!([]), json!(null)] {
        let text = by_itself(&scalekit, &uris).await.unwrap_err();
        assert_eq!(text, "redirect_uris is missing or empty");
    }
}

/// The page must permit the browser to go where it says that the user will be sent.
#[tokio::test]
async fn the_consent_page_names_an_own_scheme_and_lets_the_browser_go_there() {
    let scalekit = MockScalekit::builder().consent_page(true).start().await;
    let client = by_hand(&scalekit, &json!([CURSOR[0], REDIRECT])).unwrap();
    let page = async |uri: &str| {
        let request = with(authorization(&client), "redirect_uri", uri);
        let response = authorize(&scalekit, &request).await;
        assert_eq!(response.status(), StatusCode::OK);
        let policy = response.headers()["content-security-policy"].to_str();
        let policy = policy.unwrap().to_owned();
        (policy, response.text().await.unwrap())
    };
    let (policy, shown) = page(REDIRECT).await;
    assert!(
        policy.contains("form-action 'self' http: https:;"),
        "{policy}"
    );
    assert!(shown.contains("<strong>127.0.0.1</strong>"), "{shown}");
    let (policy, shown) = page(CURSOR[0]).await;
    assert!(
        policy.contains("form-action 'self' http: https: cursor:;"),
        "{policy}"
    );
    assert!(shown.contains("<strong>cursor:</strong>"), "{shown}");
    assert!(
        shown.contains("any program can say that it is this client"),
        "{shown}"
    );
}
