//! Policies in the [Cedar](https://docs.cedarpolicy.com/) language, as an authorizer (feature `cedar`).
//!
//! ```
//! use auth_core::layer::AuthLayer;
//! use auth_core::policy::cedar::Cedar;
//! use auth_core::provider::AuthProvider;
//! use serde_json::json;
//!
//! # fn demo(provider: impl AuthProvider) -> Result<(), auth_core::error::ConfigErrors> {
//! let tool = json!({
//!     "name": "notes_add",
//!     "inputSchema": { "type": "object", "properties": { "text": { "type": "string" } } },
//! });
//! let cedar = Cedar::builder()
//!     .issuer("https://id.example.com")
//!     // With rmcp: `Notes::tool_router().list_all()`.
//!     .tools([tool])
//!     .policies(
//!         r#"
//!         permit(principal, action in [MCP::Action::"session", MCP::Action::"lists"], resource);
//!
//!         @id("editors add notes") @scopes("notes:write")
//!         permit(principal in MCP::Role::"editor", action == MCP::Action::"notes_add", resource)
//!         when { principal.scopes.contains("notes:write") };
//!         "#,
//!     )
//!     .build()?;
//! let layer = AuthLayer::builder(provider).authorizer(cedar).build()?;
//! # let _ = layer; Ok(()) }
//! ```
//!
//! A request that no policy permits is refused, and so is one that cannot be expressed in the schema.
//! Policies decide about every method, not about tools alone: those that connect a client are the group
//! `session`, and those that list what there is the group `lists`.
//!
//! # What policies can name
//!
//! | | is |
//! |---|---|
//! | `principal` | a `MCP::User`, or a `MCP::Machine` if the token was issued to a client on its own behalf; in its `MCP::Organization` and its `MCP::Role`s (claim `roles`) |
//! | `principal.scopes` | the granted scopes, and those that they include by the layer's [hierarchy](crate::token::ScopeHierarchy) |
//! | `principal.roles`, `.permissions`, `.issuer`, `.client_id`, `.organization` | as in the token; the last two are optional |
//! | `action` | the tool that is called, such as `MCP::Action::"notes_add"`, in the group `MCP::Action::"tools/call"`; else the method, such as `MCP::Action::"resources/read"`; for requests without a message `http/GET`, `http/POST`, `http/DELETE` |
//! | `resource` | `MCP::Tool`, `MCP::Prompt`, `MCP::Resource`, `MCP::ResourceTemplate` or `MCP::Skill`, by name or URI; else `MCP::Server::"server"` |
//! | `resource.uri` | of a resource or skill; a resource is in each `MCP::ResourceTemplate` that it can be an expansion of |
//! | `context.input` | the arguments of the tool, typed by its JSON schema; those of a prompt as tags: `context.input.getTag("topic")` |
//! | `context.claims` | each claim by its JSON pointer, as the set of its strings: `context.claims.getTag("/custom_claims/plan").contains("pro")` |
//! | `context.authentication` | `time` and `acr`, which are optional, and the set `amr` |
//! | `context.now` | the time of the request |
//!
//! Arguments are typed by the [schema generator](https://docs.rs/cedar-policy-mcp-schema-generator) of
//! the Cedar project, as in other MCP hosts: a string with an `enum` is an entity, such as
//! `MCP::notes_add::Input::Color::"red"`; a number that is not an integer can be compared for equality
//! alone. An argument that Cedar cannot express is [left out](Cedar::left_out), and logged at start.
//! If a policy about the tool looks at arguments, one that does not fit the schema refuses the call. `secureArguments` are never visible.
//!
//! # Annotations
//!
//! * `@id("…")` names the policy in the audit event (`auth.policies`).
//! * `@scopes("notes:write")` says which scopes satisfy the policy's condition on `principal.scopes`. If
//!   the request is refused, and would not be with these scopes, the client is asked to obtain them
//!   (403 `insufficient_scope`). The annotation alone requires nothing.
//!
//! # Differences to the `cedar` command
//!
//! Cedar ignores a policy whose evaluation fails. Here a failed `forbid` refuses the request, since the
//! sender of the arguments could switch it off with a sum that overflows. A policy that can never apply
//! is an error.
//!
//! # Files
//!
//! [`policy_file`](CedarBuilder::policy_file) is read at start, and again by [`Cedar::watch`] or
//! [`Cedar::reload_now`]. A faulty new version leaves the old one in force, and the log names file, line
//! and column. To try a version out, add it in a [`DryRun`](crate::policy::DryRun).
//!
//! The crates of the Cedar project need Rust 1.90.
//!
//! | file | job |
//! |---|---|
//! | `builder` | [`CedarBuilder`]: the settings |
//! | `stub`, `tools`, `schema` | the schema of a server, without and with its tools |
//! | `policies`, `problem` | one version of the policies, and what is wrong with it |
//! | `action_policies`, `step_up` | those of them that can decide about one action, and that ask for scopes |
//! | `authorizer` | [`Cedar`] |
//! | `question`, `caller` | one operation of one caller, as Cedar is asked about it |
//! | `decide` | the answer, and the scopes that would change it |

mod action_policies;
mod authorizer;
mod builder;
mod caller;
mod decide;
mod policies;
mod problem;
mod question;
mod schema;
mod step_up;
mod stub;
mod tools;

pub use authorizer::Cedar;
pub use builder::CedarBuilder;
pub use tools::LeftOut;
