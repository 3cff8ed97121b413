//! The registration of clients, and how they must authenticate afterwards.

use auth_testkit::MockScalekit;
use auth_testkit::settings::Misbehaviour;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::served;
use crate::support::{REDIRECT, code, error, exchange, http, with, without};

async fn register(scalekit: &MockScalekit) -> Value {
    let environment = scalekit.environment_url();
    let url = format!("{environment}/api/v1/resources/res_1000000001/clients:register");
    let request = json!({ "redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none" });
    let response = http().post(url).json(&request).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    response.json().await.unwrap()
}

#[tokio::test]
async fn the_method_that_was_registered_is_the_only_one() {
    let none = "none";
    let post = "client_secret_post";
    let basic = "client_secret_basic";
    for (misbehaviour, registered, has_secret) in [
        (None, None, false),
        (Some(Misbehaviour::RegistersSecretPost), Some(post), true),
        (Some(Misbehaviour::RegistersSecretBasic), Some(basic), true),
        (
            Some(Misbehaviour::RegistersNoneWithSecret),
            Some(none),
            true,
        ),
    ] {
        let scalekit = served(misbehaviour).await;
        let client = register(&scalekit).await;
        assert_eq!(client["token_endpoint_auth_method"].as_str(), registered);
        assert_eq!(
            client.get("client_secret").is_some(),
            has_secret,
            "{misbehaviour:?}"
        );
        assert_eq!(client.get("client_secret_expires_at").is_some(), has_secret);
        let id = client["client_id"].as_str().unwrap();
        let secret = client["client_secret"].as_str().unwrap_or("none was given");
        for sent in [none, post, basic] {
            let form = exchange(id, &code(&scalekit, id).await);
            let request = http().post(scalekit.token_endpoint());
            let request = match sent {
                "none" => request.form(&form),
                "client_secret_post" => request.form(&with(form, "client_secret", secret)),
                _ => request
                    .basic_auth(id, Some(secret))
                    .form(&without(form, "client_id")),
            };
            let response = request.send().await.unwrap();
            if sent == registered.unwrap_or(none) {
                assert_eq!(
                    response.status(),
                    StatusCode::OK,
                    "{misbehaviour:?}: {sent}"
                );
            } else {
                let code = error(response, StatusCode::UNAUTHORIZED).await;
                assert_eq!(code, "invalid_client", "{misbehaviour:?}: {sent}");
            }
        }
    }
}

#[tokio::test]
async fn the_redirect_uris_are_left_out_and_registered_all_the_same() {
    let without = Misbehaviour::RegistrationWithoutRedirectUris;
    for (misbehaviour, named) in [(None, Some(json!([REDIRECT]))), (Some(without), None)] {
        let scalekit = served(misbehaviour).await;
        let client = register(&scalekit).await;
        assert_eq!(
            client.get("redirect_uris"),
            named.as_ref(),
            "{misbehaviour:?}"
        );
        code(&scalekit, client["client_id"].as_str().unwrap()).await;
    }
}
