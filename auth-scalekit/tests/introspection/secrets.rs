//! Neither token nor secret is in anything that is written.

use auth_core::error::ErrorChain;
use auth_core::verifier::TokenVerifierExt;
use auth_scalekit::introspection::{ClientAuthentication, IntrospectionVerifier};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;
use wiremock::ResponseTemplate;

use crate::logged;
use crate::pair::{AUDIENCE, ISSUER, Pair, active, answer, inactive, seconds};

const MARKERS: [&str; 4] = [
    "t0ken-marker",
    "s3cret-marker",
    "cl4im-marker",
    // base64 of "mcp:s3cret-marker"
    "bWNwOnMzY3JldC1tYXJrZXI=",
];

fn clean(name: &str, text: &str) {
    for marker in MARKERS {
        assert!(!text.contains(marker), "{name}: {marker} in {text}");
    }
}

#[tokio::test]
async fn neither_logs_nor_errors_nor_debug_show_them() {
    logged::begin_at(LevelFilter::TRACE);

    let secret = || "s3cret-marker".into();
    let id = || "mcp".to_owned();
    for authentication in [
        ClientAuthentication::Basic {
            id: id(),
            secret: secret(),
        },
        ClientAuthentication::Post {
            id: id(),
            secret: secret(),
        },
        ClientAuthentication::Bearer(secret()),
    ] {
        clean("authentication", &format!("{authentication:?}"));
        let pair = Pair::with(|builder| {
            let builder = builder.client_authentication(authentication);
            assert_eq!(format!("{builder:?}"), "IntrospectionBuilder { .. }");
            builder
        })
        .await;
        clean(
            "verifier",
            &format!("{:?} {:#?}", pair.verifier, pair.verifier),
        );
        let chain = pair.verifier.clone().or_opaque(pair.verifier.clone());
        clean("chain", &format!("{chain:?}"));
        let debug = format!("{:?}", pair.verifier);
        assert!(
            debug.starts_with("IntrospectionVerifier { endpoint: "),
            "{debug}"
        );

        let mut body = active();
        body["email"] = json!("cl4im-marker");
        body["cnf"] = json!("cl4im-marker");
        let text = body.to_string();
        let (half, _) = text.split_at(text.len() - 2);
        for (name, template) in [
            ("inactive", inactive()),
            ("bound", answer(&body)),
            (
                "500 that repeats it",
                ResponseTemplate::new(500).set_body_string("t0ken-marker s3cret-marker"),
            ),
            (
                "401",
                ResponseTemplate::new(401).insert_header("www-authenticate", "Bearer t0ken-marker"),
            ),
            (
                "400",
                ResponseTemplate::new(400).set_body_string("t0ken-marker"),
            ),
            (
                "a redirect with it",
                ResponseTemplate::new(302).insert_header("location", "/t0ken-marker"),
            ),
            (
                "half of it",
                ResponseTemplate::new(200).set_body_raw(half, "application/json"),
            ),
            (
                "HTML",
                ResponseTemplate::new(200).set_body_raw("t0ken-marker", "text/html"),
            ),
            (
                "a word on our credentials",
                ResponseTemplate::new(401).set_body_json(json!({
                    "error": "invalid_client",
                    "error_description": "t0ken-marker s3cret-marker",
                })),
            ),
        ] {
            pair.answers(template).await;
            let error = pair.verify("t0ken-marker").await.unwrap_err();
            clean(
                name,
                &format!("{error} {error:?} {error:#?} {}", ErrorChain(&error)),
            );
            pair.clock.advance(seconds(30));
        }
        // The verdict on the endpoint, which no caller waits for.
        while pair.verifier.status().usable {
            tokio::task::yield_now().await;
        }
        clean("status", &format!("{:?}", pair.verifier.status()));
        pair.clock.advance(seconds(30));
        body.as_object_mut().unwrap().remove("cnf");
        pair.answers(answer(&body)).await;
        let token = pair.verify("t0ken-marker").await.unwrap();
        clean("token", &format!("{token:?}"));
        clean("verifier", &format!("{:?}", pair.verifier));
    }

    let text = logged::lines().join("\n");
    for line in [
        "introspection endpoint: tokens cannot be verified",
        "a token cannot be verified by its issuer",
    ] {
        assert!(text.contains(line), "the log is the log: {text}");
    }
    clean("log", &text);
}

#[tokio::test]
async fn a_query_of_the_endpoint_is_not_shown() {
    let url = "http://127.0.0.1:1/introspect?key=s3cret-marker";
    let verifier = IntrospectionVerifier::builder(ISSUER, [AUDIENCE], url)
        .client_authentication(ClientAuthentication::None)
        .build()
        .unwrap();
    let error = crate::pair::verify(&verifier, "t0ken-marker", crate::pair::at(0))
        .await
        .unwrap_err();
    let text = format!("{verifier:?} {error:?} {}", ErrorChain(&error));
    assert!(text.contains("http://127.0.0.1:1/introspect"), "{text}");
    clean("a query", &text);
}
