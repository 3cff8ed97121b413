//! Integration with rmcp (feature `rmcp`): requirements at the tools themselves, and their caller as an
//! argument.
//!
//! [`requires`], [`authenticated`] and [`public`] state at a `#[tool]`, `#[prompt]`, resource or resource
//! template what its callers need. [`Inventory`](crate::policy::Inventory) reads it from the routers, and
//! [`OperationPolicyBuilder::server`](crate::policy::OperationPolicyBuilder::server) makes rules of it, which
//! the layer evaluates before a request reaches rmcp:
//!
//! ```
//! use auth_core::policy::{Inventory, OperationPolicy};
//! use auth_core::rmcp::{Caller, public, requires};
//! use rmcp::{tool, tool_router};
//!
//! struct Notes;
//!
//! #[tool_router(server_handler)]
//! impl Notes {
//!     /// Adds a note.
//!     #[tool(meta = requires().scopes("notes:write").meta())]
//!     fn add(&self, caller: Caller) -> String {
//!         format!("added for {}", caller.token().subject())
//!     }
//!
//!     /// Removes the notes of all users.
//!     #[tool(meta = requires().scopes("notes:write").role("admin").meta())]
//!     fn reset(&self) -> String {
//!         "removed".into()
//!     }
//!
//!     /// The version of the server.
//!     #[tool(meta = public().meta())]
//!     fn version(&self) -> String {
//!         env!("CARGO_PKG_VERSION").into()
//!     }
//! }
//!
//! # fn main() -> Result<(), auth_core::error::ConfigErrors> {
//! let operations = OperationPolicy::builder()
//!     .server(Inventory::new().tool_router(&Notes::tool_router()))
//!     .build()?; // for AuthLayer::builder(..).operations(operations)
//! # let _ = operations; Ok(()) }
//! ```
//!
//! The policy is not built if a tool has no requirement, unless
//! [`Coverage`](crate::policy::Coverage) is set otherwise, and never if what it states is not one.
//!
//! # On the wire
//!
//! Clients see what a primitive states, in its `_meta`. `securitySchemes` is the member that ChatGPT reads
//! ([OpenAI Apps SDK](https://developers.openai.com/apps-sdk/build/auth)) and that
//! [SEP-1488](https://github.com/modelcontextprotocol/modelcontextprotocol/issues/1488) proposes for MCP:
//!
//! | `securitySchemes` | requirement |
//! |---|---|
//! | `[{"type": "oauth2", "scopes": ["notes:write"]}]` | all of these scopes |
//! | `[{"type": "oauth2"}]` | a token |
//! | `[{"type": "noauth"}]` | nothing, not even a token |
//! | several `oauth2` | the scopes of one of them |
//! | `oauth2` and `noauth` | nothing: a token is optional |
//!
//! `auth-core/requires` adds what no scope can give: `{"roles": ["auditor", ["admin", "owner"]]}` requires
//! the role `auditor`, and one of `admin` and `owner`; `permissions` likewise. Its name follows the rules
//! of MCP for the keys of `_meta`
//! ([2026-07-28](https://modelcontextprotocol.io/specification/2026-07-28/basic#meta)).
//!
//! | file | job |
//! |---|---|
//! | `caller` | [`Caller`]: the verified caller of a tool |
//! | `requirement` | [`requires`], [`authenticated`], [`public`]: write a requirement |
//! | `stated` | reads a requirement, and finds the mistakes in it |
//! | `routers` | [`Inventory`](crate::policy::Inventory) of rmcp's routers and lists |

mod caller;
mod requirement;
mod routers;
mod stated;

pub use caller::Caller;
pub use requirement::{Requires, Unconditional, authenticated, public, requires};
