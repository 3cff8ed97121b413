//! What an answer must say.

use auth_scalekit::introspection::IntrospectionBuilder;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::pair::{AUDIENCE, ISSUER, NOW, Pair, active, answer, at, seconds};

/// The good answer with one member changed, or taken out by `null`.
fn with(member: &str, value: &Value) -> Value {
    let mut body = active();
    let members = body.as_object_mut().unwrap();
    match value {
        Value::Null => members.remove(member),
        value => members.insert(member.into(), value.clone()),
    };
    body
}

/// The verdict on the good answer, which must be accepted, and on the one with a change.
async fn verdicts(pair: &Pair, rows: &[(&str, &str, Value, &str)]) {
    for (name, member, value, expected) in rows {
        pair.answers(answer(&active())).await;
        assert_eq!(pair.verdict("token").await, "accepted", "{name}: control");
        pair.answers(answer(&with(member, value))).await;
        assert_eq!(pair.verdict("token").await, *expected, "{name}");
    }
}

fn uncached(builder: IntrospectionBuilder) -> IntrospectionBuilder {
    builder.caching(auth_scalekit::introspection::Caching::off())
}

#[tokio::test]
async fn each_rule_refuses_by_itself() {
    let pair = Pair::with(uncached).await;
    verdicts(
        &pair,
        &[
            ("not active", "active", json!(false), "revoked"),
            ("no active at all", "active", json!(null), "revoked"),
            ("active as a text", "active", json!("true"), "revoked"),
            ("active as a number", "active", json!(1), "revoked"),
            ("active as an array", "active", json!([true]), "revoked"),
            ("active as an object", "active", json!({}), "revoked"),
            (
                "another issuer",
                "iss",
                json!("https://evil.example"),
                "wrong_issuer",
            ),
            (
                "a slash more",
                "iss",
                json!(format!("{ISSUER}/")),
                "wrong_issuer",
            ),
            (
                "upper case",
                "iss",
                json!("https://ID.example.com"),
                "wrong_issuer",
            ),
            (
                "an array of issuers",
                "iss",
                json!([ISSUER]),
                "wrong_issuer",
            ),
            ("an empty issuer", "iss", json!(""), "wrong_issuer"),
            ("no audience", "aud", json!(null), "wrong_audience"),
            (
                "another audience",
                "aud",
                json!("https://other.example/mcp"),
                "wrong_audience",
            ),
            (
                "a part of ours",
                "aud",
                json!("https://mcp.example.com"),
                "wrong_audience",
            ),
            (
                "more than ours",
                "aud",
                json!(format!("{AUDIENCE}/x")),
                "wrong_audience",
            ),
            (
                "another case",
                "aud",
                json!(AUDIENCE.to_uppercase()),
                "wrong_audience",
            ),
            ("no audiences", "aud", json!([]), "wrong_audience"),
            (
                "other audiences",
                "aud",
                json!(["a", "b"]),
                "wrong_audience",
            ),
            (
                "ours and a number",
                "aud",
                json!([AUDIENCE, 7]),
                "wrong_audience",
            ),
            (
                "an audience object",
                "aud",
                json!({"a": AUDIENCE}),
                "wrong_audience",
            ),
            ("a boolean audience", "aud", json!(true), "wrong_audience"),
            (
                "ours inside a text",
                "aud",
                json!(format!("a {AUDIENCE}")),
                "wrong_audience",
            ),
            (
                "expired at the leeway's end",
                "exp",
                json!(NOW - 60),
                "expired",
            ),
            ("expired long ago", "exp", json!(0), "expired"),
            (
                "exp as a text",
                "exp",
                json!((NOW + 300).to_string()),
                "malformed_time",
            ),
            ("a negative exp", "exp", json!(-1), "malformed_time"),
            (
                "exp beyond all dates",
                "exp",
                json!(1e300),
                "malformed_time",
            ),
            ("exp as a boolean", "exp", json!(true), "malformed_time"),
            ("not yet valid", "nbf", json!(NOW + 61), "not_yet_valid"),
            ("nbf as a text", "nbf", json!("0"), "malformed_time"),
            (
                "issued in the future",
                "iat",
                json!(NOW + 61),
                "issued_in_the_future",
            ),
            ("iat as an object", "iat", json!({}), "malformed_time"),
            ("a dpop token", "token_type", json!("DPoP"), "wrong_type"),
            (
                "another token type",
                "token_type",
                json!("mac"),
                "wrong_type",
            ),
            (
                "token_type as an array",
                "token_type",
                json!(["Bearer"]),
                "wrong_type",
            ),
            ("an empty token type", "token_type", json!(""), "wrong_type"),
            (
                "a refresh token, as Hydra says it",
                "token_use",
                json!("refresh_token"),
                "wrong_type",
            ),
            ("an id token", "token_use", json!("id_token"), "wrong_type"),
            (
                "a refresh token, as Keycloak says it",
                "typ",
                json!("Refresh"),
                "wrong_type",
            ),
            ("an offline token", "typ", json!("Offline"), "wrong_type"),
            (
                "an id token, as Keycloak says it",
                "typ",
                json!("ID"),
                "wrong_type",
            ),
            (
                "bound to a key",
                "cnf",
                json!({"jkt": "x"}),
                "unchecked_proof",
            ),
            (
                "bound to a certificate",
                "cnf",
                json!({"x5t#S256": "x"}),
                "unchecked_proof",
            ),
            ("bound to nothing", "cnf", json!({}), "unchecked_proof"),
            ("an empty subject", "sub", json!(""), "missing_subject"),
            ("sub as a number", "sub", json!(7), "missing_subject"),
            ("scope as a number", "scope", json!(7), "malformed_claim"),
            (
                "scopes that are no texts",
                "scope",
                json!(["a", 7]),
                "malformed_claim",
            ),
            (
                "client_id as a number",
                "client_id",
                json!(7),
                "malformed_claim",
            ),
            (
                "username as an object",
                "username",
                json!({}),
                "malformed_claim",
            ),
            ("jti as a number", "jti", json!(7), "malformed_claim"),
        ],
    )
    .await;
}

#[tokio::test]
async fn bound_tokens_are_accepted_where_the_layer_checks_the_proof() {
    let pair = Pair::with(|builder| uncached(builder).accept_bound_tokens()).await;
    let thumbprint = "A".repeat(43);
    let key = json!({ "jkt": thumbprint });
    let certificate = json!({ "x5t#S256": thumbprint });
    verdicts(
        &pair,
        &[
            ("bound to a key", "cnf", key, "accepted"),
            ("bound to a certificate", "cnf", certificate, "accepted"),
            (
                "no thumbprint",
                "cnf",
                json!({"jkt": "x"}),
                "unchecked_proof",
            ),
            ("bound to nothing", "cnf", json!({}), "unchecked_proof"),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_may_differ_is_accepted() {
    let pair = Pair::with(uncached).await;
    verdicts(
        &pair,
        &[
            ("no issuer", "iss", json!(null), "accepted"),
            (
                "ours among others",
                "aud",
                json!(["a", AUDIENCE]),
                "accepted",
            ),
            ("no expiry", "exp", json!(null), "accepted"),
            (
                "expired within the leeway",
                "exp",
                json!(NOW - 59),
                "accepted",
            ),
            ("a fraction", "exp", json!(1_800_000_300.5), "accepted"),
            ("no nbf", "nbf", json!(null), "accepted"),
            (
                "nbf at the leeway's end",
                "nbf",
                json!(NOW + 60),
                "accepted",
            ),
            ("no iat", "iat", json!(null), "accepted"),
            (
                "iat at the leeway's end",
                "iat",
                json!(NOW + 60),
                "accepted",
            ),
            ("no token type", "token_type", json!(null), "accepted"),
            ("lower case", "token_type", json!("bearer"), "accepted"),
            ("mixed case", "token_type", json!("bEARER"), "accepted"),
            (
                "an access token, as Hydra says it",
                "token_use",
                json!("access_token"),
                "accepted",
            ),
            (
                "an access token, as Keycloak says it",
                "typ",
                json!("Bearer"),
                "accepted",
            ),
            (
                "an access token in JWT form",
                "typ",
                json!("at+jwt"),
                "accepted",
            ),
            ("no subject but a client", "sub", json!(null), "accepted"),
            ("no client", "client_id", json!(null), "accepted"),
            ("no scope", "scope", json!(null), "accepted"),
            ("no user name", "username", json!(null), "accepted"),
            (
                "an unknown member",
                "x",
                json!({"active": false}),
                "accepted",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn neither_subject_nor_client_is_nobody() {
    let pair = Pair::with(uncached).await;
    let mut body = with("sub", &json!(null));
    pair.answers(answer(&body)).await;
    assert_eq!(pair.verdict("token").await, "accepted", "the control");
    body.as_object_mut().unwrap().remove("client_id");
    pair.answers(answer(&body)).await;
    assert_eq!(pair.verdict("token").await, "missing_subject");
    body["client_id"] = json!("");
    pair.answers(answer(&body)).await;
    assert_eq!(pair.verdict("token").await, "missing_subject");
}

#[tokio::test]
async fn a_member_that_stands_twice_is_refused() {
    let pair = Pair::with(uncached).await;
    let json = |text: String| ResponseTemplate::new(200).set_body_raw(text, "application/json");
    let text = active().to_string();
    let (open, rest) = text.split_at(1);
    pair.answers(json(text.clone())).await;
    assert_eq!(pair.verdict("token").await, "accepted", "the control");
    for (name, twice) in [
        ("active, first false", r#""active":false,"#),
        ("active, the same", r#""active":true,"#),
        ("aud", r#""aud":"other","#),
        ("an escaped name", r#""\u0061ctive":false,"#),
        ("within another member", r#""x":{"a":1,"a":1},"#),
    ] {
        pair.answers(json(format!("{open}{twice}{rest}"))).await;
        assert_eq!(pair.verdict("token").await, "duplicate_member", "{name}");
        pair.answers(answer(&active())).await;
        assert_eq!(pair.verdict("other").await, "accepted", "{name}: no outage");
    }
}

#[tokio::test]
async fn an_audience_that_is_there_is_judged_even_if_none_need_be() {
    let pair = Pair::with(|builder| uncached(builder).dangerous_accept_without_audience()).await;
    verdicts(
        &pair,
        &[
            ("no audience", "aud", json!(null), "accepted"),
            ("another audience", "aud", json!("other"), "wrong_audience"),
            ("no audiences", "aud", json!([]), "wrong_audience"),
            ("a number", "aud", json!(7), "wrong_audience"),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_leeway_is_a_setting() {
    let pair = Pair::with(|builder| uncached(builder).leeway(seconds(0))).await;
    verdicts(
        &pair,
        &[
            ("one second left", "exp", json!(NOW + 1), "accepted"),
            ("at the end", "exp", json!(NOW), "expired"),
            ("valid from now on", "nbf", json!(NOW), "accepted"),
            ("valid in a second", "nbf", json!(NOW + 1), "not_yet_valid"),
            ("issued now", "iat", json!(NOW), "accepted"),
            (
                "issued in a second",
                "iat",
                json!(NOW + 1),
                "issued_in_the_future",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_token_says_what_the_answer_said() {
    let pair = Pair::with(uncached).await;
    pair.answers(answer(&active())).await;
    let token = pair.verify("token").await.unwrap();
    assert_eq!(token.issuer(), ISSUER);
    assert_eq!(token.subject(), "usr_1");
    assert_eq!(token.client_id(), Some("cl_1"));
    assert_eq!(token.token_id(), Some("tok_1"));
    assert_eq!(token.scopes().to_string(), "notes:read notes:write");
    assert_eq!(token.expires_at(), at(NOW + 300));
    assert_eq!(token.claim("/username"), Some(&json!("ada")));
    assert!(!token.is_machine());
}

#[tokio::test]
async fn what_the_answer_leaves_out() {
    let pair = Pair::with(uncached).await;
    pair.answers(answer(&json!({
        "active": true, "aud": AUDIENCE, "client_id": "m2m_1", "scope": ["notes:read", "a b"],
    })))
    .await;
    let token = pair.verify("token").await.unwrap();
    assert_eq!(token.issuer(), ISSUER, "the configured one");
    assert_eq!(token.subject(), "m2m_1");
    assert!(token.is_machine());
    assert_eq!(
        token.scopes().to_string(),
        "notes:read",
        "\"a b\" is no scope"
    );
    assert_eq!(token.expires_at(), at(NOW + 30), "asked again by then");
}
