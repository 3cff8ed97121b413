//! The server whose callers send API keys, as the suites for providers and servers know it.

/// The id of a client that may call the whole management API.
pub const CLIENT_ID: &str = "skc_1000000001";

/// The secret of this client.
pub const CLIENT_SECRET: &str = "a-secret-of-the-mock-for-its-api";

/// The organization whose keys the server accepts, and no other's.
pub const ORGANIZATION: &str = "org_1000000001";

/// The custom claim of a key that names its scopes, separated by spaces. Nothing else gives scopes to a key.
pub const SCOPES_CLAIM: &str = "scopes";

/// An organization whose keys the server refuses.
pub(crate) const OTHER_ORGANIZATION: &str = "org_1000000002";
