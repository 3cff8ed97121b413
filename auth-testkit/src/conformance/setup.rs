//! The issuer that providers are checked with, and what it knows of its customers.

use crate::api_key::server::OTHER_ORGANIZATION;
pub use crate::api_key::server::{CLIENT_ID, CLIENT_SECRET, ORGANIZATION, SCOPES_CLAIM};
use crate::{ApiKeyDraft, Client, MockScalekit, TestClock, User};

/// How many users [`key_of`] can name.
pub(super) const USERS: usize = 50;

/// An issuer as the rules need it.
pub(super) async fn issuer(clock: &TestClock) -> MockScalekit {
    let builder = MockScalekit::builder()
        .resource_url("http://127.0.0.1:8000/mcp")
        .clock(clock.clone())
        // Who signs in stays the same with these users.
        .user(User::default())
        .also_user(User::new("usr_1000000002").organization(OTHER_ORGANIZATION));
    let users = (0..USERS).map(|number| {
        let address = format!("caller{number}@example.com");
        User::new(sub(number)).email(address)
    });
    let builder = users.fold(builder, crate::MockScalekitBuilder::also_user);
    let scalekit = builder.start().await;
    scalekit.register_client(Client::confidential(CLIENT_ID, CLIENT_SECRET));
    scalekit
}

/// The `sub` of a user of the organization.
pub(super) fn sub(number: usize) -> String {
    format!("usr_50{number:02}")
}

/// A key of the organization.
pub(super) fn key() -> ApiKeyDraft {
    ApiKeyDraft::new(ORGANIZATION)
}

/// A key of one of its users.
pub(super) fn key_of(number: usize) -> ApiKeyDraft {
    key().user(sub(number))
}

/// A key of the other organization.
pub(super) fn key_for_others() -> ApiKeyDraft {
    ApiKeyDraft::new(OTHER_ORGANIZATION)
}
