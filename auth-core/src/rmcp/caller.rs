//! [`Caller`]: the verified caller, as an argument of a tool.

use std::fmt;

use http::request::Parts;
use rmcp::ErrorData;
use rmcp::handler::server::common::{AsRequestContext, FromContextPart};
use rmcp::model::ErrorCode;
use serde_json::json;

use crate::directory::{Directory, Member};
use crate::layer::AuthContext;
use crate::policy::{Denied, NotAuthorized, Policy};
use crate::token::Scopes;
use crate::token::VerifiedToken;
use crate::verifier::RequestHead;

/// The JSON-RPC error code of a refusal inside a tool: that of HTTP. JSON-RPC reserves -32768 to -32000, and
/// leaves other codes to applications.
const FORBIDDEN: ErrorCode = ErrorCode(403);
/// The same for what cannot be decided now.
const UNAVAILABLE: ErrorCode = ErrorCode(503);

/// The verified caller of a tool.
///
/// rmcp passes it to each `#[tool]` function that has an argument of this type:
///
/// ```
/// use auth_core::rmcp::Caller;
/// use rmcp::{ErrorData, tool, tool_router};
///
/// struct Greeter;
///
/// #[tool_router(server_handler)]
/// impl Greeter {
///     /// Greets callers that have the scope.
///     #[tool]
///     fn greet(&self, caller: Caller) -> Result<String, ErrorData> {
///         caller.require_scope("greetings:read")?;
///         Ok(format!("hello, {}", caller.token().subject()))
///     }
/// }
/// # fn main() {}
/// ```
///
/// If there is no [`AuthLayer`](crate::layer::AuthLayer) around the service, there is no caller: the call fails, and
/// the tool does not run.
#[derive(Clone)]
pub struct Caller {
    token: VerifiedToken,
    context: AuthContext,
    /// The head of the HTTP request, for policies that read it.
    head: Parts,
}

impl Caller {
    /// The verified token.
    #[must_use]
    pub fn token(&self) -> &VerifiedToken {
        &self.token
    }

    /// The organization (tenant) that the caller acts for, by which a tool chooses the data that it shows.
    #[must_use]
    pub fn organization(&self) -> Option<&str> {
        self.token.organization()
    }

    /// Whether the token has `scope`, or a scope that implies it by the layer's
    /// [hierarchy](crate::layer::AuthLayerBuilder::scope_hierarchy).
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.context.has_scope(scope)
    }

    /// Checks that the token [has](Self::has_scope) `scope`. Records a refusal if it does not.
    ///
    /// # Errors
    ///
    /// A JSON-RPC error that names the scope, for the tool to return.
    pub fn require_scope(&self, scope: &str) -> Result<(), ErrorData> {
        if self.has_scope(scope) {
            return Ok(());
        }
        let denied = Denied::Scope(Scopes::granted([scope]));
        self.context.record(denied.into());
        Err(insufficient_scope(scope))
    }

    /// Checks that `policy` allows the request. Records a refusal if it does not.
    ///
    /// # Errors
    ///
    /// A JSON-RPC error for the tool to return. It names the scopes that are required, but not the reason of
    /// [`Denied::Forbidden`]. With the code 503 if the policy needs the [member](Self::member), and the directory is
    /// unavailable.
    pub fn require(&self, policy: &impl Policy) -> Result<(), ErrorData> {
        let result = self.context.check(policy, RequestHead::of(&self.head));
        result.map_err(|error| {
            self.context.record(error.clone().into());
            let denied = match error {
                NotAuthorized::Denied(denied) => denied,
                NotAuthorized::RateLimited(_) | NotAuthorized::Unavailable(_) => {
                    return unavailable();
                }
            };
            match denied {
                Denied::Scope(scopes) => insufficient_scope(&Scopes::to_string(&scopes)),
                Denied::Forbidden(_) => {
                    refused("access_denied", "the caller is not allowed to do this")
                }
                Denied::Authentication(_) => refused(
                    "insufficient_user_authentication",
                    "a more recent or stronger login is required",
                ),
            }
        })
    }

    /// The caller in the organization of the token, as the directory of the layer knows it now: whether it is an
    /// active member, and its groups. `None` without a directory, and for a caller who is no member, such as a machine.
    ///
    /// # Errors
    ///
    /// A JSON-RPC error for the tool to return, if that is not known now.
    pub fn member(&self) -> Result<Option<Member>, ErrorData> {
        self.context.member().map_err(|error| {
            self.context.record(error.into());
            unavailable()
        })
    }

    /// The directory of the layer, if it has one: for the groups of the organization, and their members.
    #[must_use]
    pub fn directory(&self) -> Option<&dyn Directory> {
        self.context.directory()
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

fn unavailable() -> ErrorData {
    ErrorData::new(
        UNAVAILABLE,
        "this cannot be decided now, try again later",
        Some(json!({"error": "temporarily_unavailable"})),
    )
}

fn refused(error: &str, message: &'static str) -> ErrorData {
    ErrorData::new(FORBIDDEN, message, Some(json!({"error": error})))
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
                "no verified caller: put the server behind an auth layer",
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
    struct RejectAll;

    #[async_trait]
    impl TokenVerifier for RejectAll {
        async fn verify(&self, _: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
            Err(crate::verifier::InvalidReason::Revoked.into())
        }
    }

    /// A policy that denies every request.
    #[derive(Debug)]
    struct DenyAll;

    impl Policy for DenyAll {
        fn check(&self, _: &crate::policy::PolicyRequest<'_>) -> Result<(), Denied> {
            Err(Denied::Forbidden("marker".into()))
        }
    }

    #[test]
    fn a_refusal_in_a_tool_names_the_requirement_and_is_recorded() {
        let events = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&events);
        let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
        let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
        let layer = AuthLayer::builder(ResourceServer::new(RejectAll, metadata))
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
        for (name, result, code, text) in [
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
                caller.require(&DenyAll),
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
            let Err(error) = result else {
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
        let outcomes: Vec<_> = events.iter().map(|event| event.decision.as_str()).collect();
        let login = "insufficient_user_authentication";
        assert_eq!(outcomes, [scope, scope, "policy_denied", login]);
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

    /// A directory that knows nothing now.
    #[derive(Debug)]
    struct Lost;

    fn lost<T>() -> Result<T, crate::verifier::Unavailable> {
        Err(crate::verifier::Unavailable::new(Duration::from_secs(1)))
    }

    impl Directory for Lost {
        fn member(&self, _: &str, _: &str) -> Result<Option<Member>, crate::verifier::Unavailable> {
            lost()
        }

        fn groups(
            &self,
            _: &str,
        ) -> Result<Vec<crate::directory::Group>, crate::verifier::Unavailable> {
            lost()
        }

        fn members_of(
            &self,
            _: &str,
            _: &str,
        ) -> Result<Vec<Member>, crate::verifier::Unavailable> {
            lost()
        }
    }

    #[test]
    fn an_outage_of_the_directory_is_no_refusal() {
        let events = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&events);
        let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
        let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
        let layer = AuthLayer::builder(ResourceServer::new(RejectAll, metadata))
            .directory(Lost)
            .audit(audit_fn(move |event| {
                let decision = event.decision.as_str();
                sink.lock().unwrap().push(decision.to_owned());
            }))
            .build()
            .unwrap();
        let now = SystemTime::UNIX_EPOCH;
        let head = http::Request::new(()).into_parts().0;
        let record = RequestRecord::of(&head);
        let token = VerifiedToken::assertion("https://id.example.com", "usr_1", now)
            .with_organization("org_1");
        let caller = Caller {
            context: AuthContext::new(layer.guard(), Some(token.clone()), now, record),
            token,
            head,
        };
        let control = RequireScopes::or_nothing(Scopes::default());
        assert!(caller.require(&control).is_ok(), "the control");
        let policy = crate::policy::not(crate::policy::active_member());
        let results = [
            caller.require(&policy).unwrap_err(),
            caller.member().unwrap_err(),
        ];
        for error in results {
            assert_eq!(error.code, UNAVAILABLE);
            let data = error.data.unwrap();
            let error = data.get("error").and_then(Value::as_str);
            assert_eq!(error, Some("temporarily_unavailable"));
        }
        assert!(caller.directory().is_some());
        assert_eq!(*events.lock().unwrap(), ["unavailable", "unavailable"]);
    }
}
