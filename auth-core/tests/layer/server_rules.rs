//! Rules that the primitives of a server state themselves.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use auth_core::layer::AuthLayer;
use auth_core::operation::Primitive;
use auth_core::policy::{
    Coverage, Inventory, OperationPolicy, OperationPolicyBuilder, Policy, RequirePermission,
    RequireRole, RequireScopes, all_of, policy_fn,
};
use auth_core::provider::{ProtectedResourceMetadata, PublicUrl, ResourceServer};
use auth_core::rmcp::{authenticated, public, requires};
use auth_core::support::async_trait;
use auth_core::token::{Scopes, VerifiedToken};
use auth_core::verifier::{TokenVerifier, VerifyError, VerifyRequest};
use rmcp::handler::server::router::prompt::{PromptRoute, PromptRouter};
use rmcp::handler::server::router::tool::{ToolRoute, ToolRouter};
use rmcp::model::{MetaObject, Prompt, Resource, ResourceTemplate, Tool};
use serde_json::json;

use crate::harness::{Service, around, post};
use crate::logged;
use crate::support::{Numbers, RESOURCE, StoppedClock};

/// Verifies each token: `<scopes>~<roles>~<permissions>`, each separated by dots.
#[derive(Debug)]
struct Written;

#[async_trait]
impl TokenVerifier for Written {
    async fn verify(&self, request: VerifyRequest<'_>) -> Result<VerifiedToken, VerifyError> {
        let parts: Vec<&str> = request.token().secret().split('~').collect();
        let list = |at: usize| parts[at].split('.').filter(|name| !name.is_empty());
        let claims = json!({
            "roles": list(1).collect::<Vec<_>>(),
            "permissions": list(2).collect::<Vec<_>>(),
        });
        let expires_at = request.now() + Duration::from_secs(60);
        let token = VerifiedToken::assertion("https://id.example.com", "usr_1", expires_at)
            .with_scopes(Scopes::granted(list(0)))
            .with_claims(claims.as_object().unwrap().clone());
        Ok(token)
    }
}

fn service(operations: OperationPolicyBuilder) -> Service {
    let resource = PublicUrl::parse(RESOURCE).unwrap();
    let metadata = ProtectedResourceMetadata::new(resource, ["https://id.example.com"]);
    let provider = ResourceServer::new(Written, metadata);
    let layer = AuthLayer::builder(provider)
        .clock(StoppedClock)
        .operations(operations.build().unwrap());
    around(&layer.build().unwrap())
}

/// A server's primitives, as rmcp has them.
#[derive(Default)]
struct Server {
    tools: ToolRouter<()>,
    prompts: PromptRouter<()>,
    resources: Vec<Resource>,
    templates: Vec<ResourceTemplate>,
}

impl Server {
    fn add(&mut self, primitive: Primitive, name: &str, meta: MetaObject) {
        match primitive {
            Primitive::Tool => self.tools.add_route(route(name, meta)),
            Primitive::Prompt => {
                let prompt = Prompt::new(name, None::<String>, None).with_meta(meta);
                let route = PromptRoute::new_dyn(prompt, |_| unreachable!("it is not called"));
                self.prompts.add_route(route);
            }
            Primitive::Resource => self
                .resources
                .push(Resource::new(name, name).with_meta(meta)),
            _ => {
                let template = ResourceTemplate::new(name, name).with_meta(meta);
                self.templates.push(template);
            }
        }
    }

    fn inventory(&self) -> Inventory {
        Inventory::new()
            .tool_router(&self.tools)
            .prompt_router(&self.prompts)
            .resource_list(&self.resources)
            .resource_template_list(&self.templates)
    }
}

fn route(name: &str, meta: MetaObject) -> ToolRoute<()> {
    let tool = Tool::new(name.to_owned(), "", Arc::default()).with_meta(meta);
    ToolRoute::new_dyn(tool, |_| unreachable!("it is not called"))
}

/// A part of `all`, each with the same chance.
fn some(numbers: &mut Numbers, all: &[&'static str]) -> Vec<&'static str> {
    let mut some = all.to_vec();
    some.retain(|_| numbers.below(2) == 0);
    some
}

const SCOPES: &[&str] = &["read", "write"];
const ROLES: &[&str] = &["admin", "owner"];

/// A drawn requirement, at the primitive and as a policy of the layer; `None` if it is public.
fn requirement(numbers: &mut Numbers) -> (MetaObject, Option<Box<dyn Policy>>) {
    let scopes = some(numbers, SCOPES);
    let mut written = requires();
    let mut policies: Vec<Box<dyn Policy>> = Vec::new();
    match numbers.below(6) {
        0 => return (public().meta(), None),
        1 => {
            let allowed = policy_fn(|_| Ok(()));
            return (authenticated().meta(), Some(Box::new(allowed)));
        }
        2 => {
            written = written.role("admin");
            policies.push(Box::new(RequireRole::new("admin")));
        }
        3 => {
            written = written.role_in(ROLES.iter().copied());
            policies.push(Box::new(RequireRole::one_of(ROLES.iter().copied())));
        }
        4 => {
            written = written.permission("delete");
            policies.push(Box::new(RequirePermission::new("delete")));
        }
        _ => {
            written = written.scopes("extra");
            policies.push(Box::new(RequireScopes::new(["extra"]).unwrap()));
        }
    }
    if !scopes.is_empty() {
        written = written.scopes(&scopes.join(" "));
        // Before the scopes of the last arm, in either form.
        policies.push(Box::new(RequireScopes::new(&scopes).unwrap()));
    }
    (written.meta(), Some(Box::new(all_of(policies))))
}

/// A request about one of the primitives.
fn message(primitive: Primitive, name: &str, numbers: &mut Numbers) -> String {
    let reference = |reference: serde_json::Value| json!({"ref": reference});
    let (method, params) = match (primitive, numbers.below(3)) {
        (Primitive::Tool, _) => ("tools/call", json!({"name": name})),
        (Primitive::Prompt, 0) => (
            "completion/complete",
            reference(json!({"type": "ref/prompt", "name": name})),
        ),
        (Primitive::Prompt, _) => ("prompts/get", json!({"name": name})),
        (Primitive::Resource, 0) => ("resources/subscribe", json!({"uri": name})),
        (Primitive::Resource, _) => ("resources/read", json!({"uri": name})),
        (_, 0) => ("completion/complete", reference(json!({"uri": name}))),
        _ => ("resources/read", json!({"uri": name.replace("{id}", "7")})),
    };
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string()
}

#[tokio::test]
async fn rules_at_the_primitives_decide_as_the_same_rules_in_the_layer() {
    let mut outcomes = BTreeMap::new();
    for seed in [11_u64, 12, 13, 14] {
        let mut numbers = Numbers(seed);
        let mut server = Server::default();
        let mut layer = OperationPolicy::builder();
        let mut things = Vec::new();
        for number in 0..10 {
            for (primitive, name) in [
                (Primitive::Tool, format!("tool_{number}")),
                (Primitive::Prompt, format!("prompt_{number}")),
                (Primitive::Resource, format!("file:///{number}")),
                (Primitive::ResourceTemplate, format!("db://{number}/{{id}}")),
            ] {
                let (meta, policy) = requirement(&mut numbers);
                // The builder has public rules about tools alone.
                let public_elsewhere = policy.is_none() && primitive != Primitive::Tool;
                let (meta, policy) = if public_elsewhere {
                    (
                        requires().role("admin").meta(),
                        Some(Box::new(RequireRole::new("admin")) as _),
                    )
                } else {
                    (meta, policy)
                };
                server.add(primitive, &name, meta);
                layer = match (primitive, policy) {
                    (_, None) => layer.public_tool(&name),
                    (Primitive::Tool, Some(policy)) => layer.tool(&name, policy),
                    (Primitive::Prompt, Some(policy)) => layer.prompt(&name, policy),
                    (Primitive::Resource, Some(policy)) => layer.resource(&name, policy),
                    (_, Some(policy)) => layer.resource_template(&name, policy),
                };
                things.push((primitive, name));
            }
        }
        let at_primitives = service(OperationPolicy::builder().server(server.inventory()));
        let in_layer = service(layer);
        for _ in 0..250 {
            let (primitive, name) = &things[numbers.below(things.len())];
            let body = message(*primitive, name, &mut numbers);
            let scopes = some(&mut numbers, &["read", "write", "extra"]).join(".");
            let (roles, permissions) = (some(&mut numbers, ROLES), some(&mut numbers, &["delete"]));
            let token = format!("{scopes}~{}~{}", roles.join("."), permissions.join("."));
            let bearer = format!("Bearer {token}");
            let headers = match numbers.below(8) {
                0 => &[][..],
                _ => &[("authorization", bearer.as_str())],
            };
            let [one, other] = [
                post(&at_primitives, headers, &body).await,
                post(&in_layer, headers, &body).await,
            ];
            let row = format!("seed {seed}: {headers:?} {body}");
            assert_eq!(one.status, other.status, "{row}");
            assert_eq!(one.body, other.body, "{row}");
            let scopes = |challenge: Option<&str>| challenge.map(sorted_scopes);
            let [one_challenge, other_challenge] =
                [&one, &other].map(|it| scopes(it.header("www-authenticate")));
            assert_eq!(one_challenge, other_challenge, "{row}");
            let key = (one.status, one_challenge.is_some());
            *outcomes.entry(key).or_insert(0) += 1;
        }
    }
    println!("{outcomes:?}");
    assert_eq!(outcomes.values().sum::<usize>(), 1000);
    for key in [(200, false), (401, true), (403, false), (403, true)] {
        assert!(outcomes[&key] >= 50, "{outcomes:?}");
    }
}

/// A challenge with its scopes in order: they are a set.
fn sorted_scopes(challenge: &str) -> String {
    let Some((before, rest)) = challenge.split_once("scope=\"") else {
        return challenge.into();
    };
    let (scopes, after) = rest.split_once('"').unwrap();
    let mut scopes: Vec<_> = scopes.split(' ').collect();
    scopes.sort_unstable();
    format!("{before}{}{after}", scopes.join(" "))
}

#[test]
fn a_tool_of_a_router_needs_a_requirement_that_can_be_read() {
    let errors = |tools: &[(&str, MetaObject)]| {
        let mut router = ToolRouter::new();
        for (name, meta) in tools {
            router.add_route(route(name, meta.clone()));
        }
        // A tool can be enabled while the server runs.
        router.disable_route("hidden");
        let server = Inventory::new().tool_router(&router);
        let built = OperationPolicy::builder().server(server).build();
        built.map_or_else(|errors| errors.to_string(), |_| String::new())
    };
    let stated = || requires().scopes("write").meta();
    let spelled = |key: &str| {
        let mut meta = MetaObject::new();
        meta.0.insert(key.into(), json!([{"type": "oauth2"}]));
        meta
    };
    let good = [("a", stated()), ("hidden", stated()), ("z", stated())];
    assert_eq!(errors(&good), "", "the control");
    assert_eq!(
        errors(&[("a", spelled("securitySchemes"))]),
        "",
        "the control"
    );
    for (name, tools, expected) in [
        (
            "misspelt",
            vec![("a", spelled("SecuritySchemes")), ("z", stated())],
            "tool \"a\" has the member \"SecuritySchemes\" in its _meta: write it \"securitySchemes\"",
        ),
        (
            "nothing",
            vec![("a", stated()), ("hidden", MetaObject::new())],
            "tool \"hidden\" has no rule, ",
        ),
        (
            "two at once, by name",
            vec![("z", spelled("security-schemes")), ("a", requires().meta())],
            "tool \"a\" requires nothing, ",
        ),
    ] {
        let text = errors(&tools);
        assert!(text.starts_with(expected), "{name}: {text}");
        let lines = if name.starts_with("two") { 2 } else { 1 };
        assert_eq!(text.lines().count(), lines, "{name}: {text}");
    }
}

/// A server that forgets the requirement of any one tool does not start.
#[test]
fn each_of_a_hundred_tools_needs_its_requirement() {
    let problems = |forgotten: Option<usize>| {
        let mut router = ToolRouter::new();
        for number in 0..100 {
            let meta = if Some(number) == forgotten {
                MetaObject::new()
            } else {
                authenticated().meta()
            };
            router.add_route(route(&format!("tool_{number}"), meta));
        }
        let server = Inventory::new().tool_router(&router);
        let built = OperationPolicy::builder().server(server).build();
        built.map_or_else(|errors| errors.to_string(), |_| String::new())
    };
    assert_eq!(problems(None), "", "the control");
    let mut refused = 0;
    for number in 0..100 {
        let text = problems(Some(number));
        let expected = format!("tool \"tool_{number}\" has no rule, ");
        assert!(
            text.starts_with(&expected) && text.lines().count() == 1,
            "{text}"
        );
        refused += 1;
    }
    assert_eq!(refused, 100);
}

#[test]
fn one_setting_makes_errors_warnings_or_nothing() {
    logged::begin();
    for (coverage, fits, warnings) in [
        (Coverage::Strict, false, 0),
        (Coverage::Warn, true, 2),
        (Coverage::Allow, true, 0),
    ] {
        let scope = RequireScopes::new(["read"]).unwrap();
        let built = OperationPolicy::builder()
            .server(Inventory::new().tools(["new"]))
            .tool("old", scope)
            .coverage(coverage)
            .build();
        assert_eq!(built.is_ok(), fits, "{coverage:?}");
        let lines = logged::lines();
        assert_eq!(lines.len(), warnings, "{coverage:?}: {lines:?}");
        let warning = |line: &String| line.contains("WARN") && line.contains("the server");
        assert!(lines.iter().all(warning), "{coverage:?}: {lines:?}");
    }
}

/// What the server states and what the layer adds must both allow a request.
#[tokio::test]
async fn a_rule_of_the_layer_adds_to_the_rule_of_the_tool() {
    let mut server = Server::default();
    server.add(Primitive::Tool, "delete", requires().scopes("write").meta());
    server.add(Primitive::Tool, "version", public().meta());
    server.add(Primitive::Resource, "delete", public().meta());
    let admin = RequireRole::new("admin");
    let service = service(
        OperationPolicy::builder()
            .server(server.inventory())
            .tool("delete", admin),
    );
    let call = |name: &str| {
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name}})
            .to_string()
    };
    let read =
        json!({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": "delete"}});
    let response = post(&service, &[], &read.to_string()).await;
    assert_eq!(response.status, 200, "a public resource: {}", response.body);
    for (name, token, tool, status) in [
        ("both", Some("write~admin~"), "delete", 200),
        ("only the scope", Some("write~~"), "delete", 403),
        ("only the role", Some("~admin~"), "delete", 403),
        ("public", None, "version", 200),
        ("public, with a token", Some("~~"), "version", 200),
        ("no token", None, "delete", 401),
    ] {
        let bearer = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<_> = bearer
            .iter()
            .map(|it| ("authorization", it.as_str()))
            .collect();
        let response = post(&service, &headers, &call(tool)).await;
        assert_eq!(response.status, status, "{name}: {}", response.body);
    }
}
