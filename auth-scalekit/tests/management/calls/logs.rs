//! Authentication logs and events.

use std::time::{Duration, SystemTime};

use auth_scalekit::management::{AuthenticationLogFilter, AuthenticationStatus, EventFilter};
use serde_json::json;

use super::{Kind, Row, many};

pub(super) fn rows() -> Vec<Row> {
    let login = json!({
        "auth_request_id": "ar_1",
        "organization_id": "org_1",
        "environment_id": "env_1",
        "connection_id": "conn_1",
        "connection_type": "OIDC",
        "connection_provider": "OKTA",
        "connection_details": [],
        "email": "marker@example.com",
        "status": "SUCCESS",
        "timestamp": "2026-11-01T00:00:00Z",
        "workflow": "marker",
        "resource_id": "res_1",
        "resource_name": "marker",
        "resource_type": "mcp",
        "client_id": "m2m_1",
        "client_name": "marker",
        "client_type": "M2M",
    });
    let event = json!({ "id": "evt_1", "type": "user.logout", "data": { "email": "marker" } });
    vec![
        Row {
            name: "GET /api/v1/logs/authentication/requests",
            path: "/api/v1/logs/authentication/requests",
            query: &[
                ("resource_id", "res_1"),
                ("status", "SUCCESS"),
                ("status", "FAILED"),
                ("email", "a+b@example.com"),
                ("client_id", "m2m_1"),
                ("start_time", "1970-01-01T00:00:01Z"),
                ("end_time", "1970-01-01T00:00:02Z"),
            ],
            sent: None,
            kind: Kind::List("authRequests"),
            answer: json!({ "authRequests": [login], "next_page_token": "", "total_size": 1 }),
            call: |it| {
                let second = Duration::from_secs(1);
                let filter = AuthenticationLogFilter::new()
                    .email("a+b@example.com")
                    .statuses([AuthenticationStatus::Success, AuthenticationStatus::Failed])
                    .start_time(SystemTime::UNIX_EPOCH + second)
                    .end_time(SystemTime::UNIX_EPOCH + 2 * second)
                    .resource("res_1")
                    .client("m2m_1");
                let logs = it.authentication_logs(&filter);
                Box::pin(async move { many(logs.collect_up_to(100).await) })
            },
        },
        Row {
            name: "POST /api/v1/events/paginated",
            path: "/api/v1/events/paginated",
            query: &[("page_size", "30")],
            sent: Some(json!({ "organization_id": "org_1" })),
            kind: Kind::List("events"),
            answer: json!({ "events": [event], "next_page_token": "", "prev_page_token": "" }),
            call: |it| {
                let events = it.events(&EventFilter::new().organization("org_1"));
                Box::pin(async move { many(events.collect_up_to(100).await) })
            },
        },
    ]
}
