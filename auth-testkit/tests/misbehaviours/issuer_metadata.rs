//! The metadata of the issuer.

use auth_testkit::settings::Misbehaviour;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{code, exchange, get_json, http, public_client, tokens};
use crate::{changed, served};

async fn document(misbehaviour: Option<Misbehaviour>) -> Value {
    let scalekit = served(misbehaviour).await;
    let url = format!(
        "{}/.well-known/oauth-authorization-server",
        scalekit.issuer()
    );
    let text = get_json(&url).await.to_string();
    serde_json::from_str(&text.replace(scalekit.environment_url(), "https://env.example")).unwrap()
}

#[tokio::test]
async fn one_member_is_wrong() {
    let control = document(None).await;
    let other = Some(json!("https://other.example"));
    let post_alone = Some(json!(["client_secret_post"]));
    for (misbehaviour, member, value) in [
        (Misbehaviour::MetadataOfAnotherIssuer, "issuer", other),
        (
            Misbehaviour::MetadataWithoutPkce,
            "code_challenge_methods_supported",
            None,
        ),
        (
            Misbehaviour::MetadataWithoutTokenEndpoint,
            "token_endpoint",
            None,
        ),
        (
            Misbehaviour::EmptyIssUnadvertised,
            "authorization_response_iss_parameter_supported",
            None,
        ),
        (
            Misbehaviour::RegistersSecretBasic,
            "token_endpoint_auth_methods_supported",
            post_alone,
        ),
    ] {
        let expected = changed(control.clone(), member, value);
        assert_eq!(
            document(Some(misbehaviour)).await,
            expected,
            "{misbehaviour}"
        );
    }
}

#[tokio::test]
async fn it_is_gone_after_a_login() {
    for (misbehaviour, expected) in [
        (None, StatusCode::OK),
        (
            Some(Misbehaviour::MetadataGoneAfterLogin),
            StatusCode::NOT_FOUND,
        ),
    ] {
        let scalekit = served(misbehaviour).await;
        let environment = scalekit.environment_url();
        let documents = [
            format!(
                "{environment}/.well-known/oauth-authorization-server/resources/res_1000000001"
            ),
            format!(
                "{}/.well-known/oauth-authorization-server",
                scalekit.issuer()
            ),
            format!("{environment}/.well-known/openid-configuration"),
            format!("{environment}/.well-known/oauth-protected-resource/mcp"),
        ];
        for document in &documents {
            get_json(document).await;
        }
        let client = public_client(&scalekit);
        let login = code(&scalekit, &client).await;
        tokens(&scalekit, &exchange(&client, &login)).await;
        for document in &documents {
            let response = http().get(document).send().await.unwrap();
            assert_eq!(response.status(), expected, "{document}");
        }
        get_json(scalekit.keys_url()).await;
    }
}
