//! Calls of the API with a token of a client of the environment.

use auth_testkit::{Client, MockScalekit};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use crate::support::{
    Pairs, authorization, claims, code_for, exchange, http, post_form, public_client, tokens, with,
};

/// The mock with a token for its API.
#[derive(Clone)]
pub struct Api {
    environment: String,
    pub token: String,
}

/// What was issued to a user who has logged in.
pub struct Tokens {
    pub client: String,
    pub access: String,
    pub refresh: String,
    /// Claim `sid`.
    pub session: String,
}

impl Api {
    pub async fn of(scalekit: &MockScalekit) -> Self {
        Self::of_client(scalekit, Client::confidential("skc_1", "not a secret")).await
    }

    /// With the token of a client that has these permissions alone.
    pub async fn limited_to(scalekit: &MockScalekit, permissions: &[&str]) -> Self {
        let client = Client::confidential("skc_2", "not a secret");
        let client = client.permissions(permissions.iter().copied());
        Self::of_client(scalekit, client).await
    }

    async fn of_client(scalekit: &MockScalekit, client: Client) -> Self {
        let client = scalekit.register_client(client);
        let environment = scalekit.environment_url().to_owned();
        let credentials: Pairs = vec![
            ("grant_type", "client_credentials".into()),
            ("client_id", client),
            ("client_secret", "not a secret".into()),
        ];
        let response = post_form(&format!("{environment}/oauth/token"), &credentials).await;
        assert_eq!(response.status(), StatusCode::OK);
        let body: Value = response.json().await.unwrap();
        Self {
            environment,
            token: body["access_token"].as_str().unwrap().to_owned(),
        }
    }

    /// A call with any token, or with none.
    pub async fn call_with(&self, token: Option<&str>, method: Method, path: &str) -> Response {
        let request = http().request(method, format!("{}/api/v1{path}", self.environment));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        request.send().await.unwrap()
    }

    pub async fn call(&self, method: Method, path: &str) -> Response {
        self.call_with(Some(&self.token), method, path).await
    }

    pub async fn post_json(&self, path: &str, body: &Value) -> Response {
        self.send_json(Method::POST, path, body).await
    }

    pub async fn send_json(&self, method: Method, path: &str, body: &Value) -> Response {
        let request = http().request(method, format!("{}/api/v1{path}", self.environment));
        let request = request.bearer_auth(&self.token).json(body);
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        accepted(self.call(Method::GET, path).await).await
    }

    pub async fn post(&self, path: &str) -> Value {
        accepted(self.call(Method::POST, path).await).await
    }
}

/// The body of a call that must succeed.
pub async fn accepted(response: Response) -> Value {
    succeeded(response, StatusCode::OK).await
}

/// The body of a call that must create something.
pub async fn created(response: Response) -> Value {
    succeeded(response, StatusCode::CREATED).await
}

async fn succeeded(response: Response, expected: StatusCode) -> Value {
    let status = response.status();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    assert_eq!(status, expected, "{body}");
    body
}

/// The ids of a list, under this name.
pub fn ids<'a>(list: &'a Value, items: &str, id: &str) -> Vec<&'a str> {
    let items = list[items].as_array().unwrap().iter();
    items.map(|item| item[id].as_str().unwrap()).collect()
}

/// Status and gRPC code of a refusal, which must be in the format of the gateway.
pub async fn refused(response: Response) -> (u16, u64) {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/json");
    let body: Value = response.json().await.unwrap();
    let kind = &body["details"][0]["@type"];
    assert_eq!(
        kind, "type.googleapis.com/scalekit.v1.errdetails.ErrorInfo",
        "{body}"
    );
    assert!(body["message"].is_string(), "{body}");
    (status, body["code"].as_u64().unwrap())
}

/// A login with a new client.
pub async fn log_in(scalekit: &MockScalekit) -> Tokens {
    log_in_as(scalekit, None).await
}

/// As [`log_in`], of the user with this e-mail address or `sub`.
pub async fn log_in_as(scalekit: &MockScalekit, hint: Option<&str>) -> Tokens {
    let client = public_client(scalekit);
    let request = authorization(&client);
    let request = match hint {
        Some(hint) => with(request, "login_hint", hint),
        None => request,
    };
    let code = code_for(scalekit, &request).await;
    let issued = tokens(scalekit, &exchange(&client, &code)).await;
    let access = issued["access_token"].as_str().unwrap().to_owned();
    Tokens {
        session: claims(&access)["sid"].as_str().unwrap().to_owned(),
        refresh: issued["refresh_token"].as_str().unwrap().to_owned(),
        access,
        client,
    }
}
