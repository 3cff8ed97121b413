//! HTTP: MCP requests with the stored token, and OAuth requests with a record of each.
//!
//! | file | job |
//! |---|---|
//! | `authorized` | sends MCP requests with the stored token, and refreshes it once for all |
//! | `with_proof` | sends one MCP request with a token, bound to a key or not |
//! | `mcp_request`, `mcp_body`, `mcp_error` | one MCP request, its response, and what can go wrong |
//! | `streamable_http` | all that as the HTTP client of rmcp's transport |
//! | `oauth_http` | sends OAuth requests |
//! | `issuer_http` | those of rmcp to one authorization server |
//! | `token_response` | reads the response of a token endpoint |
//! | `http_trace` | the record of one OAuth exchange |
//! | `http_clients` | proxies, time limits and redirects |
//! | `addresses` | which addresses metadata may lead to |

mod addresses;
mod authorized;
mod http_clients;
mod http_trace;
mod issuer_http;
mod mcp_body;
mod mcp_error;
mod mcp_request;
mod oauth_http;
mod streamable_http;
mod token_response;
mod with_proof;

pub(crate) use authorized::Authorized;
pub(crate) use http_clients::{EnvironmentProxy, MAX_REDIRECTS, mcp_client};
pub(crate) use issuer_http::IssuerHttp;
pub(crate) use mcp_error::McpHttpError;
pub(crate) use oauth_http::OAuthHttp;
pub(crate) use token_response::{TokenFailure, is_outage, refuses_client};
