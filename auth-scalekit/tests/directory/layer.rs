//! The layer of a provider, with the directory beside it.

use auth_core::layer::AuthLayer;
use auth_core::policy::{OperationPolicy, active_member, in_group_named};
use auth_core::support::Clock;
use auth_scalekit::ScalekitProvider;
use http::{Request, Response};
use serde_json::json;
use tower::{Layer, ServiceExt};

use crate::stage::Stage;

const MCP_URL: &str = "http://localhost:8000/mcp";

#[tokio::test]
async fn what_changes_takes_effect_with_its_webhook() {
    let stage = Stage::with(|builder| builder).await;
    let scalekit = &stage.scalekit;
    let provider =
        ScalekitProvider::builder(scalekit.environment_url(), scalekit.resource_id(), MCP_URL)
            .clock(stage.clock.clone());
    let operations = OperationPolicy::builder().tool("deploy", in_group_named("Ops"));
    let layer = AuthLayer::builder(provider.build().unwrap())
        .policy(active_member())
        .operations(operations.build().unwrap())
        .directory(stage.directory.clone())
        .clock(stage.clock.clone())
        .build()
        .unwrap();
    let inner = tower::service_fn(async |_| {
        Ok::<_, std::convert::Infallible>(Response::new(String::new()))
    });
    let service = layer.layer(inner);
    let send = async |token: &str, tool: &str| {
        let call =
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool}});
        let request = Request::post("/mcp")
            .header("host", "localhost:8000")
            .header("authorization", format!("Bearer {token}"))
            .body(call.to_string())
            .unwrap();
        service
            .clone()
            .oneshot(request)
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let [ada, bob] = ["usr_1", "usr_2"].map(|user| scalekit.token_of(user, "org_1").sign());
    let machine = scalekit.token().organization("org_1").machine().sign();
    assert_eq!(send(&ada, "read").await, 503, "not listed yet");
    stage.directory.list_once().await.unwrap();
    for (name, token, expected) in [
        ("ada", &ada, [200, 200]),
        ("bob", &bob, [200, 403]),
        ("a machine", &machine, [403, 403]),
    ] {
        let statuses = [send(token, "read").await, send(token, "deploy").await];
        assert_eq!(statuses, expected, "{name}");
    }
    stage.tick();
    let begin = stage.clock.now();
    scalekit
        .admin()
        .deactivate_directory_user("ada@acme.example", "org_1");
    assert_eq!(send(&ada, "read").await, 200, "the webhook has not arrived");
    stage.deliver_last().await;
    assert_eq!(send(&ada, "read").await, 403);
    assert_eq!(stage.clock.now(), begin, "at once");
    assert_eq!(send(&bob, "read").await, 200, "the control");
}
