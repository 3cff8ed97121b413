//! HTTP: MCP requests with the stored token, and OAuth requests with a record of each.
//!
//! | file | job |
//! |---|---|
//! | `authorized` | sends MCP requests with the stored token, and refreshes it once for all |
//! | `with_proof` | sends one MCP request with a token, bound to a key or not |
//! | `streamable_http` | the same as the HTTP client of rmcp's transport |
//! | `oauth_http` | sends OAuth requests |
//! | `http_trace` | the record of one OAuth exchange |
//! | `http_clients` | proxies, time limits and redirects |
//! | `addresses` | which addresses metadata may lead to |

mod addresses;
mod authorized;
mod http_clients;
mod http_trace;
mod oauth_http;
mod streamable_http;
mod with_proof;

pub(crate) use authorized::Authorized;
pub(crate) use http_clients::{MAX_REDIRECTS, mcp_client};
pub(crate) use oauth_http::OAuthHttp;
