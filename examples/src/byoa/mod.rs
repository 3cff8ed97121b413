//! Users who log in at your own page (Scalekit: "bring your own auth"), and rules over what that page says of
//! them.
//!
//! ```sh
//! cargo run -p examples --bin byoa
//! cargo run -p client -- http://localhost:8000/mcp     # a browser opens the page: ada, "correct horse"
//! cargo run -p client -- call deploy '{"project":"apollo","environment":"staging"}' http://localhost:8000/mcp
//! ```
//!
//! Ada's plan is `pro`, and her project `apollo`; another project is refused, and Bob ("battery staple"), whose
//! plan is `free`, cannot deploy at all.
//!
//! 1. The client's authorization request leads the browser to the page, with a `login_request_id` and a `state`.
//! 2. The page checks the password. Its backend posts the user to Scalekit, with what it knows of them:
//!    `custom_attributes`, which are the claim `custom_claims` of the token.
//! 3. The page sends the browser back to Scalekit, with the `state`, and the login continues there.
//!
//! | file | job |
//! |---|---|
//! | `login_page` | the page of step 2, and where it sends the browser |
//! | `scalekit_api` | the two calls of its backend |
//! | `users` | who may log in, and what the page says of them |
//! | `app` | the MCP server: rules over arguments and custom claims |
//! | `run` | the mock, the page and the server together |

mod app;
mod login_page;
mod run;
mod scalekit_api;
mod users;

pub use app::app;
pub use login_page::login_page;
pub use run::run;
pub use scalekit_api::ScalekitApi;
pub use users::{Users, example};
