//! HEAD, wrong methods and cross-origin requests.

use auth_testkit::MockScalekit;
use reqwest::{Method, StatusCode};

use crate::support::http;

const RES: &str = "/resources/res_1000000001";

#[tokio::test]
async fn each_endpoint_says_which_methods_it_has() {
    let scalekit = MockScalekit::start().await;
    let read = "GET, HEAD, OPTIONS";
    let write = "POST, OPTIONS";
    let table = [
        ("/keys".to_owned(), Method::POST, read),
        (
            "/.well-known/openid-configuration".to_owned(),
            Method::PUT,
            read,
        ),
        (
            format!("/.well-known/oauth-authorization-server{RES}"),
            Method::POST,
            read,
        ),
        (format!("{RES}/oauth/authorize"), Method::HEAD, "GET"),
        (format!("{RES}/oauth/authorize"), Method::POST, "GET"),
        ("/oauth/authorize".to_owned(), Method::HEAD, "GET"),
        ("/oauth/authorize".to_owned(), Method::OPTIONS, "GET"),
        (format!("{RES}/oauth/token"), Method::GET, write),
        ("/oauth/token".to_owned(), Method::GET, write),
        (format!("/api/v1{RES}/clients:register"), Method::GET, write),
    ];
    for (path, method, allow) in table {
        let url = format!("{}{path}", scalekit.environment_url());
        let response = http().request(method.clone(), url).send().await.unwrap();
        let status = response.status();
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
        assert_eq!(response.headers()["allow"], allow, "{method} {path}");
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let scalekit = MockScalekit::start().await;
    let get = http().get(scalekit.keys_url()).send().await.unwrap();
    let head = http().head(scalekit.keys_url()).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    assert_eq!(
        head.headers()["content-type"],
        get.headers()["content-type"]
    );
    assert_eq!(
        head.headers()["content-length"],
        get.headers()["content-length"]
    );
    assert!(head.bytes().await.unwrap().is_empty());
    assert_eq!(scalekit.key_fetches(), 1, "a HEAD is not a fetch");
}

#[tokio::test]
async fn scripts_of_any_origin_may_read_all_but_the_authorization_endpoint() {
    let scalekit = MockScalekit::start().await;
    let open = [
        "/keys".to_owned(),
        format!("/.well-known/oauth-authorization-server{RES}"),
        format!("{RES}/.well-known/oauth-authorization-server"),
        format!("{RES}/oauth/token"),
        format!("/api/v1{RES}/clients:register"),
    ];
    for path in open {
        let url = format!("{}{path}", scalekit.environment_url());
        let preflight = http().request(Method::OPTIONS, &url).send().await.unwrap();
        assert_eq!(preflight.status(), StatusCode::NO_CONTENT, "{path}");
        let headers = preflight.headers();
        assert_eq!(headers["access-control-allow-origin"], "*", "{path}");
        assert!(
            headers.contains_key("access-control-allow-methods"),
            "{path}"
        );
        let allowed = headers["access-control-allow-headers"].to_str().unwrap();
        assert!(allowed.contains("mcp-protocol-version"), "{path}");
        for method in [Method::GET, Method::POST] {
            // Refusals too: a script must be able to read the error.
            let response = http().request(method, &url).send().await.unwrap();
            assert_eq!(
                response.headers()["access-control-allow-origin"],
                "*",
                "{path}"
            );
        }
    }
    let url = format!("{}{RES}/oauth/authorize", scalekit.environment_url());
    let response = http().get(url).send().await.unwrap();
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-origin")
    );
}
