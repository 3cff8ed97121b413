//! What a misbehaving issuer does wrong, and that it does the rest right.

use auth_testkit::MockScalekit;
use auth_testkit::settings::Misbehaviour;
use serde_json::Value;

use crate::support::{authorization, authorize, get_json, public_client, redirected, value};

/// What a client sees of an issuer: metadata, and the answer to an authorization request.
async fn seen(misbehaviour: Option<Misbehaviour>) -> (MockScalekit, Value, Vec<(String, String)>) {
    let builder = MockScalekit::builder();
    let scalekit = match misbehaviour {
        Some(misbehaviour) => builder.misbehave(misbehaviour).start().await,
        None => builder.start().await,
    };
    let url = format!(
        "{}/.well-known/oauth-authorization-server",
        scalekit.issuer()
    );
    let metadata = get_json(&url).await;
    let request = authorization(&public_client(&scalekit));
    let answer = redirected(&authorize(&scalekit, &request).await);
    (scalekit, metadata, answer)
}

#[tokio::test]
async fn one_thing_is_wrong_at_a_time() {
    let other = || Some("https://other.example".to_owned());
    for misbehaviour in [None]
        .into_iter()
        .chain(Misbehaviour::all().iter().copied().map(Some))
    {
        let (scalekit, metadata, answer) = seen(misbehaviour).await;
        let issuer = scalekit.issuer();
        let iss = match misbehaviour {
            Some(Misbehaviour::OtherIssInResponse) => other(),
            Some(Misbehaviour::SlashedIssInResponse) => Some(format!("{issuer}/")),
            Some(Misbehaviour::WithoutIssInResponse) => None,
            _ => Some(issuer.to_owned()),
        };
        assert_eq!(value(&answer, "iss"), iss.as_deref(), "{misbehaviour:?}");
        let state = match misbehaviour {
            Some(Misbehaviour::OtherState) => Some("xyz-other"),
            Some(Misbehaviour::WithoutState) => None,
            _ => Some("xyz"),
        };
        assert_eq!(value(&answer, "state"), state, "{misbehaviour:?}");
        assert!(value(&answer, "code").is_some(), "{misbehaviour:?}");
        let named = match misbehaviour {
            Some(Misbehaviour::MetadataOfAnotherIssuer) => "https://other.example",
            _ => issuer,
        };
        assert_eq!(metadata["issuer"], named, "{misbehaviour:?}");
        let has_methods = metadata.get("code_challenge_methods_supported").is_some();
        let expected = misbehaviour != Some(Misbehaviour::MetadataWithoutPkce);
        assert_eq!(has_methods, expected, "{misbehaviour:?}");
        assert_eq!(
            metadata["authorization_response_iss_parameter_supported"],
            true
        );
    }
}
