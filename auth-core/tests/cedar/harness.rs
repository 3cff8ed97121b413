//! The layer with a Cedar authorizer, and tokens whose claims are in the token.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::audit::{AuthEvent, audit_fn};
use auth_core::layer::{AuthLayer, AuthLayerBuilder, ResponseBody};
use auth_core::operation::RequestBody;
use auth_core::policy::cedar::{Cedar, CedarBuilder};
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::support::async_trait;
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{InvalidReason, TokenVerifier, VerifyError, VerifyRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt};

pub(crate) type Service =
    BoxCloneSyncService<Request<String>, Response<ResponseBody<Full<Bytes>>>, Infallible>;

pub(crate) const ISSUER: &str = "https://id.example.com";

/// Takes the claims out of the token: Base64url of their JSON.
#[derive(Debug)]
struct ClaimsInToken;

#[async_trait]
impl TokenVerifier for ClaimsInToken {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let json = URL_SAFE_NO_PAD.decode(request.token().secret());
        let json = json
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok());
        let Some(Value::Object(claims)) = json else {
            return Err(InvalidReason::BadSignature.into());
        };
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let expires_at = request.now() + Duration::from_secs(60);
        let issuer = text("iss").unwrap_or(ISSUER).to_owned();
        let mut token = VerifiedToken::assertion(issuer, text("sub").unwrap(), expires_at);
        if let Some(client) = text("client_id") {
            token = token.with_client_id(client);
        }
        if let Some(organization) = text("oid") {
            token = token.with_organization(organization);
        }
        let scopes = Scopes::parse(text("scope").unwrap_or_default()).unwrap();
        Ok(token.with_scopes(scopes).with_claims(claims))
    }
}

/// The value of `Authorization` for these claims.
pub(crate) fn bearer(claims: &Value) -> String {
    format!("Bearer {}", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// Tools for notes, and one for deployments.
pub(crate) fn tools() -> Vec<Value> {
    vec![
        json!({
            "name": "notes_add",
            "description": "Adds a note.",
            "inputSchema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {
                    "text": { "type": "string" },
                    "color": { "$ref": "#/$defs/Color" },
                    "priority": { "type": "integer" },
                    "tags": { "type": "array", "items": { "type": "string" } },
                    "place": { "type": "object", "properties": { "city": { "type": "string" } }, "required": ["city"] },
                },
                "required": ["text"],
                "$defs": { "Color": { "type": "string", "enum": ["red", "blue"] } },
            },
        }),
        json!({ "name": "notes_list", "inputSchema": { "type": "object", "properties": {} } }),
        json!({
            "name": "deploy-app",
            "inputSchema": {
                "type": "object",
                "properties": { "project": { "type": "string" } },
                "required": ["project"],
                "additionalProperties": false,
            },
        }),
    ]
}

/// The settings of an authorizer for these tools, without policies.
pub(crate) fn cedar() -> CedarBuilder {
    Cedar::builder()
        .issuer(ISSUER)
        .tools(tools())
        .prompts(["summary"])
        .resource_templates(["notes://{owner}/{id}"])
}

/// A service that answers with the header `x-response` of the request, and its audit events.
pub(crate) fn guarded(
    cedar: Cedar,
    change: impl FnOnce(AuthLayerBuilder) -> AuthLayerBuilder,
) -> (Service, Arc<Mutex<Vec<AuthEvent>>>) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&events);
    let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, [ISSUER]);
    let layer = AuthLayer::builder(ResourceServer::new(ClaimsInToken, metadata))
        .authorizer(cedar)
        .audit(audit_fn(move |event| {
            sink.lock().unwrap().push(event.clone());
        }));
    let layer = change(layer).build().unwrap();
    let service = layer.layer(tower::service_fn(answer));
    (BoxCloneSyncService::new(service), events)
}

async fn answer(
    request: Request<RequestBody<String>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = request.headers().get("x-response").cloned();
    let text = text
        .map(|text| text.as_bytes().to_vec())
        .unwrap_or_default();
    Ok(Response::new(Full::from(text)))
}

/// The answer to a request: status, challenge and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) challenge: String,
    pub(crate) body: String,
}

pub(crate) async fn send(
    service: &Service,
    method: Method,
    claims: &Value,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri("/mcp")
        .header("authorization", bearer(claims));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.to_owned()).unwrap();
    let response = service.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let challenge = parts.headers.get("www-authenticate");
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status.as_u16(),
        challenge: challenge.map_or("", |it| it.to_str().unwrap()).to_owned(),
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// A message of MCP.
pub(crate) fn message(method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
}

pub(crate) fn call(tool: &str, arguments: &Value) -> String {
    message(
        "tools/call",
        &json!({ "name": tool, "arguments": arguments }),
    )
}
