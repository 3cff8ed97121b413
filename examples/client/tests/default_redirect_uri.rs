//! The default redirect URI of `scalekit-doctor` is the one of the example client.
#![allow(missing_docs, reason = "a test")]

use auth_scalekit::diagnose::RegisteredClient;
use client::login::{CALLBACK_PATH, PREFERRED_PORT};

#[test]
fn the_default_redirect_uri_is_that_of_the_example_client() {
    assert_eq!(
        RegisteredClient::DEFAULT_REDIRECT_URI,
        format!("http://localhost:{PREFERRED_PORT}{CALLBACK_PATH}")
    );
}
