//! Over TLS: clients that trust the authority get every endpoint, and all others none.

use auth_testkit::{Endpoint, Fault, MockScalekit};
use reqwest::{Certificate, StatusCode, Version};

use crate::support::{authorization, exchange, public_client};

async fn start() -> MockScalekit {
    MockScalekit::builder().tls().start().await
}

fn trusting(scalekit: &MockScalekit) -> reqwest::ClientBuilder {
    let authority = Certificate::from_pem(scalekit.ca_pem().unwrap().as_bytes()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([authority])
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_logs_in_over_either_protocol() {
    let scalekit = start().await;
    assert!(scalekit.environment_url().starts_with("https://127.0.0.1:"));
    for (builder, version) in [
        (trusting(&scalekit), Version::HTTP_2),
        (trusting(&scalekit).http1_only(), Version::HTTP_11),
    ] {
        let client = builder.build().unwrap();
        let id = public_client(&scalekit);
        let url = format!("{}/oauth/authorize", scalekit.issuer());
        let response = client.get(url).query(&authorization(&id)).send().await;
        let response = response.unwrap();
        assert_eq!(response.version(), version);
        let location = response.headers()["location"].to_str().unwrap();
        let location = url::Url::parse(location).unwrap();
        let code = location
            .query_pairs()
            .find(|(name, _)| name == "code")
            .unwrap()
            .1;
        let bought = client
            .post(scalekit.token_endpoint())
            .form(&exchange(&id, &code));
        assert_eq!(bought.send().await.unwrap().status(), StatusCode::OK);
        let token = scalekit.token().sign();
        let iss = &crate::support::claims(&token)["iss"];
        assert_eq!(iss, scalekit.environment_url());
    }
    let by_name = scalekit.keys_url().replace("127.0.0.1", "localhost");
    let client = trusting(&scalekit).build().unwrap();
    assert_eq!(
        client.get(by_name).send().await.unwrap().status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn nobody_else_gets_through() {
    let (scalekit, other) = (start().await, start().await);
    assert_ne!(scalekit.ca_pem(), other.ca_pem(), "each has its own");
    let control = trusting(&scalekit).build().unwrap();
    control.get(scalekit.keys_url()).send().await.unwrap();
    let stranger = trusting(&other).build().unwrap();
    stranger.get(scalekit.keys_url()).send().await.unwrap_err();
    crate::support::http()
        .get(scalekit.keys_url())
        .send()
        .await
        .unwrap_err();
    assert_eq!(scalekit.key_fetches(), 1);
    assert_eq!(MockScalekit::start().await.ca_pem(), None);
}

#[tokio::test]
async fn faults_work_inside_tls() {
    let scalekit = start().await;
    // One connection each: a fault is of its connection.
    let client = trusting(&scalekit)
        .http1_only()
        .pool_max_idle_per_host(0)
        .build()
        .unwrap();
    let keys = || client.get(scalekit.keys_url()).send();
    let control = keys().await.unwrap().bytes().await.unwrap();
    let cut = scalekit.fail(Endpoint::Keys, Fault::Truncate(9)).times(1);
    keys().await.unwrap().bytes().await.unwrap_err();
    drop(cut);
    let reset = scalekit.fail(Endpoint::Keys, Fault::Reset).times(1);
    let error = format!("{:?}", keys().await.unwrap_err());
    assert!(error.contains("ConnectionReset"), "{error}");
    drop(reset);
    assert_eq!(keys().await.unwrap().bytes().await.unwrap(), control);
}
