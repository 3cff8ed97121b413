//! Clients that the issuer has forgotten.

use auth_testkit::settings::Misbehaviour;

use crate::served;
use crate::support::{
    authorization, authorize, code, exchange, public_client, redirected, refresh, tokens, value,
};

#[tokio::test]
async fn a_client_is_forgotten_once_it_has_logged_in() {
    for (misbehaviour, error) in [
        (None, None),
        (
            Some(Misbehaviour::ForgetsClientsInvalidClient),
            Some("invalid_client"),
        ),
        (
            Some(Misbehaviour::ForgetsClientsUnauthorizedClient),
            Some("unauthorized_client"),
        ),
    ] {
        let scalekit = served(misbehaviour).await;
        let client = public_client(&scalekit);
        let login = code(&scalekit, &client).await;
        let granted = tokens(&scalekit, &exchange(&client, &login)).await;
        let again = redirected(&authorize(&scalekit, &authorization(&client)).await);
        assert_eq!(value(&again, "error"), error, "{misbehaviour:?}");
        assert_eq!(
            value(&again, "code").is_some(),
            error.is_none(),
            "{misbehaviour:?}"
        );
        assert_eq!(value(&again, "state"), Some("xyz"), "{misbehaviour:?}");
        // What it has stays valid, and another client can log in.
        let token = granted["refresh_token"].as_str().unwrap();
        tokens(&scalekit, &refresh(&client, token)).await;
        code(&scalekit, &public_client(&scalekit)).await;
    }
}
