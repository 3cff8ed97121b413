//! Whole requests through the layer.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use auth_core::layer::AuthLayer;
use auth_core::operation::RequestBody;
use auth_core::policy::{
    Inventory, OperationPolicy, OperationPolicyBuilder, RequireScopes, argument,
};
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::rmcp::requires;
use auth_core::support::async_trait;
use auth_core::token::VerifiedToken;
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};
use http::{Request, Response};
use rmcp::handler::server::router::tool::{ToolRoute, ToolRouter};
use rmcp::model::Tool;
use serde_json::{Map, Value, json};
use tower::{Layer, ServiceExt};

use crate::Measured;
use crate::rules::{ISSUER, Rule, TOOLS, arguments, rules};

const TIMES: u32 = 2_000;

/// Knows one caller.
#[derive(Debug)]
struct OneCaller(VerifiedToken);

#[async_trait]
impl TokenVerifier for OneCaller {
    async fn verify(&self, _: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        Ok(self.0.clone())
    }
}

/// A policy about scopes, and one about an argument too: the body is read for both, since it alone
/// names the tool.
pub(crate) fn with_arguments() -> Vec<Measured<'static>> {
    let (_, rule) = rules(100, false);
    let tool = format!("tool_{}", rule.tool);
    let scopes = || {
        let rules = OperationPolicy::builder().deny_unlisted();
        rules.tool(&tool, requires_scope(rule.tool))
    };
    let project = argument("/project").unwrap().equals("p_1");
    vec![
        layer("layer_scopes", scopes(), rule, false),
        layer(
            "layer_scopes_and_argument",
            scopes().tool(&format!("{tool}*"), project),
            rule,
            true,
        ),
    ]
}

/// The same hundred rules, in the layer and at the tools.
pub(crate) fn rules_at_tools() -> Vec<Measured<'static>> {
    let (_, rule) = rules(100, false);
    let mut in_layer = OperationPolicy::builder();
    let mut router = ToolRouter::<()>::new();
    for number in 0..TOOLS {
        let name = format!("tool_{number}");
        in_layer = in_layer.tool(&name, requires_scope(number));
        let meta = requires().scopes(&format!("scope_{number}")).meta();
        let tool = Tool::new(name, "", Arc::default()).with_meta(meta);
        router.add_route(ToolRoute::new_dyn(tool, |_| {
            unreachable!("it is not called")
        }));
    }
    let at_tools = OperationPolicy::builder().server(Inventory::new().tool_router(&router));
    vec![
        layer("layer_rules", in_layer, rule, false),
        layer("layer_rules_at_tools", at_tools, rule, false),
    ]
}

fn requires_scope(tool: usize) -> RequireScopes {
    RequireScopes::new([format!("scope_{tool}").as_str()]).unwrap()
}

fn layer(
    name: &str,
    operations: OperationPolicyBuilder,
    rule: Rule,
    judges_arguments: bool,
) -> Measured<'static> {
    let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, [ISSUER]);
    let provider = ResourceServer::new(OneCaller(rule.caller(true)), metadata);
    let layer = AuthLayer::builder(provider).operations(operations.build().unwrap());
    let layer = layer.build().unwrap();
    let service = layer.layer(tower::service_fn(answer));
    let body = |tool: usize, arguments: &Map<String, Value>| {
        let params = json!({ "name": format!("tool_{tool}"), "arguments": arguments });
        let message =
            json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        message.to_string()
    };
    let send = move |body: &str| {
        let request = Request::post("/mcp")
            .header("content-type", "application/json")
            .header("authorization", "Bearer eyJhbGciOiJSUzI1NiJ9.e30.AA")
            .body(body.to_owned())
            .unwrap();
        let sent = pin!(service.clone().oneshot(request));
        match sent.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(response) => response.unwrap().status().as_u16(),
            Poll::Pending => unreachable!("nothing is waited for"),
        }
    };
    let good = body(rule.tool, &arguments());
    assert_eq!(send(&good), 200, "{name}");
    assert_eq!(send(&body(rule.tool + 1, &arguments())), 403, "{name}");
    let mut other = arguments();
    other.insert("project".to_owned(), json!("p_2"));
    let expected = if judges_arguments { 403 } else { 200 };
    assert_eq!(send(&body(rule.tool, &other)), expected, "{name}");
    Measured::new(name.to_owned(), TIMES, move || {
        std::hint::black_box(send(&good));
    })
}

async fn answer(_: Request<RequestBody<String>>) -> Result<Response<String>, Infallible> {
    Ok(Response::new(String::new()))
}
