//! Users who log in at a page of the customer's: the whole flow with a page that is served by the test, and each refusal
//! beside an accepted control.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_testkit::settings::{Approval, Directory, DirectoryFormat};
use auth_testkit::{Client, Endpoint, MockScalekit, MockScalekitBuilder, TestClock};
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Redirect;
use axum::routing::get;
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::support::{
    Pairs, REDIRECT, authorization, authorize, claims, error, exchange, http, post_form,
    public_client, redirected, refresh, tokens, value, with, without,
};

/// Where the login page is, in tests that play its part.
const LOGIN: &str = "http://127.0.0.1:1/login?theme=dark";
const CONNECTION: &str = "conn_1000000001";

fn builder() -> MockScalekitBuilder {
    MockScalekit::builder().byoa(LOGIN)
}

/// A mock whose environment has a client for the management API.
fn with_client(scalekit: MockScalekit) -> MockScalekit {
    scalekit.register_client(Client::confidential("skc_1", "not a secret"));
    scalekit
}

fn credentials() -> Pairs {
    vec![
        ("grant_type", "client_credentials".into()),
        ("client_id", "skc_1".into()),
        ("client_secret", "not a secret".into()),
    ]
}

/// A token of the environment.
async fn management_token(environment: &str) -> String {
    let response = post_form(&format!("{environment}/oauth/token"), &credentials()).await;
    assert_eq!(response.status(), StatusCode::OK);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["expires_in"], 86_399);
    body["access_token"].as_str().unwrap().to_owned()
}

fn ada() -> Value {
    json!({ "sub": "ada-1", "email": "ada@acme.example" })
}

/// A login at which the browser has been sent to the page.
struct Login {
    environment: String,
    id: String,
    state: String,
    token: String,
}

impl Login {
    async fn start(scalekit: &MockScalekit, request: &Pairs) -> Self {
        let response = authorize(scalekit, request).await;
        assert_eq!(response.status(), StatusCode::FOUND);
        let location = response.headers()["location"].to_str().unwrap();
        let location = Url::parse(location).unwrap();
        assert!(location.as_str().starts_with(LOGIN), "{location}");
        let pairs: Vec<_> = location.query_pairs().into_owned().collect();
        let environment = scalekit.environment_url().to_owned();
        Self {
            token: management_token(&environment).await,
            environment,
            id: value(&pairs, "login_request_id").unwrap().to_owned(),
            state: value(&pairs, "state").unwrap().to_owned(),
        }
    }

    async fn post_to(&self, (connection, id): (&str, &str), token: &str, body: &str) -> Response {
        let api = format!("{}/api/v1/connections/{connection}", self.environment);
        let request = http().post(format!("{api}/auth-requests/{id}/user"));
        let request = match token.is_empty() {
            true => request,
            false => request.bearer_auth(token),
        };
        let request = request.header("content-type", "application/json");
        request.body(body.to_owned()).send().await.unwrap()
    }

    async fn post(&self, user: &Value) -> Response {
        let to = (CONNECTION, self.id.as_str());
        self.post_to(to, &self.token, &user.to_string()).await
    }

    /// Posts a user, who must be accepted.
    async fn posted(&self, user: &Value) {
        let response = self.post(user).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{body}");
        let id = body["auth_request_id"].as_str().unwrap();
        assert!(id.starts_with("req_"), "{body}");
    }

    async fn describe(&self) -> Response {
        let url = format!("{}/api/v1/auth-requests/{}", self.environment, self.id);
        http()
            .get(url)
            .bearer_auth(&self.token)
            .send()
            .await
            .unwrap()
    }

    async fn back_to(&self, connection: &str, query: &[(&str, &str)]) -> Response {
        let sso = format!("{}/sso/v1/connections/{connection}", self.environment);
        let request = http().get(format!("{sso}/partner:callback"));
        request.query(query).send().await.unwrap()
    }

    async fn back(&self) -> Response {
        self.back_to(CONNECTION, &[("state", &self.state)]).await
    }

    /// The claims of the access token that the login leads to.
    async fn token(&self, scalekit: &MockScalekit, client: &str) -> Value {
        let answer = redirected(&self.back().await);
        let code = value(&answer, "code").expect("a code");
        let bought = tokens(scalekit, &exchange(client, code)).await;
        claims(bought["access_token"].as_str().unwrap())
    }
}

/// Status, code and message of an error of the API.
async fn api_error(response: Response) -> (u16, u64, String) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    let kind = &body["details"][0]["@type"];
    assert_eq!(kind, "type.googleapis.com/scalekit.v1.errdetails.ErrorInfo");
    let message = body["message"].as_str().unwrap().to_owned();
    (status, body["code"].as_u64().unwrap(), message)
}

/// Why a browser that comes back is not sent to the client.
async fn refused(response: Response) -> String {
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(!response.headers().contains_key("location"));
    response.text().await.unwrap()
}

// The whole flow, with a page that is served.

#[derive(Deserialize)]
struct Handoff {
    login_request_id: String,
    state: String,
}

/// A login page, at which everyone is the same user.
struct LoginPage {
    environment: Mutex<String>,
    user: Value,
    /// What the issuer has answered to the question which client wants what.
    described: Mutex<Value>,
}

async fn log_in(State(page): State<Arc<LoginPage>>, Query(handoff): Query<Handoff>) -> Redirect {
    let environment = page.environment.lock().unwrap().clone();
    let login = Login {
        token: management_token(&environment).await,
        environment: environment.clone(),
        id: handoff.login_request_id,
        state: handoff.state,
    };
    let described = login.describe().await.json().await.unwrap();
    *page.described.lock().unwrap() = described;
    login.posted(&page.user).await;
    let mut back = Url::parse(&environment).unwrap();
    back.set_path(&format!(
        "/sso/v1/connections/{CONNECTION}/partner:callback"
    ));
    back.query_pairs_mut().append_pair("state", &login.state);
    Redirect::to(back.as_str())
}

#[tokio::test]
async fn a_browser_goes_by_the_login_page_to_the_client() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/login", listener.local_addr().unwrap());
    let scalekit = with_client(MockScalekit::builder().byoa(&url).start().await);
    let page = Arc::new(LoginPage {
        environment: Mutex::new(scalekit.environment_url().to_owned()),
        user: json!({
            "sub": "ada-1",
            "email": "ada@acme.example",
            "name": "Ada",
            "groups": ["engineering"],
            "roles": ["editor"],
            "custom_attributes": { "department": "engineering", "level": 2 },
            "organization_external_id": "acme",
            "organization_external_name": "Acme Corp",
        }),
        described: Mutex::default(),
    });
    let router = Router::new()
        .route("/login", get(log_in))
        .with_state(page.clone());
    let served = tokio::spawn(async { axum::serve(listener, router).await });

    let client = public_client(&scalekit);
    let mut response = authorize(&scalekit, &authorization(&client)).await;
    let mut visited = Vec::new();
    let answer = loop {
        let location = response.headers()["location"].to_str().unwrap().to_owned();
        if location.starts_with(REDIRECT) {
            break redirected(&response);
        }
        let location = Url::parse(&location).unwrap();
        visited.push(location.path().to_owned());
        response = http().get(location).send().await.unwrap();
    };
    served.abort();
    let callback = format!("/sso/v1/connections/{CONNECTION}/partner:callback");
    assert_eq!(visited, ["/login", &callback]);
    assert_eq!(value(&answer, "state"), Some("xyz"), "the client's own");
    assert_eq!(value(&answer, "iss"), Some(scalekit.issuer()));

    let bought = tokens(
        &scalekit,
        &exchange(&client, value(&answer, "code").unwrap()),
    )
    .await;
    let token = claims(bought["access_token"].as_str().unwrap());
    for (claim, expected) in [
        ("sub", json!("ada-1")),
        ("xoid", json!("acme")),
        ("roles", json!(["editor"])),
        (
            "custom_claims",
            json!({ "department": "engineering", "level": 2 }),
        ),
    ] {
        assert_eq!(token[claim], expected, "{claim}");
    }
    let organization = token["oid"].as_str().unwrap();
    assert!(organization.starts_with("org_"), "{organization}");
    let described = page.described.lock().unwrap().clone();
    assert_eq!(
        described,
        json!({
            "auth_request": {
                "id": described["auth_request"]["id"],
                "scopes": ["openid", "offline_access", "notes:read"],
            },
            "client": {
                "client_id": client,
                "sk_client_id": client,
                "client_name": "public client",
                "is_dcr": false,
                "is_cimd": false,
            },
            "resource": { "id": "res_1000000001", "name": "res_1000000001" },
        })
    );
    let old = bought["refresh_token"].as_str().unwrap();
    let renewed = tokens(&scalekit, &refresh(&client, old)).await;
    let renewed = claims(renewed["access_token"].as_str().unwrap());
    for claim in ["sub", "oid", "xoid", "roles", "custom_claims"] {
        assert_eq!(renewed[claim], token[claim], "{claim}");
    }
    for (endpoint, count) in [
        (Endpoint::LoginRequestUser, 1),
        (Endpoint::LoginRequest, 1),
        (Endpoint::LoginCallback, 1),
    ] {
        assert_eq!(scalekit.requests(endpoint).len(), count, "{endpoint}");
    }
}

// What is made of the user that was posted.

#[tokio::test]
async fn an_organization_is_known_by_its_external_id() {
    let file = r#"
[roles]
editor = ["notes:write"]

[[organizations]]
id = "org_7"
name = "Acme"
external_id = "acme"

[[users]]
id = "usr_1"
email = "ada@example.com"
organizations = [{ id = "org_7" }]
"#;
    let directory = Directory::parse(file, DirectoryFormat::Toml).unwrap();
    let scalekit = with_client(builder().directory(directory).start().await);
    let client = public_client(&scalekit);
    let token = async |organization: Value, request: Pairs| {
        let mut user = ada();
        user["organization_external_id"] = organization;
        user["roles"] = json!(["editor"]);
        let login = Login::start(&scalekit, &request).await;
        login.posted(&user).await;
        redirected(&login.back().await)
    };
    let claims_of = async |answer: &[(String, String)]| {
        let code = value(answer, "code").expect("a code");
        let bought = tokens(&scalekit, &exchange(&client, code)).await;
        claims(bought["access_token"].as_str().unwrap())
    };
    let request = authorization(&client);
    let acme = claims_of(&token(json!("acme"), request.clone()).await).await;
    assert_eq!(
        (&acme["oid"], &acme["xoid"]),
        (&json!("org_7"), &json!("acme"))
    );
    assert_eq!(acme["permissions"], json!(["notes:write"]), "of the role");

    // Others get an id here, always the same.
    let first = claims_of(&token(json!("bolt"), request.clone()).await).await;
    let again = claims_of(&token(json!("bolt"), request.clone()).await).await;
    let other = claims_of(&token(json!("carbon"), request.clone()).await).await;
    assert_eq!(first["oid"], again["oid"]);
    assert_ne!(first["oid"], other["oid"]);
    assert_eq!(first["xoid"], "bolt");
    assert_eq!(first["permissions"], json!(["notes:write"]));

    let nowhere = claims_of(&token(Value::Null, request.clone()).await).await;
    assert!(nowhere.get("oid").is_none() && nowhere.get("xoid").is_none());
    assert_eq!(nowhere["roles"], json!(["editor"]));

    let named = with(request, "organization_id", "org_7");
    claims_of(&token(json!("acme"), named.clone()).await).await;
    for elsewhere in [json!("bolt"), Value::Null] {
        let denied = token(elsewhere, named.clone()).await;
        assert_eq!(value(&denied, "error"), Some("access_denied"));
    }
}

#[tokio::test]
async fn names_may_be_in_camel_case_and_userinfo_has_the_address() {
    let scalekit = with_client(builder().start().await);
    let client = public_client(&scalekit);
    let request = with(authorization(&client), "scope", "openid email");
    for (verified, user) in [
        (
            true,
            json!({ "emailVerified": true, "customAttributes": { "a": 1 } }),
        ),
        (
            false,
            json!({ "custom_attributes": { "a": 1 }, "given_name": null }),
        ),
    ] {
        let mut posted = ada();
        let members = user.as_object().unwrap().clone();
        posted.as_object_mut().unwrap().extend(members);
        let login = Login::start(&scalekit, &request).await;
        login.posted(&posted).await;
        let answer = redirected(&login.back().await);
        let code = value(&answer, "code").unwrap();
        let bought = tokens(&scalekit, &exchange(&client, code)).await;
        let access = bought["access_token"].as_str().unwrap();
        assert_eq!(claims(access)["custom_claims"], json!({ "a": 1 }));
        let id_token = claims(bought["id_token"].as_str().unwrap());
        let userinfo = http().get(format!("{}/userinfo", scalekit.environment_url()));
        let userinfo = userinfo.bearer_auth(access).send().await.unwrap();
        for claims in [id_token, userinfo.json().await.unwrap()] {
            assert_eq!(claims["email"], "ada@acme.example");
            assert_eq!(claims["email_verified"], verified);
        }
    }
}

#[tokio::test]
async fn a_failed_login_is_denied() {
    let scalekit = with_client(builder().start().await);
    let client = public_client(&scalekit);
    let login = Login::start(&scalekit, &authorization(&client)).await;
    login.posted(&json!({ "login_failed": true })).await;
    let answer = redirected(&login.back().await);
    assert_eq!(value(&answer, "error"), Some("access_denied"));
    assert_eq!(value(&answer, "code"), None);
    assert_eq!(value(&answer, "state"), Some("xyz"));
    assert_eq!(value(&answer, "iss"), Some(scalekit.issuer()));
}

#[tokio::test]
async fn consent_is_asked_of_the_user_who_logged_in() {
    let scalekit = with_client(builder().consent_page(true).start().await);
    let client = public_client(&scalekit);
    let mut user = ada();
    user["organization_external_id"] = json!("acme");
    user["organization_external_name"] = json!("Acme <Corp>");
    let login = Login::start(&scalekit, &authorization(&client)).await;
    login.posted(&user).await;
    let response = login.back().await;
    assert_eq!(response.status(), StatusCode::OK);
    let page = response.text().await.unwrap();
    let shown = "ada@acme.example (ada-1) in <bdi>Acme &#60;Corp&#62;</bdi>";
    assert!(page.contains(shown), "{page}");
    assert!(!page.contains("usr_1000000001"), "no other user: {page}");
    let (_, rest) = page.split_once("name=\"ticket\" value=\"").unwrap();
    let ticket = rest.split_once('"').unwrap().0;
    let approval: Pairs = vec![
        ("ticket", ticket.into()),
        ("user", "ada-1".into()),
        ("scope", "notes:read".into()),
        ("decision", "approve".into()),
    ];
    let url = format!("{}/oauth/consent", scalekit.issuer());
    let other = post_form(&url, &with(approval.clone(), "user", "usr_1000000001")).await;
    assert_eq!(other.status(), StatusCode::BAD_REQUEST);
    let response = post_form(&url, &approval).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()["location"].to_str().unwrap();
    assert!(location.contains("code="), "{location}");
}

#[tokio::test]
async fn a_scripted_answer_is_given_after_the_login() {
    let scalekit = with_client(builder().start().await);
    let client = public_client(&scalekit);
    let request = with(authorization(&client), "scope", "notes:read notes:write");
    scalekit.script_next_approval(Approval::default_user().granting(["notes:read"]));
    scalekit.deny_next_approval("access_denied");
    let first = Login::start(&scalekit, &request).await;
    first.posted(&ada()).await;
    let token = first.token(&scalekit, &client).await;
    assert_eq!(
        (&token["sub"], &token["scope"]),
        (&json!("ada-1"), &json!("notes:read"))
    );
    let second = Login::start(&scalekit, &request).await;
    second.posted(&ada()).await;
    let answer = redirected(&second.back().await);
    assert_eq!(value(&answer, "error"), Some("access_denied"));
    let third = Login::start(&scalekit, &request).await;
    third.posted(&ada()).await;
    let token = third.token(&scalekit, &client).await;
    assert_eq!(token["scope"], "notes:read notes:write");
}

// Calls of the backend that are refused.

#[tokio::test]
async fn a_call_that_is_refused_uses_nothing_up() {
    let scalekit = with_client(builder().start().await);
    scalekit.register_client(Client::confidential("m2m_42", "not a secret"));
    let client = public_client(&scalekit);
    let login = Login::start(&scalekit, &authorization(&client)).await;
    let machine = with(credentials(), "client_id", "m2m_42");
    let machine = tokens(&scalekit, &machine).await;
    let machine = machine["access_token"].as_str().unwrap();
    let user = scalekit.token().sign();
    let forged = scalekit.token().subject("skc_1").client_id("skc_1").sign();
    let (id, good, body) = (login.id.as_str(), login.token.as_str(), ada().to_string());
    let not_for_it = "the token is not for the management api; get one with client_credentials of a client of \
                      the environment (skc_) at /oauth/token";
    let unknown = "invalid login request id: it is malformed, unknown or has expired";
    for (to, token, body, expected) in [
        (
            (CONNECTION, id),
            "",
            body.as_str(),
            (401, 16, "Token empty"),
        ),
        (
            (CONNECTION, id),
            "guessed",
            &body,
            (401, 16, "the token is not valid"),
        ),
        ((CONNECTION, id), machine, &body, (403, 7, not_for_it)),
        ((CONNECTION, id), &user, &body, (403, 7, not_for_it)),
        // Of the resource.
        ((CONNECTION, id), &forged, &body, (403, 7, not_for_it)),
        (
            ("conn_2", id),
            good,
            &body,
            (404, 5, "connection not found"),
        ),
        ((CONNECTION, "lri_1"), good, &body, (400, 3, unknown)),
        (
            (CONNECTION, id),
            good,
            "[]",
            (400, 3, "the body is not a user: expected an object"),
        ),
        (
            (CONNECTION, id),
            good,
            "{",
            (400, 3, "the body is not a user: not JSON at byte 1"),
        ),
    ] {
        let refused = api_error(login.post_to(to, token, body).await).await;
        let (status, code, message) = expected;
        assert_eq!(refused, (status, code, message.to_owned()));
    }
    login.posted(&ada()).await;
    login.token(&scalekit, &client).await;
}

#[tokio::test]
async fn a_user_that_is_not_as_documented_is_refused() {
    let scalekit = with_client(builder().start().await);
    let client = public_client(&scalekit);
    let login = Login::start(&scalekit, &authorization(&client)).await;
    let control = ada();
    let needed = "sub and email must be non-empty unless login_failed is true";
    for (name, instead, message) in [
        ("sub", None, needed),
        ("email", None, needed),
        ("sub", Some(json!("")), needed),
        ("email", Some(Value::Null), needed),
        (
            "user_id",
            Some(json!("1")),
            "the body is not a user: unknown field `user_id`, expected one of ",
        ),
        (
            "sub",
            Some(json!(1)),
            "the body is not a user: invalid type: integer `1`, expected a string",
        ),
        (
            "roles",
            Some(json!("admin")),
            "the body is not a user: invalid type: string \"admin\", expected a sequence",
        ),
        (
            "custom_attributes",
            Some(json!(["a"])),
            "the body is not a user: invalid type: sequence, expected a map",
        ),
        (
            "organization_external_name",
            Some(json!("a".repeat(201))),
            "organization_external_name must have 200 characters at most",
        ),
    ] {
        let mut user = control.clone();
        let members = user.as_object_mut().unwrap();
        members.remove(name);
        members.extend(instead.clone().map(|value| (name.to_owned(), value)));
        let (status, code, text) = api_error(login.post(&user).await).await;
        assert_eq!((status, code), (400, 3), "{name}");
        assert!(text.starts_with(message), "{name}: {text}");
    }
    let twice = r#"{"sub":"a","email":"a@b.c","sub":"b"}"#;
    let to = (CONNECTION, login.id.as_str());
    let (.., text) = api_error(login.post_to(to, &login.token, twice).await).await;
    assert_eq!(text, "the body is not a user: a duplicate member name");
    login.posted(&control).await;
}

#[tokio::test]
async fn the_rule_that_a_user_breaks_is_named() {
    let scalekit = with_client(builder().start().await);
    let client = public_client(&scalekit);
    let login = Login::start(&scalekit, &authorization(&client)).await;
    let body: Value = login
        .post(&json!({ "sub": "ada-1" }))
        .await
        .json()
        .await
        .unwrap();
    let violations = &body["details"][0]["validation_error_info"]["field_violations"];
    assert_eq!(
        *violations,
        json!([{
            "field": "user",
            "description": "sub and email must be non-empty unless login_failed is true",
            "constraint": "user.sub_email_required_unless_login_failed",
        }])
    );
    assert_eq!(body["details"][0]["error_code"], "INVALID_ARGUMENT");
    login.posted(&ada()).await;
}

#[tokio::test]
async fn a_login_request_is_used_once() {
    let scalekit = with_client(builder().start().await);
    let client = public_client(&scalekit);
    let login = Login::start(&scalekit, &authorization(&client)).await;
    login.posted(&ada()).await;
    let before = "the user of this login request was posted before; a login request is used once";
    let eve = json!({ "sub": "eve", "email": "eve@evil.example" });
    let again = api_error(login.post(&eve).await).await;
    assert_eq!(again, (400, 9, before.to_owned()));
    let token = login.token(&scalekit, &client).await;
    assert_eq!(token["sub"], "ada-1", "the first stays");
    let again = api_error(login.post(&eve).await).await;
    assert_eq!(again, (400, 9, before.to_owned()));
    assert_eq!(
        refused(login.back().await).await,
        "invalid_state: the state was used before: start the login again in the client"
    );
    assert_eq!(
        login.describe().await.status(),
        StatusCode::OK,
        "it can be read"
    );
}

#[tokio::test]
async fn a_browser_comes_back_with_the_state_it_was_given() {
    let scalekit = with_client(builder().start().await);
    let client = public_client(&scalekit);
    let login = Login::start(&scalekit, &authorization(&client)).await;
    let other = Login::start(&scalekit, &authorization(&client)).await;
    login.posted(&ada()).await;
    let unknown = "invalid_state: the state is unknown, or its login request has expired: start the login again in \
                   the client";
    let missing = "invalid_state: the state is missing or there more than once";
    let not_posted = "invalid_state: the login page has not posted the user of this login request; it must do so \
                      before it sends the browser back";
    let state = login.state.as_str();
    for (query, why) in [
        (vec![("state", "guessed")], unknown),
        // That of the client.
        (vec![("state", "xyz")], unknown),
        (vec![("state", login.id.as_str())], unknown),
        (vec![("state", other.state.as_str())], not_posted),
        (vec![], missing),
        (vec![("state", state), ("state", state)], missing),
    ] {
        let text = refused(login.back_to(CONNECTION, &query).await).await;
        assert_eq!(text, why, "{query:?}");
    }
    let elsewhere = login.back_to("conn_2", &[("state", state)]).await;
    assert_eq!(elsewhere.status(), StatusCode::NOT_FOUND);
    let token = login.token(&scalekit, &client).await;
    assert_eq!(token["sub"], "ada-1");
    // What came too early can be repeated.
    other
        .posted(&json!({ "sub": "bob-2", "email": "bob@acme.example" }))
        .await;
    assert_eq!(other.token(&scalekit, &client).await["sub"], "bob-2");
}

#[tokio::test]
async fn a_login_request_lives_for_fifteen_minutes() {
    let clock = TestClock::new();
    let scalekit = with_client(builder().clock(clock.clone()).start().await);
    let client = public_client(&scalekit);
    let request = authorization(&client);
    let in_time = Login::start(&scalekit, &request).await;
    let not_back = Login::start(&scalekit, &request).await;
    let not_posted = Login::start(&scalekit, &request).await;
    clock.advance(Duration::from_secs(899));
    in_time.posted(&ada()).await;
    not_back.posted(&ada()).await;
    in_time.token(&scalekit, &client).await;
    clock.advance(Duration::from_secs(1));
    let why = refused(not_back.back().await).await;
    assert!(
        why.starts_with("invalid_state: the state is unknown, or its"),
        "{why}"
    );
    let unknown = "invalid login request id: it is malformed, unknown or has expired";
    for expired in [not_posted.post(&ada()).await, not_posted.describe().await] {
        assert_eq!(api_error(expired).await, (400, 3, unknown.to_owned()));
    }
}

#[tokio::test]
async fn a_management_token_expires_and_ends_with_its_client() {
    let clock = TestClock::new();
    let scalekit = with_client(builder().clock(clock.clone()).start().await);
    let client = public_client(&scalekit);
    let old = management_token(scalekit.environment_url()).await;
    clock.advance(Duration::from_secs(86_399));
    let login = Login::start(&scalekit, &authorization(&client)).await;
    let to = (CONNECTION, login.id.as_str());
    let body = ada().to_string();
    let expired = api_error(login.post_to(to, &old, &body).await).await;
    assert_eq!(expired, (401, 16, "the token is not valid".to_owned()));
    assert_eq!(login.describe().await.status(), StatusCode::OK);
    scalekit.delete_client("skc_1");
    let gone = api_error(login.post(&ada()).await).await;
    assert_eq!(
        gone,
        (401, 16, "the client of the token was deleted".to_owned())
    );
}

#[tokio::test]
async fn a_client_of_the_environment_gets_no_token_of_the_resource() {
    let scalekit = with_client(builder().start().await);
    let token = management_token(scalekit.environment_url()).await;
    let token = claims(&token);
    assert_eq!(token["aud"], json!(["skc_1"]));
    assert_eq!(token["iss"], scalekit.environment_url());
    assert!(token.get("resid").is_none() && token.get("oid").is_none());
    let refused = post_form(scalekit.token_endpoint(), &credentials()).await;
    assert_eq!(
        error(refused, StatusCode::UNAUTHORIZED).await,
        "invalid_client"
    );
}

#[tokio::test]
async fn a_login_request_tells_which_client_wants_what() {
    let url = "http://127.0.0.1:3000/mcp";
    let scalekit = with_client(builder().resource_url(url).start().await);
    let id = "https://app.example/client.json";
    let document = json!({
        "client_id": id,
        "client_name": "App",
        "redirect_uris": [REDIRECT],
    });
    scalekit.publish_client_metadata(id, &document);
    let body = json!({ "client_name": "Self", "redirect_uris": [REDIRECT] });
    let register = format!(
        "{}/api/v1/resources/{}/clients:register",
        scalekit.environment_url(),
        scalekit.resource_id()
    );
    let registered = http().post(register).json(&body).send().await.unwrap();
    let registered: Value = registered.json().await.unwrap();
    let registered = registered["client_id"].as_str().unwrap();
    for (client, name, is_dcr, is_cimd) in
        [(id, "App", false, true), (registered, "Self", true, false)]
    {
        let login = Login::start(&scalekit, &authorization(client)).await;
        let described: Value = login.describe().await.json().await.unwrap();
        let shown = &described["client"];
        assert_eq!(shown["client_id"], client);
        assert_eq!(shown["client_name"], name);
        assert_eq!(
            (&shown["is_dcr"], &shown["is_cimd"]),
            (&json!(is_dcr), &json!(is_cimd))
        );
        let issued = shown["sk_client_id"].as_str().unwrap();
        assert!(issued.starts_with("m2m_"), "{issued}");
        assert_eq!(described["resource"]["name"], url);

        let anonymous = format!("{}/api/v1/auth-requests/{}", login.environment, login.id);
        let anonymous = http().get(anonymous).send().await.unwrap();
        assert_eq!(api_error(anonymous).await.0, 401);
    }
    let login = Login::start(&scalekit, &authorization(registered)).await;
    scalekit.delete_client(registered);
    let gone = api_error(login.describe().await).await;
    assert_eq!(gone, (404, 5, "client not found".to_owned()));
}

// Which requests lead to the page.

#[tokio::test]
async fn a_request_that_no_user_can_approve_does_not_reach_the_page() {
    let scalekit = with_client(builder().start().await);
    let control = authorization(&public_client(&scalekit));
    Login::start(&scalekit, &control).await;
    for (request, expected) in [
        (
            without(control.clone(), "code_challenge"),
            "invalid_request",
        ),
        (
            with(control.clone(), "response_type", "token"),
            "unsupported_response_type",
        ),
        (
            with(control.clone(), "resource", "/relative"),
            "invalid_target",
        ),
    ] {
        let answer = redirected(&authorize(&scalekit, &request).await);
        assert_eq!(value(&answer, "error"), Some(expected));
    }
    // Its user is needed to know the scopes.
    let login = Login::start(&scalekit, &with(control, "scope", "mail:send")).await;
    login.posted(&ada()).await;
    let answer = redirected(&login.back().await);
    assert_eq!(value(&answer, "error"), Some("invalid_scope"));
}

#[tokio::test]
async fn a_sign_in_to_the_client_itself_does_not_lead_to_the_page() {
    let scalekit = builder().start().await;
    let client = public_client(&scalekit);
    let request = with(authorization(&client), "scope", "openid");
    let url = format!("{}/oauth/authorize", scalekit.environment_url());
    let response = http().get(url).query(&request).send().await.unwrap();
    assert!(value(&redirected(&response), "code").is_some());
}

#[tokio::test]
async fn without_a_login_page_there_is_nothing_to_come_back_to() {
    for (scalekit, status) in [
        (
            with_client(builder().start().await),
            StatusCode::BAD_REQUEST,
        ),
        (
            with_client(MockScalekit::start().await),
            StatusCode::NOT_FOUND,
        ),
    ] {
        let environment = scalekit.environment_url();
        let login = Login {
            environment: environment.to_owned(),
            id: "lri_1".into(),
            state: "guessed".into(),
            token: management_token(environment).await,
        };
        for response in [
            login.post(&ada()).await,
            login.describe().await,
            login.back().await,
        ] {
            assert_eq!(response.status(), status);
        }
    }
    assert_eq!(builder().start().await.connection_id(), Some(CONNECTION));
    assert_eq!(MockScalekit::start().await.connection_id(), None);
}

#[tokio::test]
async fn the_connection_can_be_named() {
    let scalekit = with_client(builder().connection("conn_7").start().await);
    assert_eq!(scalekit.connection_id(), Some("conn_7"));
    let client = public_client(&scalekit);
    let login = Login::start(&scalekit, &authorization(&client)).await;
    let (_, _, message) = api_error(login.post(&ada()).await).await;
    assert_eq!(message, "connection not found");
    let to = ("conn_7", login.id.as_str());
    let posted = login.post_to(to, &login.token, &ada().to_string()).await;
    assert_eq!(posted.status(), StatusCode::OK);
}

#[test]
#[should_panic(expected = "connection: needs byoa, the login page that it connects to")]
fn a_connection_needs_a_login_page() {
    drop(builder().connection("conn_7").start_blocking());
    drop(
        MockScalekit::builder()
            .connection("conn_7")
            .start_blocking(),
    );
}

#[test]
#[should_panic(expected = "connection: expected conn_ and digits, got \"7\"")]
fn a_connection_has_an_id_of_scalekits() {
    drop(builder().connection("conn_7").connection("7"));
}

#[test]
#[should_panic(
    expected = "byoa: expected the URL of a login page, such as http://127.0.0.1:9000/login, \
                           without a fragment; got \"/login\""
)]
fn a_login_page_has_a_url_of_the_web() {
    drop(MockScalekit::builder().byoa(LOGIN).byoa("/login"));
}

#[tokio::test]
async fn secrets_are_not_recorded() {
    let scalekit = with_client(builder().start().await);
    let client = public_client(&scalekit);
    let login = Login::start(&scalekit, &authorization(&client)).await;
    login.posted(&ada()).await;
    login.token(&scalekit, &client).await;
    let printed = format!("{} {scalekit:?}", scalekit.transcript());
    assert!(printed.contains("partner:callback"), "{printed}");
    for secret in [
        &*login.token,
        &*login.state,
        "not a secret",
        "ada@acme.example",
    ] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
}
