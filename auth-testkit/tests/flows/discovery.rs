//! The discovery documents, the key set, and the paths that Scalekit does not have.

use auth_testkit::MockScalekit;
use auth_testkit::settings::{RefreshTokens, TokenIssuer};
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{claims, get_json, http, jwks};

#[tokio::test]
async fn both_forms_of_the_metadata_serve_the_live_document() {
    let scalekit = MockScalekit::start().await;
    let env = scalekit.environment_url();
    let res = "/resources/res_1000000001";
    let insert = format!("{env}/.well-known/oauth-authorization-server{res}");
    let append = format!("{env}{res}/.well-known/oauth-authorization-server");
    let document = get_json(&insert).await;
    assert_eq!(document, get_json(&append).await);
    assert_eq!(
        document,
        json!({
            "issuer": format!("{env}{res}"),
            "authorization_endpoint": format!("{env}{res}/oauth/authorize"),
            "token_endpoint": format!("{env}{res}/oauth/token"),
            "registration_endpoint": format!("{env}/api/v1{res}/clients:register"),
            "jwks_uri": format!("{env}/keys"),
            "client_id_metadata_document_supported": true,
            "code_challenge_methods_supported": ["S256"],
            "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token"],
            "scopes_supported": ["notes:read", "notes:write"],
            "response_types_supported": ["code"],
            "token_endpoint_auth_methods_supported":
                ["none", "client_secret_post", "client_secret_basic"],
            "authorization_response_iss_parameter_supported": true,
        })
    );
    assert_eq!(scalekit.issuer(), format!("{env}{res}"));
    assert_eq!(scalekit.metadata_fetches(), 2);
}

#[tokio::test]
async fn the_environment_is_another_issuer_without_registration() {
    let scalekit = MockScalekit::start().await;
    let env = scalekit.environment_url();
    let document = get_json(&format!("{env}/.well-known/openid-configuration")).await;
    assert_eq!(document["issuer"], env);
    assert_eq!(document["jwks_uri"], scalekit.keys_url());
    assert_eq!(
        document["code_challenge_methods_supported"],
        json!(["S256"])
    );
    assert!(document.get("registration_endpoint").is_none());
}

#[tokio::test]
async fn the_key_set_has_scalekits_members_in_scalekits_order() {
    let scalekit = MockScalekit::start().await;
    let text = http().get(scalekit.keys_url()).send().await.unwrap();
    let text = text.text().await.unwrap();
    let mut at = 0;
    for member in ["use", "kty", "kid", "alg", "n", "e"] {
        let found = text[at..].find(&format!("\"{member}\":"));
        at += found.unwrap_or_else(|| panic!("{member} is missing or out of order: {text}"));
    }
    let key = &jwks(&scalekit).await["keys"][0];
    let kid = key["kid"].as_str().unwrap();
    assert_eq!(kid, scalekit.keys().kid());
    let digits = kid.strip_prefix("snk_").unwrap();
    assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
    let facts = [&key["use"], &key["kty"], &key["alg"], &key["e"]];
    assert_eq!(facts, ["sig", "RSA", "RS256", "AQAB"]);
    assert_eq!(
        crate::support::decode(key["n"].as_str().unwrap()).len(),
        256
    );
    assert_eq!(scalekit.key_fetches(), 2);
}

#[tokio::test]
async fn paths_that_scalekit_lacks_are_404_with_a_hint() {
    let scalekit = MockScalekit::start().await;
    let table = [
        ("/resources/res_1000000001/keys", "keys at /keys"),
        (
            "/resources/res_1000000001/.well-known/openid-configuration",
            "no OpenID configuration below a resource",
        ),
        ("/.well-known/jwks.json", "keys at /keys"),
        (
            "/.well-known/oauth-authorization-server",
            "no authorization server metadata here",
        ),
        ("/resources/res_2/oauth/token", "no such resource"),
        ("/resources/res_10000000011/oauth/token", "no such path"),
        ("/", "no such path"),
    ];
    for (path, hint) in table {
        let url = format!("{}{path}", scalekit.environment_url());
        let response = http().get(url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let body = response.text().await.unwrap();
        assert!(body.contains(hint), "{path}: {body}");
        assert!(body.contains("GET  /keys\n"), "{path}: {body}");
    }
}

#[tokio::test]
async fn switches_change_the_documents() {
    let scalekit = MockScalekit::builder()
        .resource_id("res_42")
        .scopes(["todo:read"])
        .dynamic_registration(false)
        .path_inserted_metadata(false)
        .resource_revocation(true)
        .refresh_tokens(RefreshTokens::Advertised)
        .token_issuer(TokenIssuer::Resource)
        .start()
        .await;
    let env = scalekit.environment_url();
    let insert = format!("{env}/.well-known/oauth-authorization-server/resources/res_42");
    let response = http().get(insert).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let append = format!("{env}/resources/res_42/.well-known/oauth-authorization-server");
    let document = get_json(&append).await;
    assert!(document.get("registration_endpoint").is_none());
    assert_eq!(document["revocation_endpoint"], format!("{env}/revoke"));
    assert_eq!(
        document["scopes_supported"],
        json!(["todo:read", "offline_access"])
    );
    let register = format!("{env}/api/v1/resources/res_42/clients:register");
    let response = http().post(register).json(&json!({})).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(claims(&scalekit.token().sign())["iss"], scalekit.issuer());
}

#[tokio::test]
async fn a_given_listener_is_served() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let scalekit = MockScalekit::builder().listener(listener).start().await;
    assert_eq!(
        scalekit.environment_url(),
        format!("http://127.0.0.1:{port}")
    );
    jwks(&scalekit).await;
}

#[tokio::test]
async fn the_port_closes_with_the_mock() {
    let scalekit = MockScalekit::start().await;
    let url = scalekit.keys_url().to_owned();
    let address = url.strip_prefix("http://").unwrap().replace("/keys", "");
    assert!(std::net::TcpStream::connect(&address).is_ok());
    drop(scalekit);
    // The server's own thread closes it; new connections fail as soon as it has noticed.
    let closes = || (0..10_000).any(|_| std::net::TcpStream::connect(&address).is_err());
    assert!(closes(), "{address} still accepts");
}
