//! Who calls, as an argument of an rmcp tool (feature `rmcp`).

use std::fmt;

use http::request::Parts;
use rmcp::ErrorData;
use rmcp::handler::server::common::{AsRequestContext, FromContextPart};
use rmcp::model::ErrorCode;
use serde_json::json;

use crate::layer::AuthContext;
use crate::policy::{Denied, Policy};
use crate::token::Scopes;
use crate::token::VerifiedToken;
use crate::verifier::RequestHead;

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
/// Without an [`AuthLayer`](crate::layer::AuthLayer) around the service there is no caller, and the tool
/// fails instead of running for nobody.
#[derive(Clone)]
pub struct Caller {
    token: VerifiedToken,
    context: AuthContext,
    /// Of the HTTP request, for policies that look at it.
    head: Parts,
}

impl Caller {
    /// The verified token.
    #[must_use]
    pub fn token(&self) -> &VerifiedToken {
        &self.token
    }

    /// Whether the token's scopes suffice for `scope`, itself or through a broader one of the layer's
    /// [hierarchy](crate::layer::AuthLayerBuilder::scope_hierarchy).
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.context.has_scope(scope)
    }

    /// `Ok` if the token [has](Self::has_scope) `scope`. A no is a refusal, and is recorded as one.
    ///
    /// # Errors
    ///
    /// A JSON-RPC error that names the scope, to return from the tool.
    pub fn require_scope(&self, scope: &str) -> Result<(), ErrorData> {
        if self.has_scope(scope) {
            return Ok(());
        }
        self.record_decision(Denied::Scope(Scopes::granted([scope])));
        Err(insufficient_scope(scope))
    }

    /// Goes on if `policy` says yes. A no is logged as a refusal.
    ///
    /// # Errors
    ///
    /// A JSON-RPC error to return from the tool. It names scopes that would help, and nothing of
    /// a claims policy.
    pub fn require(&self, policy: &impl Policy) -> Result<(), ErrorData> {
        let answer = self.context.check(policy, RequestHead::of(&self.head));
        answer.map_err(|denied| {
            self.record_decision(denied.clone());
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

    fn record_decision(&self, denied: Denied) {
        self.context.record(denied.into());
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("token", &self.token)
            .finish_non_exhaustive()
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
            let context = AuthContext::of(&parts.extensions)?.clone();
            let token = context.token()?.clone();
            let head = parts.clone();
            Some(Self {
                token,
                context,
                head,
            })
        });
        caller.ok_or_else(|| {
            ErrorData::internal_error(
                "no verified caller: the server must be behind an auth layer",
                None,
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::RequestRecord;
    use crate::audit::audit_fn;
    use crate::layer::AuthLayer;
    use crate::policy::{AuthenticationRequirement, RequireScopes};
    use crate::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
    use crate::support::async_trait;
    use crate::verifier::{TokenVerifier, VerifyError, VerifyRequest};
    use serde_json::Value;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, SystemTime};

    #[derive(Debug)]
    struct Nobody;

    #[async_trait]
    impl TokenVerifier for Nobody {
        async fn verify(&self, _: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
            Err(crate::verifier::InvalidReason::Revoked.into())
        }
    }

    /// A policy that says no.
    #[derive(Debug)]
    struct Never;

    impl Policy for Never {
        fn check(&self, _: &crate::policy::PolicyRequest<'_>) -> Result<(), Denied> {
            Err(Denied::Claims("marker".into()))
        }
    }

    #[test]
    fn a_refusal_in_a_tool_says_what_would_help_and_is_told() {
        let events = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&events);
        let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
        let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
        let layer = AuthLayer::builder(ResourceServer::new(Nobody, metadata))
            .audit(audit_fn(move |event| {
                sink.lock().unwrap().push(event.clone());
            }))
            .build()
            .unwrap();
        let now = SystemTime::UNIX_EPOCH;
        let request = http::Request::post("/mcp").header("x-request-id", "r-1");
        let head = request.body(()).unwrap().into_parts().0;
        let token = VerifiedToken::assertion("https://id.example.com", "usr_1", now)
            .with_scopes(Scopes::parse("read").unwrap());
        let record = RequestRecord::of(&head);
        let caller = Caller {
            context: AuthContext::new(layer.guard(), Some(token.clone()), now, record),
            token,
            head,
        };
        let shown = format!("{caller:?}");
        assert!(
            shown.starts_with("Caller { token: ") && !shown.contains("r-1"),
            "{shown}"
        );
        let scopes = |text: &str| RequireScopes::or_nothing(Scopes::parse(text).unwrap());
        let fresh = AuthenticationRequirement::max_age(Duration::from_secs(1));
        let (scope, needs) = ("insufficient_scope", "this operation needs");
        for (name, answer, code, text) in [
            ("the control", caller.require_scope("read"), None, ""),
            ("the control", caller.require(&scopes("read")), None, ""),
            ("a scope", caller.require_scope("write"), Some(scope), needs),
            (
                "scopes",
                caller.require(&scopes("read write")),
                Some(scope),
                needs,
            ),
            (
                "claims",
                caller.require(&Never),
                Some("access_denied"),
                "not allowed",
            ),
            (
                "a login",
                caller.require(&fresh),
                Some("insufficient_user_authentication"),
                "login is required",
            ),
        ] {
            let Err(error) = answer else {
                assert_eq!(code, None, "{name}");
                continue;
            };
            assert_eq!(error.code, FORBIDDEN, "{name}");
            assert!(error.message.contains(text), "{name}: {}", error.message);
            let data = error.data.unwrap();
            assert_eq!(data.get("error").and_then(Value::as_str), code, "{name}");
            let shown = format!("{}{data}", error.message);
            assert!(!shown.contains("marker"), "{name}: {shown}");
        }
        let events = events.lock().unwrap();
        let told: Vec<_> = events.iter().map(|event| event.outcome.as_str()).collect();
        let login = "insufficient_user_authentication";
        assert_eq!(told, [scope, scope, "policy_denied", login]);
        for event in &*events {
            let subject = event.token.as_ref().map(VerifiedToken::subject);
            assert_eq!(subject, Some("usr_1"));
            assert_eq!(event.request_id.as_deref(), Some("r-1"));
            assert_eq!(&*event.resource, "https://mcp.example.com/mcp");
            assert_eq!(
                (event.method.as_str(), event.path.as_str()),
                ("POST", "/mcp")
            );
        }
    }
}
