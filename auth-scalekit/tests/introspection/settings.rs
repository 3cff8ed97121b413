//! Bad settings: every fault at once, by its name, with what to change.

use auth_core::error::ConfigErrors;
use auth_scalekit::introspection::{
    Caching, ClientAuthentication, IntrospectionBuilder, IntrospectionVerifier,
};

use crate::pair::{AUDIENCE, ISSUER, seconds};

const URL: &str = "https://id.example.com/introspect";

fn basic(id: &str, secret: &str) -> ClientAuthentication {
    ClientAuthentication::Basic {
        id: id.into(),
        secret: secret.into(),
    }
}

fn given(url: &str, issuer: &str, audiences: &[&str]) -> IntrospectionBuilder {
    IntrospectionVerifier::builder(issuer, audiences.iter().copied(), url)
        .client_authentication(basic("mcp", "s3cr3t"))
}

fn good() -> IntrospectionBuilder {
    given(URL, ISSUER, &[AUDIENCE])
}

fn problem(builder: IntrospectionBuilder) -> String {
    builder.build().unwrap_err().to_string()
}

#[test]
fn each_fault_names_its_setting_and_what_to_change() {
    assert!(good().build().is_ok(), "the control");
    for (builder, text) in [
        (
            given("", ISSUER, &[AUDIENCE]),
            "endpoint_url is not a URL: give one such as https://id.example.com/oauth2/introspect",
        ),
        (
            given("http://id.example.com/introspect", ISSUER, &[AUDIENCE]),
            "endpoint_url must use https, http is for localhost, 127.0.0.1 and [::1] only",
        ),
        (
            given("https://10.0.0.7/introspect", ISSUER, &[AUDIENCE]),
            "endpoint_url names a private address: allow it with allow_private_addresses()",
        ),
        (
            given("https://marker:marker@id.example.com/", ISSUER, &[AUDIENCE]),
            "endpoint_url must not hold a user name or a password",
        ),
        (
            given(
                "https://id.example.com/introspect#marker",
                ISSUER,
                &[AUDIENCE],
            ),
            "endpoint_url must not have a fragment",
        ),
        (
            given(URL, " ", &[AUDIENCE]),
            "issuer is empty: set the issuer identifier exactly as in its metadata",
        ),
        (
            given(URL, "https://id.example.com ", &[AUDIENCE]),
            "issuer must not hold white space: got \"https://id.example.com \"",
        ),
        (
            given(URL, ISSUER, &[]),
            "audiences must not be empty: add one, such as the URL of the MCP endpoint",
        ),
        (
            given(URL, ISSUER, &[]).dangerous_accept_without_audience(),
            "audiences must not be empty: add one, such as the URL of the MCP endpoint",
        ),
        (
            given(URL, ISSUER, &[AUDIENCE, ""]),
            "audiences hold an empty one: take it out",
        ),
        (
            IntrospectionVerifier::builder(ISSUER, [AUDIENCE], URL),
            "client_authentication is not set: give the client id and secret of this server at the issuer, or ClientAuthentication::None if the endpoint needs none",
        ),
        (
            good().client_authentication(basic("mcp", "")),
            "client_authentication has an empty secret: give the client secret of this server at the issuer",
        ),
        (
            good().leeway(seconds(301)),
            "leeway must be 300 s at most: correct the clock instead",
        ),
        (
            good().caching(Caching::new().ttl(seconds(3601))),
            "caching.ttl must be 1 h at most: a revoked token works for that long",
        ),
        (
            good().caching(Caching::new().refused_ttl(seconds(11))),
            "caching.refused_ttl must be 10 s at most: a token that becomes active is refused for that long",
        ),
        (
            good().caching(Caching::new().max_entries(0)),
            "caching.max_entries must be 1 to 10,000,000: use Caching::off() to remember none",
        ),
        (
            good().max_concurrent_calls(3),
            "max_concurrent_calls must be 4 to 4096",
        ),
        (
            good().max_concurrent_calls(4097),
            "max_concurrent_calls must be 4 to 4096",
        ),
        (
            good().max_token_bytes(16 * 1024 + 1),
            "max_token_bytes must be 1 to 16384",
        ),
    ] {
        assert_eq!(problem(builder), text);
    }
}

#[test]
fn what_lies_at_the_bounds_is_good() {
    for builder in [
        good().leeway(seconds(0)),
        good().leeway(seconds(300)),
        good().caching(Caching::off()),
        good().caching(Caching::new().ttl(seconds(3600)).refused_ttl(seconds(10))),
        good().caching(Caching::new().max_entries(1)),
        good().max_concurrent_calls(4),
        good().max_concurrent_calls(4096),
        good().max_token_bytes(16 * 1024),
        good().client_authentication(ClientAuthentication::None),
        given(
            "http://localhost:1/introspect/",
            "accounts.example.com",
            &["a"],
        ),
    ] {
        builder.build().unwrap();
    }
}

#[test]
fn an_endpoint_on_a_private_network_is_allowed_by_name() {
    let private = given("https://10.0.0.7/introspect?tenant=1", ISSUER, &[AUDIENCE]);
    let verifier = private.allow_private_addresses().build().unwrap();
    // The query may hold a key.
    assert_eq!(
        verifier.status().endpoint_url,
        "https://10.0.0.7/introspect"
    );
}

#[test]
fn all_faults_at_once() {
    let errors: ConfigErrors = given("", "", &[])
        .client_authentication(basic("", "marker"))
        .leeway(seconds(1000))
        .caching(Caching::new().max_entries(0).ttl(seconds(100_000)))
        .max_concurrent_calls(0)
        .max_token_bytes(1 << 20)
        .build()
        .unwrap_err();
    let settings: Vec<_> = errors.iter().map(|error| error.setting()).collect();
    assert_eq!(
        settings,
        [
            "endpoint_url",
            "issuer",
            "audiences",
            "client_authentication",
            "leeway",
            "max_token_bytes",
            "caching.ttl",
            "caching.max_entries",
            "max_concurrent_calls",
        ]
    );
    assert!(!format!("{errors} {errors:?}").contains("marker"));
}
