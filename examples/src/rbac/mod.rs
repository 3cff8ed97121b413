//! Roles, scopes and arguments in a file that people can read: a server whose policies are in the
//! [Cedar](https://docs.cedarpolicy.com/) language, in `examples/policies/rbac.cedar`.
//!
//! ```sh
//! cargo run -p examples --bin rbac                       # with a mock Scalekit inside
//! cargo run -p client -- --headless http://localhost:8000/mcp
//! cargo run -p client -- --headless call notes_add '{"text":"milk"}' http://localhost:8000/mcp   # a step-up
//! cargo run -p client -- --headless call reset '{}' http://localhost:8000/mcp                    # refused
//! ```
//!
//! The user who logs in at the mock has the role `editor`; `--sign-in reader` and `--sign-in admin` change
//! it. Each line of the log names the policies that decided (`auth.policies`).
//!
//! Change the file while the server runs: the new version is in force within 5 s, or at once with
//! `kill -HUP`. The log names the version. A faulty one is reported with line and column, and changes
//! nothing. To try policies out, add them with `--dry-run FILE`: the log says what they would have
//! refused (`auth.dry_run`). `--schema` prints what policies can name, for editors and for
//! `cedar validate`.
//!
//! | file | job |
//! |---|---|
//! | `project_notes` (beside this folder) | the MCP server, without a word about who may do what |
//! | `policies` | the schema, the policies in force, and those in a dry run |
//! | `app` | the server behind the layer, whose lists show what the caller may use |
//! | `reload` | a new version of a file, when it changes or at a signal |
//! | `cli` | the command line |

mod app;
pub mod cli;
mod policies;
mod reload;

pub use app::app;
pub use policies::{Policies, schema};
