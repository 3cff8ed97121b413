//! No Debug output shows a secret: all that a test can print, after a whole flow.

use auth_testkit::{Client, Endpoint, MockScalekit, User};

use crate::support::{
    REDIRECT, VERIFIER, authorization, code_for, exchange, refresh, tokens, with,
};

#[tokio::test]
async fn secrets_never_show() {
    let secret = "client-secret-that-must-not-show";
    let scalekit = MockScalekit::start().await;
    let client = Client::confidential("m2m_1", secret).redirect_uri(REDIRECT);
    let printed_client = format!("{client:?} {client:#?}");
    let id = scalekit.register_client(client);
    let code = code_for(&scalekit, &authorization(&id)).await;
    let bought = tokens(
        &scalekit,
        &with(exchange(&id, &code), "client_secret", secret),
    )
    .await;
    let refresh_token = bought["refresh_token"].as_str().unwrap();
    let request = with(refresh(&id, refresh_token), "client_secret", secret);
    let refreshed = tokens(&scalekit, &request).await;
    let minted = scalekit.token();

    let mut printed = format!("{scalekit:?} {minted:?} {minted:#?} {printed_client}");
    printed += &format!("{:?} {:?}", MockScalekit::builder(), User::default());
    for endpoint in [Endpoint::Authorize, Endpoint::Token] {
        let requests = scalekit.requests(endpoint);
        assert!(!requests.is_empty());
        printed += &format!("{requests:?} {requests:#?}");
    }
    assert!(printed.contains("m2m_1"), "the flow is in what was printed");

    let token = |name: &str| bought[name].as_str().unwrap().to_owned();
    let mut secrets = vec![secret.to_owned(), code, VERIFIER.to_owned()];
    secrets.extend(["access_token", "refresh_token", "id_token"].map(token));
    secrets.push(refreshed["refresh_token"].as_str().unwrap().to_owned());
    secrets.push(minted.sign());
    let keys = ["ada", "bea", "cyd", "dot", "mallory"];
    for key in keys.map(|name| format!("{}/keys/{name}.pem", env!("CARGO_MANIFEST_DIR"))) {
        let pem = std::fs::read_to_string(key).unwrap();
        let lines = pem.lines().filter(|line| line.len() == 64);
        secrets.extend(lines.map(str::to_owned));
    }
    assert!(secrets.len() > 100, "the private keys are among them");
    for secret in secrets {
        // Also no part of a token: each of its three would do harm or reveal too much.
        for part in secret.split('.') {
            assert!(!printed.contains(part), "{part} shows in {printed}");
        }
    }
}
