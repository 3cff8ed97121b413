//! `mock-scalekit serve` in a separate process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use crate::support::http;

pub fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mock-scalekit"))
}

/// The program while it serves.
pub struct Served {
    child: Child,
    /// The readiness line.
    pub ready: Value,
}

impl Served {
    pub fn start(options: &[&str]) -> Self {
        let mut command = program();
        command.arg("serve").args(options).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        Self {
            child,
            ready: serde_json::from_str(&line).unwrap(),
        }
    }

    pub fn text(&self, member: &str) -> &str {
        self.ready[member].as_str().unwrap()
    }

    /// A request to the control API, below the environment that the program was started with.
    pub async fn call(&self, method: Method, path: &str, body: Value) -> Response {
        let path = format!("/environments/default{path}");
        self.call_at(method, &path, body).await
    }

    pub async fn call_at(&self, method: Method, path: &str, body: Value) -> Response {
        let url = format!("{}{path}", self.text("control_url"));
        let request = http()
            .request(method, url)
            .bearer_auth(self.text("control_token"));
        let request = match body {
            Value::Null => request,
            body => request.body(body.to_string()),
        };
        request.send().await.unwrap()
    }

    /// A request that must succeed.
    pub async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        let response = self.call(method, path, body).await;
        assert!(
            response.status().is_success(),
            "{path}: {}",
            response.text().await.unwrap()
        );
        let text = response.text().await.unwrap();
        match text.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(&text).unwrap(),
        }
    }

    pub async fn token(&self, request: Value) -> String {
        let minted = self.done(Method::POST, "/tokens", request).await;
        minted["token"].as_str().unwrap().to_owned()
    }

    pub async fn keys(&self) -> (StatusCode, Value) {
        let response = http().get(self.text("jwks_uri")).send().await.unwrap();
        let status = response.status();
        (status, response.json().await.unwrap_or_default())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
