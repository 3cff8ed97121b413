//! The control API: all that a test in Rust can do with an issuer.

use std::time::{Duration, SystemTime};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::served::{Served, program};
use crate::support::{
    REDIRECT, VERIFIER, authorization, claims, exchange, http, look, post_form, redirected, value,
    verifies,
};

const POST: Method = Method::POST;
const GET: Method = Method::GET;
const DELETE: Method = Method::DELETE;

#[tokio::test]
async fn tokens_are_minted_good_and_bad() {
    let served = Served::start(&["--scopes", "todo:read,todo:write"]);
    let (_, keys) = served.keys().await;
    let control = served.token(Value::Null).await;
    assert!(verifies(&control, &keys));
    assert_eq!(claims(&control)["scope"], "todo:read todo:write");
    let asked = json!({
        "subject": "usr_7",
        "client_id": "m2m_7",
        "scopes": ["todo:read"],
        "claims": { "tenant": { "id": 7 } },
        "without_claims": ["sid"],
        "header": { "typ": "at+jwt" },
        "lifetime": 60,
    });
    let token = served.token(asked).await;
    assert!(verifies(&token, &keys));
    let (header, claims) = look(&token);
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(
        (&claims["sub"], &claims["scope"]),
        (&"usr_7".into(), &"todo:read".into())
    );
    assert_eq!(claims["tenant"]["id"], 7);
    assert!(claims.get("sid").is_none());
    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert_eq!(lifetime, 60);
    let endless = served.token(json!({ "lifetime": u64::MAX })).await;
    assert_eq!(look(&endless).1["exp"], u64::MAX);
    let bad = served.token(json!({ "defects": ["wrong-key"] })).await;
    assert!(!verifies(&bad, &keys));
}

#[tokio::test]
async fn keys_are_rotated_in_steps_and_odd_sets_served() {
    let served = Served::start(&[]);
    let old = served.done(GET, "/keys", Value::Null).await["kid"].clone();
    let next = served
        .done(POST, "/keys/publish-next", json!({ "algorithm": "ES256" }))
        .await;
    assert_eq!(served.keys().await.1["keys"].as_array().unwrap().len(), 2);
    assert_eq!(served.done(GET, "/keys", Value::Null).await["kid"], old);
    served.done(POST, "/keys/sign-with-next", Value::Null).await;
    assert_eq!(served.done(GET, "/keys", Value::Null).await, next);
    assert_eq!(look(&served.token(Value::Null).await).0["alg"], "ES256");
    served.done(POST, "/keys/withdraw-old", Value::Null).await;
    let (_, before) = served.keys().await;
    assert_eq!(before["keys"].as_array().unwrap().len(), 1);
    let rotated = served.done(POST, "/keys/rotate", Value::Null).await;
    assert_eq!(served.done(GET, "/keys", Value::Null).await, rotated);
    assert_ne!(rotated["kid"], before["keys"][0]["kid"]);
    let (_, both) = served.keys().await;
    assert_eq!(both["keys"].as_array().unwrap().len(), 2);
    served.done(POST, "/keys/withdraw-old", Value::Null).await;
    let (_, before) = served.keys().await;
    served.done(POST, "/keys/replace", Value::Null).await;
    let (_, after) = served.keys().await;
    assert_eq!(after["keys"][0]["kid"], before["keys"][0]["kid"]);
    assert_ne!(after["keys"][0]["x"], before["keys"][0]["x"]);
    served
        .done(POST, "/keys/serve", json!({ "unusual": "empty" }))
        .await;
    assert_eq!(served.keys().await.1, json!({ "keys": [] }));
    served
        .done(POST, "/keys/serve", json!({ "unusual": null }))
        .await;
    assert_eq!(served.keys().await.1, after);
}

#[tokio::test]
async fn endpoints_fail_requests_wait_and_connections_are_refused() {
    let served = Served::start(&[]);
    assert_eq!(served.keys().await.0, StatusCode::OK);
    let fault = json!({ "endpoint": "keys", "fault": { "status": 503 }, "times": 1 });
    let id = served.done(POST, "/faults", fault).await["id"].clone();
    assert_eq!(served.keys().await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(served.keys().await.0, StatusCode::OK);
    let path = format!("/faults/{id}");
    assert_eq!(
        served.done(GET, &path, Value::Null).await,
        json!({ "hits": 1 })
    );
    assert_eq!(
        served.done(DELETE, &path, Value::Null).await,
        json!({ "hits": 1 })
    );
    let gone = served.call(GET, &path, Value::Null).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    let reset = json!({ "endpoint": "keys", "fault": "reset" });
    let id = served.done(POST, "/faults", reset).await["id"].clone();
    http()
        .get(served.text("jwks_uri"))
        .send()
        .await
        .unwrap_err();
    served
        .done(DELETE, &format!("/faults/{id}"), Value::Null)
        .await;

    let gate = served
        .done(POST, "/gates", json!({ "endpoint": "keys" }))
        .await["id"]
        .clone();
    let path = format!("/gates/{gate}");
    let fetch = tokio::spawn(http().get(served.text("jwks_uri")).send());
    while served.done(GET, &path, Value::Null).await != json!({ "waiting": 1 }) {}
    assert!(!fetch.is_finished());
    served.done(DELETE, &path, Value::Null).await;
    assert_eq!(fetch.await.unwrap().unwrap().status(), StatusCode::OK);

    let refusal = served.done(POST, "/refusals", Value::Null).await["id"].clone();
    let refused = http()
        .get(served.text("jwks_uri"))
        .send()
        .await
        .unwrap_err();
    assert!(refused.is_connect());
    served
        .done(DELETE, &format!("/refusals/{refusal}"), Value::Null)
        .await;
    assert_eq!(served.keys().await.0, StatusCode::OK);
}

#[tokio::test]
async fn the_clock_runs_and_is_moved() {
    let served = Served::start(&[]);
    let now = async || {
        served.done(GET, "/clock", Value::Null).await["now"]
            .as_f64()
            .unwrap()
    };
    let computers = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let seconds = |time: Duration| time.as_secs_f64();
    assert!((now().await - seconds(computers)).abs() < 60.0);
    served
        .done(POST, "/clock", json!({ "advance": 7200 }))
        .await;
    assert!(now().await > seconds(computers) + 7200.0);
    let issued = claims(&served.token(Value::Null).await)["iat"]
        .as_f64()
        .unwrap();
    assert!(issued + 1.0 > seconds(computers) + 7200.0);
    served
        .done(POST, "/clock", json!({ "set": 2_000_000_000 }))
        .await;
    assert!((now().await - 2e9).abs() < 60.0);
}

#[tokio::test]
async fn a_login_is_scripted_and_recorded_without_secrets() {
    let served = Served::start(&[]);
    let client = json!({ "client_id": "m2m_42", "redirect_uris": [REDIRECT] });
    let registered = served.done(POST, "/clients", client.clone()).await;
    assert_eq!(registered["client_id"], "m2m_42");
    served
        .done(
            POST,
            "/approvals",
            json!({ "user": "usr_7", "scopes": ["notes:read"] }),
        )
        .await;
    let authorize = format!("{}/oauth/authorize", served.text("issuer"));
    let request = http().get(authorize).query(&authorization("m2m_42"));
    let answer = redirected(&request.send().await.unwrap());
    let code = value(&answer, "code").unwrap();
    let bought = post_form(served.text("token_endpoint"), &exchange("m2m_42", code)).await;
    let bought: Value = bought.json().await.unwrap();
    let access = claims(bought["access_token"].as_str().unwrap());
    assert_eq!(access["sub"], "usr_7");

    let tokens = served
        .done(GET, "/requests?endpoint=token", Value::Null)
        .await;
    assert_eq!(tokens.as_array().unwrap().len(), 1);
    assert_eq!(
        (&tokens[0]["status"], &tokens[0]["auth"]),
        (&json!(200), &json!("none"))
    );
    let all = served.done(GET, "/requests", Value::Null).await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    let transcript = served.call(GET, "/transcript", Value::Null).await;
    let transcript = transcript.text().await.unwrap();
    assert_eq!(transcript.lines().count(), 2);
    for secret in [code, VERIFIER, bought["access_token"].as_str().unwrap()] {
        assert!(!transcript.contains(secret) && !all.to_string().contains(secret));
    }
    let consent = json!({ "user": "usr_7", "client_id": "m2m_42" });
    served.done(POST, "/consents/delete", consent).await;
    let again = served.call(POST, "/clients", client).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_client_is_known_by_a_published_document() {
    let served = Served::start(&[]);
    let id = "https://app.invalid/client.json";
    let document = json!({ "client_id": id, "redirect_uris": [REDIRECT] });
    let published = json!({ "url": id, "document": document });
    let authorize = format!("{}/oauth/authorize", served.text("issuer"));
    let ask = || http().get(&authorize).query(&authorization(id)).send();
    served.done(POST, "/client-metadata", published).await;
    assert!(value(&redirected(&ask().await.unwrap()), "code").is_some());
}

#[tokio::test]
async fn environments_share_nothing_and_end_alone() {
    let served = Served::start(&[]);
    let settings =
        json!({ "resource_id": "res_7", "algorithm": "EdDSA", "lenient": ["plain-pkce"] });
    let started = served.call_at(POST, "/environments", settings).await;
    assert_eq!(started.status(), StatusCode::CREATED);
    let other: Value = started.json().await.unwrap();
    assert_ne!(other["environment_url"], served.ready["environment_url"]);
    assert_eq!(other["resource_id"], "res_7");
    let path = format!("/environments/{}", other["id"].as_str().unwrap());
    let described = served.call_at(GET, &path, Value::Null).await;
    assert_eq!(described.status(), StatusCode::OK);
    let minted = served
        .call_at(POST, &format!("{path}/tokens"), Value::Null)
        .await;
    let minted: Value = minted.json().await.unwrap();
    assert_eq!(look(minted["token"].as_str().unwrap()).0["alg"], "EdDSA");
    let jwks_uri = other["jwks_uri"].as_str().unwrap();
    http().get(jwks_uri).send().await.unwrap();
    let seen = served.done(GET, "/requests", Value::Null).await;
    assert_eq!(seen, json!([]), "the first has seen nothing of it");
    let stopped = served.call_at(DELETE, &path, Value::Null).await;
    assert_eq!(stopped.status(), StatusCode::NO_CONTENT);
    http().get(jwks_uri).send().await.unwrap_err();
    assert_eq!(served.keys().await.0, StatusCode::OK);
}

/// The scheme is the same in any case (RFC 9110 section 11.1), and the token is not.
#[tokio::test]
async fn the_control_token_is_read_whatever_the_case_of_its_scheme() {
    let served = Served::start(&[]);
    let url = format!("{}/environments/default/keys", served.text("control_url"));
    let token = served.text("control_token");
    let ask = async |authorization: String| {
        let request = http().get(&url).header("authorization", authorization);
        request.send().await.unwrap().status()
    };
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR", "bearer  "] {
        let status = ask(format!("{scheme} {token}")).await;
        assert_eq!(status, StatusCode::OK, "{scheme}");
        let swapped = token.chars().rev().collect::<String>();
        let status = ask(format!("{scheme} {swapped}")).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{scheme}");
    }
    for authorization in [
        format!("Basic {token}"),
        format!("DPoP {token}"),
        token.to_owned(),
        format!("bearer {token},"),
        "bearer".to_owned(),
    ] {
        assert_eq!(ask(authorization).await, StatusCode::UNAUTHORIZED);
    }
}

/// A fault, or a move of the clock, is written as a name or with a value; the error names which of them.
#[tokio::test]
async fn what_is_written_in_another_form_is_told_how_to_write_it() {
    let served = Served::start(&[]);
    let fault = |fault: Value| json!({ "endpoint": "userinfo", "fault": fault });
    for good in [
        json!({ "status": 503 }),
        json!({ "body": "x" }),
        json!({ "redirect": "https://other.example/" }),
        json!("endless"),
        json!({ "delay": 1.5 }),
        json!({ "delay": 2 }),
        json!({ "truncate": 40 }),
        json!({ "dribble": 0.1 }),
        json!("garbage"),
        json!("reset"),
        json!({ "reset": null }),
        json!("close"),
    ] {
        served.done(POST, "/faults", fault(good)).await;
    }
    for (bad, text) in [
        (
            json!("status"),
            "status needs a value: write {\"status\": 503}",
        ),
        (
            json!("body"),
            "body needs a value: write {\"body\": \"not json\"}",
        ),
        (
            json!("redirect"),
            "redirect needs a value: write {\"redirect\": ",
        ),
        (
            json!("delay"),
            "delay needs a value: write {\"delay\": 1.5}",
        ),
        (
            json!("truncate"),
            "truncate needs a value: write {\"truncate\": 40}",
        ),
        (
            json!("dribble"),
            "dribble needs a value: write {\"dribble\": 0.1}",
        ),
        (
            json!({ "reset": true }),
            "reset takes no value: write \"reset\"",
        ),
        (
            json!({ "close": 1 }),
            "close takes no value: write \"close\"",
        ),
        (
            json!({ "status": "503" }),
            "status has a value of the wrong type: write {\"status\": 503}",
        ),
        (
            json!({ "status": 70_000 }),
            "status has a value of the wrong type",
        ),
        (
            json!({ "status": null }),
            "status has a value of the wrong type",
        ),
        (
            json!({ "truncate": -1 }),
            "truncate has a value of the wrong type",
        ),
        (
            json!({ "delay": "1" }),
            "delay has a value of the wrong type",
        ),
        (
            json!({ "delay": -1 }),
            "expected seconds, 0 or more, got -1",
        ),
        (json!({ "status": 99 }), "from 200 to 599; got 99"),
        (
            json!("Status"),
            "\"Status\" is unknown: choose of status, body, redirect,",
        ),
        (
            json!({ "outage": 1 }),
            "\"outage\" is unknown: choose of status,",
        ),
        (
            json!({ "status": 503, "delay": 1 }),
            "expected one of {\"status\": 503}, {\"body\"",
        ),
        (json!({}), "expected one of {\"status\": 503}"),
        (json!(503), "expected one of {\"status\": 503}"),
        (json!(null), "expected one of {\"status\": 503}"),
        (json!(["reset"]), "expected one of {\"status\": 503}"),
    ] {
        let shown = bad.to_string();
        let response = served.call(POST, "/faults", fault(bad)).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{shown}");
        let body: Value = response.json().await.unwrap();
        let error = body["error"].as_str().unwrap();
        assert!(
            error.starts_with("fault: ") && error.contains(text),
            "{shown}: {error}"
        );
    }
    served.done(POST, "/clock", json!({ "advance": 0 })).await;
    for (bad, text) in [
        (
            json!("advance"),
            "advance needs a value: write {\"advance\": 3600}",
        ),
        (
            json!("set"),
            "set needs a value: write {\"set\": 2000000000}",
        ),
        (json!({ "set": -1 }), "set has a value of the wrong type"),
        (
            json!({ "set": u64::MAX }),
            "expected 253402300799 at the most",
        ),
        (
            json!({ "advance": 1e18 }),
            "expected 253402300799 at the most",
        ),
        (json!({ "advance": 1e300 }), "expected seconds, 0 or more"),
        (
            json!({ "back": 1 }),
            "\"back\" is unknown: choose of advance, set",
        ),
        (
            json!({}),
            "expected one of {\"advance\": 3600}, {\"set\": 2000000000}",
        ),
    ] {
        let shown = bad.to_string();
        let response = served.call(POST, "/clock", bad).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{shown}");
        let body: Value = response.json().await.unwrap();
        let error = body["error"].as_str().unwrap();
        assert!(
            error.starts_with("clock: ") && error.contains(text),
            "{shown}: {error}"
        );
    }
}

/// What the API says when it cannot do what was asked.
#[tokio::test]
async fn a_wrong_request_is_told_what_to_change() {
    let served = Served::start(&[]);
    for (method, path, body, status, text) in [
        (
            POST,
            "/tokens",
            json!({ "scope": "a" }),
            400,
            "unknown field `scope`, expected one of",
        ),
        (
            POST,
            "/tokens",
            json!({ "defects": ["old"] }),
            400,
            "no defect is called \"old\"",
        ),
        (
            POST,
            "/faults",
            json!({ "endpoint": "attic", "fault": "reset" }),
            400,
            "no endpoint is called \"attic\"; there are",
        ),
        (
            POST,
            "/faults",
            json!({ "endpoint": "keys", "fault": { "status": 99 } }),
            400,
            "from 200 to 599",
        ),
        (
            POST,
            "/faults",
            json!({ "endpoint": "keys", "fault": { "delay": -1 } }),
            400,
            "expected seconds",
        ),
        (
            POST,
            "/clock",
            json!({ "advance": -1 }),
            400,
            "expected seconds",
        ),
        (
            POST,
            "/keys/serve",
            json!({ "unusual": "even" }),
            400,
            "no unusual key set is called \"even\"",
        ),
        (
            POST,
            "/keys/publish-next",
            json!({ "algorithm": "HS256" }),
            400,
            "one with a public key",
        ),
        (
            POST,
            "/clients",
            json!({ "redirect_uris": ["http://a.example"] }),
            400,
            "must be https",
        ),
        (
            GET,
            "/faults/7",
            Value::Null,
            404,
            "nothing of this kind has the id 7",
        ),
        (GET, "/attic", Value::Null, 404, "see /openapi.json"),
        (
            GET,
            "/requests?endpoint=attic",
            Value::Null,
            400,
            "no endpoint is called",
        ),
    ] {
        let response = served.call(method, path, body).await;
        assert_eq!(response.status(), status, "{path}");
        let body: Value = response.json().await.unwrap();
        let error = body["error"].as_str().unwrap();
        assert!(error.contains(text), "{path}: {error}");
    }
    let settings = json!({ "resource_id": "seven" });
    let response = served.call_at(POST, "/environments", settings).await;
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        body["error"],
        "resource-id: expected res_ and digits, got \"seven\""
    );
    let nobody = served
        .call_at(GET, "/environments/nobody", Value::Null)
        .await;
    assert_eq!(nobody.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn api_keys_are_created_listed_and_invalidated() {
    let served = Served::start(&[]);
    let asked = json!({
        "organization": "org_1000000001",
        "user": "usr_1000000001",
        "custom_claims": { "team": "ops" },
        "lifetime": 60,
        "description": "ci",
    });
    let made = served.done(POST, "/api-keys", asked.clone()).await;
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert!(id.starts_with("apit_") && key.len() == 50);
    let list = served.done(GET, "/api-keys", Value::Null).await;
    assert!(!list.to_string().contains(key));
    let info = &list[0];
    assert_eq!(
        (&info["token_id"], &info["valid"], &info["custom_claims"]),
        (&json!(id), &json!(true), &json!({ "team": "ops" }))
    );
    let path = format!("/api-keys/{id}");
    served.done(DELETE, &path, Value::Null).await;
    let list = served.done(GET, "/api-keys", Value::Null).await;
    assert_eq!(list[0]["valid"], false);
    let unknown = served.call(DELETE, "/api-keys/apit_404", Value::Null).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    for lifetime in [253_402_300_799, u64::MAX] {
        let mut lasting = asked.clone();
        lasting["lifetime"] = json!(lifetime);
        let refused = served.call(POST, "/api-keys", lasting).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{lifetime}");
        let body: Value = refused.json().await.unwrap();
        let error = body["error"].as_str().unwrap();
        assert!(error.contains("after the year 9999"), "{error}");
    }
    let mut elsewhere = asked;
    elsewhere["organization"] = json!("org_404");
    let refused = served.call(POST, "/api-keys", elsewhere).await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn directories_and_the_authentication_log_are_changed() {
    let served = Served::start(&[]);
    let organization = "org_1000000001";
    let change = async |body: Value| served.done(POST, "/changes", body).await;
    let group = json!({ "change": "create-directory-group", "name": "sales", "organization": organization });
    let group = change(group).await;
    assert!(group["id"].as_str().unwrap().starts_with("dirgroup_"));
    assert!(group["event"].as_str().unwrap().starts_with("evt_"));
    let user = json!({
        "change": "create-directory-user",
        "organization": organization,
        "email": "bea@example.com",
        "groups": ["sales"],
    });
    let created = change(user.clone()).await;
    assert!(created["id"].as_str().unwrap().starts_with("diruser_"));
    let again = served.call(POST, "/changes", user).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    let row = json!({ "status": "failed", "email": "eve@example.com" });
    let row = served.done(POST, "/authentication-logs", row).await;
    assert!(row["id"].as_str().unwrap().starts_with("ar_"));
    let bad = served
        .call(POST, "/authentication-logs", json!({ "status": "attic" }))
        .await;
    assert_eq!(bad.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_key_is_created_by_the_program_and_validated_within_the_rate_limit() {
    let served = Served::start(&[
        "--management-client",
        "--management-rate-limit",
        "1",
        "--management-retry-after",
    ]);
    let output = program()
        .args([
            "api-key",
            "--claim",
            "team=ops",
            "--user",
            "ada@example.com",
        ])
        .env("MOCK_SCALEKIT_CONTROL_URL", served.text("control_url"))
        .env("MOCK_SCALEKIT_CONTROL_TOKEN", served.text("control_token"))
        .output()
        .unwrap();
    assert!(output.status.success());
    let key = String::from_utf8(output.stdout).unwrap();
    let environment = served.text("environment_url");
    let credentials = vec![
        ("grant_type", "client_credentials".to_owned()),
        ("client_id", served.text("client_id").to_owned()),
        ("client_secret", served.text("client_secret").to_owned()),
    ];
    let response = post_form(&format!("{environment}/oauth/token"), &credentials).await;
    let body: Value = response.json().await.unwrap();
    let token = body["access_token"].as_str().unwrap();
    let validate = async || {
        let request = http().post(format!("{environment}/api/v1/tokens:validate"));
        let request = request
            .bearer_auth(token)
            .json(&json!({ "token": key.trim() }));
        request.send().await.unwrap()
    };
    let body: Value = validate().await.json().await.unwrap();
    assert_eq!(
        body["token_info"]["custom_claims"],
        json!({ "team": "ops" })
    );
    assert_eq!(body["token_info"]["user_id"], "usr_1000000001");
    let limited = validate().await;
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(limited.headers().contains_key("retry-after"));
}
