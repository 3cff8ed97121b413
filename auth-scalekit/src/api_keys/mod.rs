//! Scalekit's API keys as bearer tokens: a [`TokenVerifier`](auth_core::verifier::TokenVerifier) for keys that
//! organizations and their users create in Scalekit.
//!
//! | step | file | what happens |
//! |---|---|---|
//! | 1 | `verifier` | the order of the steps |
//! | 2 | `key_format` | strings that are no keys, and ids of keys, are refused without a call |
//! | 3 | `lookup` | whether there is a call about the key: shared, within a budget, and stopped during an outage |
//! | 4 | `scalekit` | the call of the [management API](crate::management), and what its failures mean |
//! | 5 | `binding` | whether the key is for this server |
//! | 6 | `grant`, `token` | the scopes of the key, and the verified token |
//!
//! `settings` has the settings.
//!
//! # A key is not an access token
//!
//! * A key has no audience: every server of the environment could accept it, and so could misuse it at another one. The
//!   settings say which keys are for this server: those of some organizations, or with a claim or a role.
//! * A key has no scopes. The settings say which scopes follow from a claim or a role.
//! * A client cannot find out how to get a key: it is configured by hand. The challenge of a 401 remains that of OAuth.
//! * What is revoked here by user, organization or role concerns earlier answers about a key: its next request causes
//!   another call, and Scalekit decides. A revocation of the key itself (its id) is kept for as long as those of tokens,
//!   24 h by default, and then forgotten. To end a key, invalidate it at Scalekit
//!   ([`Management::invalidate_api_key`](crate::management::Management::invalidate_api_key)); here it is then refused
//!   within [`ApiKeys::reuse_for`].
//! * It is not documented whether Scalekit refuses the key of a user who is no longer a member of the organization.
//!   Such a key has no roles: with [`ApiKeys::for_roles`], or scopes by role alone, it is of no use.
//!
//! # Example
//!
//! ```
//! use auth_core::layer::AuthLayer;
//! use auth_scalekit::ScalekitProvider;
//! use auth_scalekit::api_keys::ApiKeys;
//!
//! # let secret = "s3cr3t";
//! let keys = ApiKeys::new()
//!     .for_claim("server", "notes")
//!     .scopes_of_role("editor", ["notes:read", "notes:write"])
//!     .scopes_of_role("viewer", ["notes:read"]);
//! let provider = ScalekitProvider::builder(
//!     "https://acme.scalekit.com",
//!     "res_1234567890",
//!     "https://mcp.example.com/mcp",
//! )
//! .management("skc_1234567890", secret)
//! .api_keys(keys)
//! .build()?;
//! // JWTs and keys, by their shape.
//! let layer = AuthLayer::new(provider)?;
//! # let _ = layer;
//! # Ok::<(), auth_core::error::ConfigErrors>(())
//! ```

mod binding;
mod grant;
mod key_format;
mod scalekit;
mod settings;
mod token;
mod verifier;

pub use settings::ApiKeys;
pub use verifier::ApiKeyVerifier;
