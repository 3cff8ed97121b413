//! The authentication log has the logins at the mock and the rows that a test adds, the newest first.

use std::time::{Duration, SystemTime};

use auth_core::support::Clock;
use auth_testkit::{AuthLogDraft, AuthStatus, MockScalekit, TestClock};
use reqwest::Method;
use serde_json::{Value, json};

use crate::api::{Api, ids, log_in, refused};
use crate::support::{authorization, authorize, public_client};

const LOGS: &str = "/logs/authentication/requests";

fn rows(list: &Value) -> Vec<&str> {
    ids(list, "authRequests", "auth_request_id")
}

fn rfc3339(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

#[tokio::test]
async fn logins_that_succeed_and_fail_have_rows() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    assert_eq!(api.get(LOGS).await["total_size"], 0);
    let client = log_in(&scalekit).await.client;
    scalekit.deny_next_approval("access_denied");
    let other = public_client(&scalekit);
    authorize(&scalekit, &authorization(&other)).await;
    let list = api.get(LOGS).await;
    assert_eq!(list["total_size"], 2);
    let (failed, row) = (&list["authRequests"][0], &list["authRequests"][1]);
    assert_eq!(
        (&failed["status"], &failed["client_id"]),
        (&json!("FAILED"), &json!(other))
    );
    for (name, value) in [
        ("organization_id", json!("org_1000000001")),
        ("email", json!("ada@example.com")),
        ("status", json!("SUCCESS")),
        ("resource_id", json!("res_1000000001")),
        ("resource_type", json!("mcp")),
        ("client_id", json!(client)),
        ("client_name", json!("public client")),
        ("client_type", json!("M2M")),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    for (name, prefix) in [
        ("auth_request_id", "ar_"),
        ("environment_id", "env_"),
        ("connection_id", "conn_"),
    ] {
        assert!(row[name].as_str().unwrap().starts_with(prefix), "{name}");
    }
    let details = &row["connection_details"][0];
    assert_eq!(details["connection_id"], row["connection_id"]);
    // Neither is in a row of Scalekit's.
    assert!(row.get("user_id").is_none() && row.get("sid").is_none());
}

#[tokio::test]
async fn the_filter_admits_by_each_member() {
    let clock = TestClock::new();
    let scalekit = MockScalekit::builder().clock(clock.clone()).start().await;
    let api = Api::of(&scalekit).await;
    let minute = Duration::from_secs(60);
    let add = |draft| {
        let id = scalekit.admin().add_authentication_log(draft);
        clock.advance(minute);
        id
    };
    let start = clock.now();
    let one = add(AuthLogDraft::new(AuthStatus::Success).email("ada@x"));
    let two = add(AuthLogDraft::new(AuthStatus::Failed).client("m2m_7", "Claude"));
    let three = add(AuthLogDraft::new(AuthStatus::Pending).resource("res_7"));
    let four = add(AuthLogDraft::new(AuthStatus::Initiated).connected_account("ada"));
    let (second, third) = (rfc3339(start + minute), rfc3339(start + 2 * minute));
    for (query, expected) in [
        (String::new(), vec![&four, &three, &two, &one]),
        ("status=SUCCESS".into(), vec![&one]),
        ("status=failed&status=Pending".into(), vec![&three, &two]),
        ("email=ADA@x".into(), vec![&one]),
        ("client_id=m2m_7".into(), vec![&two]),
        ("resource_id=res_7".into(), vec![&three]),
        ("connected_account_identifier=ada".into(), vec![&four]),
        (format!("start_time={third}"), vec![&four, &three]),
        (format!("end_time={second}"), vec![&two, &one]),
        (format!("start_time={second}&end_time={second}"), vec![&two]),
        ("email=eve@x".into(), vec![]),
    ] {
        let list = api.get(&format!("{LOGS}?{query}")).await;
        assert_eq!(rows(&list), expected, "{query}");
    }
    for bad in [
        "status=attic",
        "start_time=yesterday",
        "end_time=1",
        "page_token=x",
        "page_size=101",
    ] {
        let response = api.call(Method::GET, &format!("{LOGS}?{bad}")).await;
        assert_eq!(refused(response).await, (400, 3), "{bad}");
    }
    let first = api.get(&format!("{LOGS}?page_size=3")).await;
    assert_eq!(rows(&first), [&four, &three, &two]);
    let token = first["next_page_token"].as_str().unwrap();
    let last = api
        .get(&format!("{LOGS}?page_size=3&page_token={token}"))
        .await;
    assert_eq!(
        (rows(&last), &last["next_page_token"]),
        (vec![one.as_str()], &json!(""))
    );
}
