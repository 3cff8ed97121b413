//! The MCP server, its clients, and the consents of users.

use auth_testkit::{Client, MockScalekit, User};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::api::{Api, accepted, ids, log_in, log_in_as, refused};
use crate::support::{error, refresh, token, tokens};

const CONSENTS: &str = "/user_consents?resource_id=res_1000000001";

#[tokio::test]
async fn the_mcp_server_is_listed_and_shown() {
    let scalekit = MockScalekit::builder()
        .resource_url("https://notes.example/mcp")
        .dynamic_registration(false)
        .scopes(["notes:read"])
        .user(User::default().permissions(["notes:share"]))
        .start()
        .await;
    let api = Api::of(&scalekit).await;
    let list = api.get("/resources?resource_type=MCP_SERVER").await;
    assert_eq!(
        (ids(&list, "resources", "id"), &list["total_size"]),
        (vec!["res_1000000001"], &json!(1))
    );
    let resource = &list["resources"][0];
    for (name, value) in [
        ("resource_type", json!("MCP_SERVER")),
        ("resource_uri", json!("https://notes.example/mcp")),
        ("disable_dynamic_client_registration", json!(true)),
        ("enable_cimd", json!(true)),
        ("xaa_enabled", json!(false)),
        ("access_token_expiry", json!("3600")),
        ("intersect_scopes_user_permission", json!(false)),
    ] {
        assert_eq!(resource[name], value, "{name}");
    }
    assert_eq!(
        ids(resource, "scopes", "name"),
        ["notes:read", "notes:share"]
    );
    assert_eq!(
        (
            &resource["scopes"][0]["enabled"],
            &resource["scopes"][1]["enabled"]
        ),
        (&json!(true), &json!(false))
    );
    let metadata = &resource["protected_metadata"];
    assert_eq!(
        metadata["authorization_servers"],
        json!([scalekit.issuer()])
    );
    assert_eq!(
        api.get("/resources/res_1000000001").await["resource"],
        *resource
    );
    assert_eq!(
        api.get("/resources?resource_type=WEB").await["total_size"],
        0
    );
    for (path, expected) in [
        ("/resources", (400, 3)),
        ("/resources?resource_type=ATTIC", (400, 3)),
        ("/resources?resource_type=WEB&page_size=31", (400, 3)),
        ("/resources/res_404", (404, 5)),
        ("/resources/res_404/clients", (404, 5)),
        ("/resources/res_404/clients/m2m_1", (404, 5)),
        ("/resources/res_1000000001/clients/m2m_404", (404, 5)),
    ] {
        let response = api.call(Method::GET, path).await;
        assert_eq!(refused(response).await, expected, "{path}");
    }
}

#[tokio::test]
async fn clients_are_listed_and_shown_with_the_users_who_have_consented() {
    let scalekit = MockScalekit::builder()
        .user(User::default().external_id("u-1"))
        .start()
        .await;
    let api = Api::of(&scalekit).await;
    let login = log_in(&scalekit).await;
    scalekit.register_client(Client::confidential("m2m_1", "not a secret"));
    scalekit.register_client(Client::confidential("m2morg_1", "not a secret"));
    let clients = "/resources/res_1000000001/clients";
    let list = api.get(clients).await;
    let mut expected = [login.client.as_str(), "m2m_1"];
    expected.sort_unstable();
    assert_eq!(ids(&list, "clients", "client_id"), expected);
    assert_eq!(
        (&list["total_dcr_clients"], &list["total_static_clients"]),
        (&json!(0), &json!(2))
    );
    let machine = api.get(&format!("{clients}/m2m_1")).await;
    assert_eq!(machine["client"]["secrets"][0]["secret_suffix"], "cret");
    assert_eq!(machine["consented_users"], json!([]));
    let shown = api.get(&format!("{clients}/{}", login.client)).await;
    assert_eq!(shown["client"]["secrets"], json!([]));
    assert_eq!(
        (&shown["client"]["is_dcr"], &shown["client"]["is_cimd"]),
        (&json!(false), &json!(false))
    );
    let user = &shown["consented_users"][0];
    assert_eq!(user["external_user_id"], "u-1");
    assert!(user["consent_id"].as_str().unwrap().starts_with("usrcnst_"));
    assert!(
        user["scopes"]
            .as_array()
            .unwrap()
            .contains(&json!("notes:read"))
    );
}

#[tokio::test]
async fn consents_are_found_by_search_and_by_filter() {
    let scalekit = MockScalekit::builder()
        .user(User::default().external_id("u-1"))
        .also_user(
            User::new("usr_2")
                .email("bea@example.com")
                .external_id("u-2"),
        )
        .start()
        .await;
    let api = Api::of(&scalekit).await;
    log_in(&scalekit).await;
    log_in_as(&scalekit, Some("usr_2")).await;
    let users = async |query: &str| {
        let list = api.get(&format!("{CONSENTS}{query}")).await;
        ids(&list, "consents", "external_user_id").join(" ")
    };
    for (query, expected) in [
        ("", "u-2 u-1"),
        ("&search=U-1", "u-1"),
        ("&search=public", "u-2 u-1"),
        ("&search=attic", ""),
        ("&filter.external_user_id=u-2", "u-2"),
        ("&filter.external_user_id=u-2&search=u-1", "u-2"),
        (
            "&filter.external_user_id=u-2&filter.external_user_id=u-1",
            "u-2 u-1",
        ),
        ("&page_size=1", "u-2"),
    ] {
        assert_eq!(users(query).await, expected, "{query}");
    }
    let first = api.get(&format!("{CONSENTS}&page_size=1")).await;
    let token = first["next_page_token"].as_str().unwrap();
    assert_eq!(
        users(&format!("&page_size=1&page_token={token}")).await,
        "u-1"
    );
    let many = "&filter.external_user_id=u".repeat(26);
    for path in [
        "/user_consents",
        &format!("{CONSENTS}&page_size=31"),
        &format!("{CONSENTS}{many}"),
    ] {
        let response = api.call(Method::GET, path).await;
        assert_eq!(refused(response).await, (400, 3), "{path}");
    }
}

#[tokio::test]
async fn a_deleted_consent_ends_the_refresh_tokens_of_user_and_client() {
    let scalekit = MockScalekit::start().await;
    let api = Api::of(&scalekit).await;
    let login = log_in(&scalekit).await;
    let kept = log_in(&scalekit).await;
    let refreshed = tokens(&scalekit, &refresh(&login.client, &login.refresh)).await;
    let refreshed = refreshed["refresh_token"].as_str().unwrap();
    let consents = api.get(CONSENTS).await;
    let consents = consents["consents"].as_array().unwrap();
    let of_login = consents
        .iter()
        .find(|one| one["client_id"] == login.client.as_str());
    let consent = of_login.unwrap()["id"].as_str().unwrap();
    for (path, expected) in [
        (
            format!("/clients/{}/consents/usrcnst_404", login.client),
            (404, 5),
        ),
        (
            format!("/clients/{}/consents/{consent}", kept.client),
            (404, 5),
        ),
        (format!("/clients/skc_1/consents/{consent}"), (400, 3)),
        (
            format!("/clients/{}/consents/cnst_1", login.client),
            (400, 3),
        ),
    ] {
        let response = api.call(Method::DELETE, &path).await;
        assert_eq!(refused(response).await, expected, "{path}");
    }
    let path = format!("/clients/{}/consents/{consent}", login.client);
    assert_eq!(
        accepted(api.call(Method::DELETE, &path).await).await,
        json!({})
    );
    let response = token(&scalekit, &refresh(&login.client, refreshed)).await;
    assert_eq!(
        error(response, StatusCode::BAD_REQUEST).await,
        "invalid_grant"
    );
    tokens(&scalekit, &refresh(&kept.client, &kept.refresh)).await;
    let response = api.call(Method::DELETE, &path).await;
    assert_eq!(refused(response).await, (404, 5));
    assert_eq!(api.get(CONSENTS).await["total_size"], 1);
}
