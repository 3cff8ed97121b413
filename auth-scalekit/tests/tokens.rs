//! Tokens of the mock, good and with one thing wrong, at the provider.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure here is the test's failure"
)]

mod support;

use std::time::Duration;

use auth_core::layer::AuthLayer;
use auth_core::operation::RequestBody;
use auth_core::provider::{AuthProvider, ResourceServer};
use auth_core::token::Scopes;
use auth_core::verifier::{TokenVerifier, TokenVerifierExt};
use auth_scalekit::jwt::JwtVerifier;
use auth_testkit::settings::TokenIssuer;
use auth_testkit::{Algorithm, Defect, TestClock, TokenBuilder};
use http::{Request, Response};
use serde_json::{Value, json};
use support::Pair;
use tower::{Layer, ServiceExt};

#[tokio::test]
async fn a_good_token_says_who_calls() {
    let pair = Pair::start().await;
    let jwt = pair
        .scalekit
        .token()
        .subject("usr_7")
        .client_id("m2m_7")
        .organization("org_7")
        .roles(["admin"])
        .scopes(["notes:read", "notes:write"])
        .lifetime(Duration::from_secs(600))
        .sign();
    let token = pair.verify(&jwt).await.unwrap();
    assert_eq!(token.issuer(), pair.scalekit.environment_url());
    assert_eq!(token.subject(), "usr_7");
    assert_eq!(token.client_id(), Some("m2m_7"));
    assert_eq!(token.organization(), Some("org_7"));
    assert_eq!(
        token.scopes(),
        &Scopes::parse("notes:read notes:write").unwrap()
    );
    assert_eq!(token.claim("/roles/0"), Some(&json!("admin")));
    assert!(!token.is_machine());
    let left = token
        .expires_at()
        .duration_since(auth_core::support::Clock::now(&pair.clock));
    // NumericDate has whole seconds.
    assert!((599..=600).contains(&left.unwrap().as_secs()));
}

#[tokio::test]
async fn both_issuer_forms_and_machines_are_accepted() {
    let pair = Pair::start().await;
    let token = || pair.scalekit.token();
    for (name, jwt) in [
        ("environment", token().issuer_form(TokenIssuer::Environment)),
        ("resource", token().issuer_form(TokenIssuer::Resource)),
        ("machine", token().machine()),
        ("no scopes", token().without_scope_claims()),
        (
            "audience as text",
            token().claim("aud", pair.scalekit.resource_id()),
        ),
        ("typ at+jwt", token().header("typ", "at+jwt")),
        ("no typ", token().without_header("typ")),
        ("no kid, one key", token().without_kid()),
    ] {
        assert_eq!(pair.verdict(&jwt.sign()).await, "accepted", "{name}");
    }
    let machine = pair.verify(&token().machine().sign()).await.unwrap();
    assert!(machine.is_machine());
}

#[tokio::test]
async fn each_defect_has_its_reason() {
    let pair = Pair::start().await;
    assert_eq!(
        pair.verdict(&pair.scalekit.token().sign()).await,
        "accepted",
        "the control"
    );
    for defect in Defect::all() {
        let expected = match defect {
            Defect::Expired => "expired",
            Defect::NotYetValid => "not_yet_valid",
            Defect::IssuedInTheFuture => "issued_in_the_future",
            Defect::WithoutExp => "missing_expiry",
            Defect::ExpAsString
            | Defect::ExpAsNull
            | Defect::ExpAsBool
            | Defect::ExpNegative
            | Defect::ExpBeyondRange
            | Defect::NbfAsString
            | Defect::IatAsString => "malformed_time",
            Defect::WrongIssuer
            | Defect::IssuerWithSlash
            | Defect::IssuerWithSuffix
            | Defect::IssuerInOtherCase
            | Defect::IssuerOfAnotherResource
            | Defect::IssuerAsArray
            | Defect::EmptyIssuer
            | Defect::WithoutIssuer => "wrong_issuer",
            Defect::WrongAudience
            | Defect::AudienceIsOnlyTheUrl
            | Defect::AudienceIsTheClient
            | Defect::AudienceWithSuffix
            | Defect::AudienceCutShort
            | Defect::AudienceInOtherCase
            | Defect::AudienceSpaceDelimited
            | Defect::AudienceInNestedArray
            | Defect::AudienceAsObject
            | Defect::AudienceAsNull
            | Defect::EmptyAudience
            | Defect::WithoutAudience => "wrong_audience",
            Defect::WithoutSubject | Defect::EmptySubject | Defect::SubjectAsNumber => {
                "missing_subject"
            }
            Defect::BoundToAKey => "unchecked_proof",
            Defect::AlgNone
            | Defect::AlgNoneInOtherCase
            | Defect::AlgInOtherCase
            | Defect::AlgAsArray
            | Defect::WithoutAlg
            | Defect::Hs256WithPublicKey
            | Defect::Hs256WithPublicDer
            | Defect::Hs256WithEmptySecret
            | Defect::WrongAlgorithm
            | Defect::MislabelledAlgorithm => "wrong_algorithm",
            Defect::WrongKey
            | Defect::EmbeddedJwk
            | Defect::KeySetUrl
            | Defect::CertificateUrl
            | Defect::CertificateChain
            | Defect::CorruptSignature
            | Defect::ShortSignature
            | Defect::LongSignature
            | Defect::ZeroSignature
            | Defect::EmptySignature
            | Defect::SwappedSubject => "bad_signature",
            Defect::UnknownKid | Defect::EmptyKid | Defect::KidAsPath | Defect::KidAsSql => {
                "unknown_key"
            }
            // With one key there is no doubt which one is meant.
            Defect::WithoutKid => "accepted",
            Defect::WrongType | Defect::TypeAsNumber => "wrong_type",
            Defect::CritHeader
            | Defect::CritEmpty
            | Defect::CritNamesStandardParameter
            | Defect::CritNamesAbsentParameter
            | Defect::UnencodedPayload => "critical_header",
            Defect::DuplicateClaim | Defect::DuplicateHeader => "duplicate_member",
            Defect::ClaimsInArray
            | Defect::ClaimsWithTrailingData
            | Defect::ClaimsNotUtf8
            | Defect::WithoutClaims
            | Defect::Nested => "malformed_claims",
            Defect::KidAsNumber | Defect::HeaderInArray => "malformed_header",
            Defect::Truncated
            | Defect::ExtraPart
            | Defect::FiveParts
            | Defect::PaddedSignature
            | Defect::NoncanonicalSignature => "not_compact",
            other => panic!("{other:?} is new: say what it should come to"),
        };
        // A pair for each: a bad signature spends the budget of forced fetches.
        let pair = Pair::start().await;
        let jwt = pair.scalekit.token().with(*defect).sign();
        assert_eq!(pair.verdict(&jwt).await, expected, "{}", defect.name());
    }
    pair.scalekit.keys().rotate();
    // The interval of forced fetches is over, and the cached set is old.
    pair.clock.advance(Duration::from_secs(3600 * 2));
    let jwt = pair.scalekit.token().without_kid().sign();
    assert_eq!(
        pair.verdict(&jwt).await,
        "ambiguous_key",
        "no kid, two keys"
    );
}

#[tokio::test]
async fn claims_of_the_wrong_type_are_refused() {
    let pair = Pair::start().await;
    let rows: [(&str, Value, &str); 12] = [
        ("client_id", json!(7), "malformed_claim"),
        ("oid", json!(["org_1"]), "malformed_claim"),
        ("jti", json!({}), "malformed_claim"),
        ("scope", json!({"a": 1}), "malformed_claim"),
        ("sub", json!(7), "missing_subject"),
        ("exp", json!(1e300), "malformed_time"),
        ("exp", json!(u64::MAX), "malformed_time"),
        ("nbf", json!("soon"), "malformed_time"),
        ("iat", json!(null), "malformed_time"),
        ("aud", json!([7]), "wrong_audience"),
        ("iss", json!(null), "wrong_issuer"),
        ("cnf", json!({"jkt": "x"}), "unchecked_proof"),
    ];
    for (name, value, expected) in rows {
        let jwt = pair.scalekit.token().claim(name, value.clone()).sign();
        assert_eq!(pair.verdict(&jwt).await, expected, "{name} = {value}");
    }
}

#[tokio::test]
async fn only_rs256_is_accepted() {
    let pair = Pair::start().await;
    for algorithm in [Algorithm::RS384, Algorithm::RS512] {
        let jwt = pair.scalekit.token().wrong_algorithm(algorithm).sign();
        assert_eq!(pair.verdict(&jwt).await, "wrong_algorithm", "{algorithm:?}");
    }
}

#[tokio::test]
async fn leeway_ends_where_it_says() {
    let pair = Pair::start().await;
    let token = || pair.scalekit.token().lifetime(Duration::from_secs(100));
    let jwt = token().sign();
    for (advance, expected) in [(99, "accepted"), (60, "accepted"), (2, "expired")] {
        pair.clock.advance(Duration::from_secs(advance));
        assert_eq!(
            pair.verdict(&jwt).await,
            expected,
            "after another {advance} s"
        );
    }
}

#[tokio::test]
async fn a_token_that_would_be_refused_anyway_costs_no_fetch() {
    let pair = Pair::start().await;
    // What a server fetches for itself is there; each of these could force another fetch.
    pair.provider.ready().await.unwrap();
    let token = || pair.scalekit.token();
    for jwt in [
        token().expired(),
        token().wrong_audience(),
        token().wrong_issuer(),
        token().alg_none(),
        token().unknown_kid().expired(),
    ] {
        pair.verify(&jwt.sign()).await.unwrap_err();
    }
    let long = format!("{}.{}.{}", "a".repeat(9000), "b", "c");
    assert_eq!(pair.verdict(&long).await, "too_long");
    for garbage in ["a", "a.b.c", "....", "e30.e30.e30", "W1tbW1tbW1tb.e30.AA"] {
        pair.verify(garbage).await.unwrap_err();
    }
    assert_eq!(pair.scalekit.key_fetches(), 1);
    let unknown = token().unknown_kid().sign();
    assert_eq!(pair.verdict(&unknown).await, "unknown_key", "the control");
    assert_eq!(pair.scalekit.key_fetches(), 2);
}

/// The whole answer of a layer around the provider, to a request with this token.
async fn answer(
    provider: impl AuthProvider,
    token: &str,
    now: &TestClock,
) -> (u16, String, String) {
    let inner = tower::service_fn(|_: Request<RequestBody<String>>| async {
        Ok::<_, std::convert::Infallible>(Response::new(String::from("inner")))
    });
    let layer = AuthLayer::builder(provider).clock(now.clone());
    let service = layer.build().unwrap().layer(inner);
    let request = Request::get("/mcp").header("host", "localhost:8000");
    let request = request.header("authorization", format!("Bearer {token}"));
    let response = service.oneshot(request.body(String::new()).unwrap());
    let (parts, body) = response.await.unwrap().into_parts();
    let challenge = parts.headers.get("www-authenticate");
    let challenge = challenge.map_or("", |value| value.to_str().unwrap());
    let body = http_body_util::BodyExt::collect(body).await.unwrap();
    let body = String::from_utf8(body.to_bytes().to_vec()).unwrap();
    (parts.status.as_u16(), challenge.to_owned(), body)
}

/// A client that gets `invalid_token` logs in again, and gets a token that is no shorter. The same
/// token, under a limit of its length and of one byte less.
#[tokio::test]
async fn a_token_over_the_limit_is_a_bad_request_that_names_the_limit() {
    let (scalekit, clock) = support::issuer().await;
    let longest = |padding: usize| scalekit.token().claim("x", "a".repeat(padding)).sign();
    for token in [longest(1), longest(5000), longest(9000)] {
        let length = token.len();
        let under = |limit: usize| {
            let builder = support::builder(&scalekit).clock(clock.clone());
            builder.max_token_bytes(limit).build().unwrap()
        };
        let control = under(length);
        for cached in [false, true] {
            let (status, ..) = answer(control.clone(), &token, &clock).await;
            assert_eq!(status, 200, "the control, {length} bytes, cached: {cached}");
        }
        let limit = length - 1;
        let refused = format!("The access token is longer than {limit} bytes");
        let jwt = JwtVerifier::builder(
            [scalekit.environment_url()],
            [scalekit.resource_id()],
            scalekit.keys_url(),
        );
        let jwt = jwt.clock(clock.clone()).max_token_bytes(limit);
        let metadata = under(limit).metadata().clone();
        let behind_another =
            || ResourceServer::new(under(limit).or(under(limit - 1)), metadata.clone());
        let by_shape = under(limit).or_opaque(under(length));
        let rows: [(&str, Box<dyn AuthProvider>); 4] = [
            ("the provider", Box::new(under(limit))),
            (
                "a plain verifier",
                Box::new(ResourceServer::new(jwt.build().unwrap(), metadata.clone())),
            ),
            ("two in turn, the larger limit", Box::new(behind_another())),
            ("by its shape", Box::new(by_shape)),
        ];
        for (name, provider) in rows {
            let (status, challenge, body) = answer(provider, &token, &clock).await;
            assert_eq!(status, 400, "{name}: {body}");
            assert!(
                challenge.contains("error=\"invalid_request\""),
                "{name}: {challenge}"
            );
            assert!(!challenge.contains("invalid_token"), "{name}: {challenge}");
            assert!(challenge.contains(&refused), "{name}: {challenge}");
            assert!(body.contains(&refused), "{name}: {body}");
        }
    }
    // The default.
    let provider = support::builder(&scalekit)
        .clock(clock.clone())
        .build()
        .unwrap();
    let long = "a".repeat(400_000);
    let (status, _, body) = answer(provider, &long, &clock).await;
    assert_eq!(status, 400);
    assert!(body.contains("longer than 8192 bytes"), "{body}");
}

#[tokio::test]
async fn two_resources_of_one_environment_do_not_share_tokens() {
    let pair = Pair::start().await;
    let other = support::builder(&pair.scalekit)
        .resource_id("res_2")
        .clock(pair.clock.clone())
        .build()
        .unwrap();
    let other = Pair {
        provider: other,
        ..pair
    };
    let jwt = TokenBuilder::sign(&other.scalekit.token());
    assert_eq!(other.verdict(&jwt).await, "wrong_audience");
}
