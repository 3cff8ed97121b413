//! Who calls, as an argument of an rmcp tool (feature `rmcp`).

use http::request::Parts;
use rmcp::ErrorData;
use rmcp::handler::server::common::{AsRequestContext, FromContextPart};
use rmcp::model::ErrorCode;
use serde_json::json;

use crate::layer::RequestContext;
use crate::policy::{Denied, Policy};
use crate::scope::Scopes;
use crate::token::AccessToken;

/// The JSON-RPC code of a refusal inside a tool. JSON-RPC leaves numbers outside -32768..-32000
/// to applications, and this one says what it means.
const FORBIDDEN: ErrorCode = ErrorCode(403);

/// The verified caller of a tool.
///
/// Name it as an argument of a `#[tool]` function and rmcp fills it in:
///
/// ```
/// use auth_core::rmcp::Caller;
/// use rmcp::{ErrorData, tool, tool_router};
///
/// struct Greeter;
///
/// #[tool_router(server_handler)]
/// impl Greeter {
///     /// Greets whoever has the scope for it.
///     #[tool]
///     fn greet(&self, caller: Caller) -> Result<String, ErrorData> {
///         caller.require_scope("greetings:read")?;
///         Ok(format!("hello, {}", caller.token().subject()))
///     }
/// }
/// # fn main() {}
/// ```
///
/// Without an [`AuthLayer`](crate::AuthLayer) around the service there is no caller, and the tool
/// fails instead of running for nobody.
#[derive(Debug, Clone)]
pub struct Caller {
    token: AccessToken,
    context: RequestContext,
}

impl Caller {
    /// The verified token.
    #[must_use]
    pub fn token(&self) -> &AccessToken {
        &self.token
    }

    /// Goes on if the token has `scope`, itself or through a broader one.
    ///
    /// # Errors
    ///
    /// A JSON-RPC error that names the scope, to return from the tool.
    pub fn require_scope(&self, scope: &str) -> Result<(), ErrorData> {
        if self.token.has_scope(scope) {
            return Ok(());
        }
        self.tell(Denied::Scope(Scopes::granted([scope])));
        Err(insufficient_scope(scope))
    }

    /// Goes on if `policy` says yes.
    ///
    /// # Errors
    ///
    /// A JSON-RPC error to return from the tool. It names scopes that would help, and nothing of
    /// a claims policy.
    pub fn require(&self, policy: &impl Policy) -> Result<(), ErrorData> {
        let answer = self.context.check(&self.token, policy);
        answer.map_err(|denied| {
            self.tell(denied.clone());
            match denied {
                Denied::Scope(scopes) => insufficient_scope(&Scopes::to_string(&scopes)),
                Denied::Claims(_) => {
                    refused("access_denied", "the caller is not allowed to do this")
                }
                Denied::Authentication(_) => refused(
                    "insufficient_user_authentication",
                    "a more recent or stronger login is required",
                ),
            }
        })
    }

    fn tell(&self, denied: Denied) {
        self.context.tell(denied.into(), Some(&self.token));
    }
}

fn insufficient_scope(scope: &str) -> ErrorData {
    ErrorData::new(
        FORBIDDEN,
        format!("insufficient scope: this operation needs {scope}"),
        Some(json!({"error": "insufficient_scope", "scope": scope})),
    )
}

fn refused(error: &str, text: &'static str) -> ErrorData {
    ErrorData::new(FORBIDDEN, text, Some(json!({"error": error})))
}

impl<C: AsRequestContext> FromContextPart<C> for Caller {
    fn from_context_part(context: &mut C) -> Result<Self, ErrorData> {
        let parts = context.as_request_context().extensions.get::<Parts>();
        let caller = parts.and_then(|parts| {
            let token = parts.extensions.get::<AccessToken>()?.clone();
            let context = parts.extensions.get::<RequestContext>()?.clone();
            Some(Self { token, context })
        });
        caller.ok_or_else(|| {
            ErrorData::internal_error(
                "no verified caller: the server must be behind an auth layer",
                None,
            )
        })
    }
}
