//! A small authorization server and a protected rmcp server on one loopback port, with switches for
//! what a client has to cope with.

#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic, and each uses its own part of this module"
)]

mod dpop;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use aws_lc_rs::digest;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rmcp::{
    RoleServer, ServerHandler,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, JsonObject,
        ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
    },
    service::RequestContext,
    transport::{
        StreamableHttpServerConfig, StreamableHttpService,
        streamable_http_server::session::local::LocalSessionManager,
    },
};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

pub use dpop::Dpop;

/// What the authorization endpoint does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Approval {
    Grant,
    Deny,
    Page,
    Loop,
    Leave,
}

/// How the issuer behaves, and what it saw.
pub struct Behaviour {
    pub approval: Approval,
    pub issue_secrets: bool,
    pub advertise_pkce: bool,
    pub iss: Option<String>,
    pub expires_in: u64,
    /// Tokens that were issued, but are not accepted.
    pub accept_tokens: bool,
    pub refuse_refresh: Option<&'static str>,
    /// A scope that tool calls need, beside `read` that all requests need.
    pub call_scope: Option<&'static str>,
    /// Whether having that scope is enough.
    pub grants_help: bool,
    pub clients: HashMap<String, Option<String>>,
    pub access: HashMap<String, String>,
    pub registrations: u32,
    pub authorizations: u32,
    pub refreshes: u32,
    pub asked_scopes: Vec<String>,
    pub dpop: Dpop,
    /// Everything that must never be shown.
    pub secrets: Vec<String>,
    codes: HashMap<String, (String, String)>,
    refresh: HashMap<String, String>,
    serial: u32,
}

#[derive(Clone)]
pub struct Issuer {
    pub base: Arc<str>,
    behaviour: Arc<Mutex<Behaviour>>,
}

impl Issuer {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let issuer = Self {
            base: base.into(),
            behaviour: Arc::new(Mutex::new(Behaviour {
                approval: Approval::Grant,
                issue_secrets: false,
                advertise_pkce: true,
                iss: None,
                expires_in: 3600,
                accept_tokens: true,
                refuse_refresh: None,
                call_scope: None,
                grants_help: true,
                clients: HashMap::new(),
                access: HashMap::new(),
                registrations: 0,
                authorizations: 0,
                refreshes: 0,
                asked_scopes: Vec::new(),
                dpop: Dpop::default(),
                secrets: Vec::new(),
                codes: HashMap::new(),
                refresh: HashMap::new(),
                serial: 0,
            })),
        };
        let mcp = StreamableHttpService::new(
            || Ok(Tools),
            Arc::new(LocalSessionManager::default()),
            StreamableHttpServerConfig::default(),
        );
        let app = Router::new()
            .nest_service("/mcp", mcp)
            .route_layer(middleware::from_fn_with_state(issuer.clone(), protect))
            .route(
                "/.well-known/oauth-protected-resource/mcp",
                get(resource_metadata),
            )
            .route(
                "/.well-known/oauth-authorization-server",
                get(server_metadata),
            )
            .route("/register", post(register))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        issuer
    }

    pub fn url(&self) -> String {
        format!("{}/mcp", self.base)
    }

    pub fn now(&self) -> MutexGuard<'_, Behaviour> {
        self.behaviour.lock().unwrap()
    }
}

impl Behaviour {
    fn secret(&mut self, kind: &str) -> String {
        self.serial += 1;
        let secret = format!("{kind}{}-which-nobody-may-see", self.serial);
        self.secrets.push(secret.clone());
        secret
    }

    fn issue(&mut self, client: &str, scope: &str, jkt: Option<&str>) -> Response {
        let (access, refresh) = (self.secret("at"), self.secret("rt"));
        let jkt = jkt.filter(|_| !self.dpop.bearer);
        for token in [&access, &refresh] {
            if let Some(jkt) = jkt {
                self.dpop.bound.insert(token.clone(), jkt.to_owned());
            }
        }
        let kind = jkt.map_or("Bearer", |_| "DPoP");
        self.access.insert(access.clone(), scope.to_owned());
        self.refresh
            .insert(refresh.clone(), format!("{client} {scope}"));
        answer(
            StatusCode::OK,
            &json!({ "access_token": access, "refresh_token": refresh, "token_type": kind, "expires_in": self.expires_in, "scope": scope }),
        )
    }
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (
        status,
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        body.to_string(),
    )
        .into_response()
}

fn refuse(status: StatusCode, error: &str) -> Response {
    answer(status, &json!({ "error": error }))
}

fn fields(text: &[u8]) -> HashMap<String, String> {
    form_urlencoded::parse(text).into_owned().collect()
}

async fn protect(State(issuer): State<Issuer>, request: Request, next: Next) -> Response {
    let shown = request.headers().get(header::AUTHORIZATION);
    let shown = shown.and_then(|value| value.to_str().ok()?.split_once(' '));
    let shown = shown.map(|(scheme, token)| (scheme.to_owned(), token.to_owned()));
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let calls = String::from_utf8_lossy(&body).contains("\"tools/call\"");
    let mut headers = HeaderMap::new();
    let challenge = {
        let mut now = issuer.now();
        let dpop = &mut now.dpop;
        dpop.headers += u32::from(parts.headers.contains_key("dpop"));
        let mut scheme = "Bearer";
        let checked = match &shown {
            Some((shown, token)) => match (shown.as_str(), dpop.bound.get(token).cloned()) {
                ("DPoP", Some(jkt)) => {
                    scheme = "DPoP";
                    let method = parts.method.as_str();
                    match dpop.check(&parts.headers, method, &issuer.url(), Some(token)) {
                        Ok(key) if key == jkt => Ok(token),
                        Ok(_) => Err("invalid_token"),
                        Err(error) => Err(error),
                    }
                }
                ("Bearer", None) => Ok(token),
                _ => Err("invalid_token"),
            },
            None => Err(""),
        };
        if scheme == "DPoP" {
            dpop.hand_out(1, &mut headers);
        }
        let metadata = format!(
            "resource_metadata=\"{}/.well-known/oauth-protected-resource/mcp\"",
            issuer.base
        );
        let granted = checked
            .ok()
            .and_then(|token| now.access.get(token))
            .filter(|_| now.accept_tokens);
        match (granted, now.call_scope) {
            (None, _) => {
                let error = match checked {
                    Err("") => String::new(),
                    Err(error) => format!(", error=\"{error}\""),
                    Ok(_) => ", error=\"invalid_token\"".to_owned(),
                };
                Some((
                    StatusCode::UNAUTHORIZED,
                    format!("{scheme} {metadata}, scope=\"read\"{error}"),
                ))
            }
            (Some(granted), Some(scope))
                if calls && !(now.grants_help && granted.split(' ').any(|name| name == scope)) =>
            {
                Some((
                    StatusCode::FORBIDDEN,
                    format!("Bearer {metadata}, scope=\"{scope}\", error=\"insufficient_scope\""),
                ))
            }
            _ => None,
        }
    };
    match challenge {
        Some((status, challenge)) => {
            (status, headers, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
        }
        None => next.run(Request::from_parts(parts, Body::from(body))).await,
    }
}

async fn resource_metadata(State(issuer): State<Issuer>) -> Response {
    answer(
        StatusCode::OK,
        &json!({ "resource": issuer.url(), "authorization_servers": [*issuer.base], "scopes_supported": ["read", "write", "admin"] }),
    )
}

async fn server_metadata(State(issuer): State<Issuer>) -> Response {
    let base = &issuer.base;
    let mut metadata = json!({
        "issuer": **base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "registration_endpoint": format!("{base}/register"),
        "response_types_supported": ["code"],
    });
    let now = issuer.now();
    if now.advertise_pkce {
        metadata["code_challenge_methods_supported"] = json!(["S256"]);
    }
    if now.dpop.offered {
        metadata["dpop_signing_alg_values_supported"] = json!(["RS256", "ES256"]);
    }
    if now.iss.is_some() {
        metadata["authorization_response_iss_parameter_supported"] = json!(true);
    }
    answer(StatusCode::OK, &metadata)
}

async fn register(State(issuer): State<Issuer>, body: Bytes) -> Response {
    let mut registration: Value = serde_json::from_slice(&body).unwrap();
    let mut now = issuer.now();
    now.registrations += 1;
    let id = format!("client-{}", now.registrations);
    let secret = now.issue_secrets.then(|| now.secret("cs"));
    registration["client_id"] = json!(id);
    if let Some(secret) = &secret {
        registration["client_secret"] = json!(secret);
        registration["token_endpoint_auth_method"] = json!("client_secret_basic");
    }
    now.clients.insert(id, secret);
    answer(StatusCode::CREATED, &registration)
}

async fn authorize(State(issuer): State<Issuer>, uri: Uri) -> Response {
    let query = fields(uri.query().unwrap_or_default().as_bytes());
    let mut now = issuer.now();
    if !now.clients.contains_key(&query["client_id"]) {
        return refuse(StatusCode::BAD_REQUEST, "invalid_client");
    }
    now.authorizations += 1;
    now.asked_scopes
        .push(query.get("scope").cloned().unwrap_or_default());
    now.secrets.push(query["state"].clone());
    let mut redirect = Url::parse(&query["redirect_uri"]).unwrap();
    redirect
        .query_pairs_mut()
        .append_pair("state", &query["state"]);
    if let Some(iss) = &now.iss {
        redirect.query_pairs_mut().append_pair("iss", iss);
    }
    match now.approval {
        Approval::Grant => {
            let code = now.secret("code");
            if let Some(jkt) = query.get("dpop_jkt") {
                now.dpop.bound.insert(code.clone(), jkt.clone());
            }
            let grant = format!(
                "{} {}",
                query["client_id"],
                query.get("scope").map_or("", String::as_str)
            );
            now.codes
                .insert(code.clone(), (query["code_challenge"].clone(), grant));
            redirect.query_pairs_mut().append_pair("code", &code);
        }
        Approval::Deny => {
            redirect
                .query_pairs_mut()
                .append_pair("error", "access_denied")
                .append_pair("error_description", "not \u{1b}[31mtoday");
        }
        Approval::Page => return (StatusCode::OK, "<form>who are you?</form>").into_response(),
        Approval::Loop => redirect = Url::parse(&format!("{}{uri}", issuer.base)).unwrap(),
        Approval::Leave => redirect = Url::parse("http://login.example.com/").unwrap(),
    }
    (
        StatusCode::FOUND,
        [(header::LOCATION, redirect.to_string())],
    )
        .into_response()
}

async fn token(State(issuer): State<Issuer>, headers: HeaderMap, body: Bytes) -> Response {
    let form = fields(&body);
    let mut now = issuer.now();
    if let Some(verifier) = form.get("code_verifier") {
        now.secrets.push(verifier.clone());
    }
    let basic = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .map(|value| {
            let pair = String::from_utf8(STANDARD.decode(value).unwrap()).unwrap();
            pair.split_once(':')
                .map(|(id, secret)| (id.to_owned(), secret.to_owned()))
                .unwrap()
        });
    let id = basic
        .as_ref()
        .map_or_else(|| form["client_id"].clone(), |(id, _)| id.clone());
    if now.clients.get(&id) != Some(&basic.map(|(_, secret)| secret)) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    assert_eq!(form["resource"], issuer.url());
    now.dpop.headers += u32::from(headers.contains_key("dpop"));
    let mut jkt = None;
    if now.dpop.offered {
        let mut answered = HeaderMap::new();
        now.dpop.hand_out(0, &mut answered);
        let url = format!("{}/token", issuer.base);
        match now.dpop.check(&headers, "POST", &url, None) {
            Ok(key) => jkt = Some(key),
            Err(error) => {
                return (answered, refuse(StatusCode::BAD_REQUEST, error)).into_response();
            }
        }
        let spent = form.get("code").or(form.get("refresh_token"));
        let bound = spent.and_then(|spent| now.dpop.bound.get(spent));
        if bound.is_some() && bound != jkt.as_ref() {
            return refuse(StatusCode::BAD_REQUEST, "invalid_grant");
        }
    }
    let grant = if form["grant_type"] == "refresh_token" {
        now.refreshes += 1;
        if let Some(error) = now.refuse_refresh {
            return refuse(StatusCode::BAD_REQUEST, error);
        }
        now.refresh.remove(&form["refresh_token"])
    } else {
        let hash = digest::digest(&digest::SHA256, form["code_verifier"].as_bytes());
        let challenge = URL_SAFE_NO_PAD.encode(hash);
        now.codes
            .remove(&form["code"])
            .filter(|(expected, _)| *expected == challenge)
            .map(|(_, grant)| grant)
    };
    match grant.as_deref().and_then(|grant| grant.split_once(' ')) {
        Some((client, scope)) if client == id => now.issue(client, scope, jkt.as_deref()),
        _ => refuse(StatusCode::BAD_REQUEST, "invalid_grant"),
    }
}

#[derive(Clone)]
struct Tools;

impl ServerHandler for Tools {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, rmcp::ErrorData> {
        let schema: JsonObject = json!({ "type": "object" }).as_object().cloned().unwrap();
        Ok(ListToolsResult::with_all_items(vec![Tool::new(
            "echo", "repeats", schema,
        )]))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, rmcp::ErrorData> {
        let message = request.arguments.unwrap_or_default();
        Ok(CallToolResult::success(vec![ContentBlock::text(json!(message).to_string())]).into())
    }
}
