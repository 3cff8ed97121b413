//! The challenges of the MCP server.

use auth_testkit::settings::Misbehaviour;
use reqwest::{Response, StatusCode};

use crate::support::http;
use crate::{call, served};

fn challenges(response: &Response, environment: &str) -> Vec<String> {
    let lines = response.headers().get_all("www-authenticate").iter();
    let lines = lines.map(|line| line.to_str().unwrap().replace(environment, "ENV"));
    lines.collect()
}

/// The challenges of a request without a token, and of one that needs another scope.
async fn seen(misbehaviour: Option<Misbehaviour>) -> (Vec<String>, Vec<String>) {
    let scalekit = served(misbehaviour).await;
    let token = scalekit.token().scopes(["notes:read"]).sign();
    let good = call(&scalekit, &token, "echo").send().await.unwrap();
    assert_eq!(good.status(), StatusCode::OK, "{misbehaviour:?}");
    let anonymous = http()
        .post(scalekit.mcp_url().unwrap())
        .send()
        .await
        .unwrap();
    assert_eq!(
        anonymous.status(),
        StatusCode::UNAUTHORIZED,
        "{misbehaviour:?}"
    );
    let narrow = call(&scalekit, &token, "write").send().await.unwrap();
    assert_eq!(narrow.status(), StatusCode::FORBIDDEN, "{misbehaviour:?}");
    let environment = scalekit.environment_url();
    (
        challenges(&anonymous, environment),
        challenges(&narrow, environment),
    )
}

#[tokio::test]
async fn each_is_written_its_way() {
    const LOGIN: &str = r#"Bearer resource_metadata="ENV/.well-known/oauth-protected-resource/mcp", scope="notes:read""#;
    const MORE: &str = r#"Bearer resource_metadata="ENV/.well-known/oauth-protected-resource/mcp", scope="notes:read notes:write", error="insufficient_scope""#;
    let basic = r#"Basic realm="mock""#;
    let dpop = r#"DPoP algs="ES256""#;
    let spaced = |line: &str| line.replace('=', " = ").replace(", ", " , ");
    let no_scope = MORE.replace(r#" scope="notes:read notes:write","#, "");
    let no_metadata = r#"Bearer scope="notes:read notes:write", error="insufficient_scope""#;
    let unquoted = r#"Bearer resource_metadata=ENV/.well-known/oauth-protected-resource/mcp, scope="notes:read notes:write", error=insufficient_scope"#;
    let [login, more] = [LOGIN, MORE].map(str::to_owned);
    assert_eq!(seen(None).await, (vec![login.clone()], vec![more.clone()]));
    for (misbehaviour, of_login, of_scope) in [
        (Misbehaviour::ChallengeAbsent, vec![], vec![more.clone()]),
        (
            Misbehaviour::ChallengeAbsentRootMetadata,
            vec![],
            vec![no_metadata.to_owned()],
        ),
        (
            Misbehaviour::ChallengeWithoutMetadata,
            vec!["Bearer".to_owned()],
            vec![no_metadata.to_owned()],
        ),
        (
            Misbehaviour::ChallengeBasicFirst,
            vec![basic.to_owned(), login.clone()],
            vec![basic.to_owned(), more.clone()],
        ),
        (
            Misbehaviour::ChallengeBasicFirstInOneLine,
            vec![format!("{basic}, {login}")],
            vec![format!("{basic}, {more}")],
        ),
        (
            Misbehaviour::ChallengeDpopFirst,
            vec![format!("{dpop}, {login}")],
            vec![format!("{dpop}, {more}")],
        ),
        (
            Misbehaviour::ChallengeSpaced,
            vec![spaced(LOGIN)],
            vec![spaced(MORE)],
        ),
        (
            Misbehaviour::ChallengeUnquoted,
            vec![LOGIN.replace('"', "")],
            vec![unquoted.to_owned()],
        ),
        (
            Misbehaviour::ScopeChallengeWithoutScope,
            vec![login.clone()],
            vec![no_scope],
        ),
    ] {
        assert_eq!(
            seen(Some(misbehaviour)).await,
            (of_login, of_scope),
            "{misbehaviour}"
        );
    }
}

#[tokio::test]
async fn a_refused_token_is_challenged_as_no_token_is() {
    for (misbehaviour, lines) in [
        (None, 1),
        (Some(Misbehaviour::ChallengeAbsent), 0),
        (Some(Misbehaviour::ChallengeBasicFirst), 2),
    ] {
        let scalekit = served(misbehaviour).await;
        let expired = scalekit.token().scopes(["notes:read"]).expired().sign();
        let response = call(&scalekit, &expired, "echo").send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(challenges(&response, "").len(), lines, "{misbehaviour:?}");
    }
}
