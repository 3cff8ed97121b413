//! A folder with files, and the program.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use auth_core::audit::{ChainKey, JsonLines};
use auth_core::provider::PublicUrl;
use auth_core::revocation::MemoryRevocations;
use axum::body::Body;
use clap::Parser;
use examples::api_keys::{KeyTable, app, new_key};
use examples::audit::{AuditError, Cli, run};
use http::Request;
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const KEY: &str = "0123456789abcdef0123456789abcdef";

pub(crate) struct Stage(TempDir);

/// The result of a command, and its output.
pub(crate) type Output = (Result<bool, AuditError>, String);

impl Stage {
    pub(crate) fn new() -> Self {
        let stage = Self(tempfile::tempdir().unwrap());
        stage.write("key", &format!("{KEY}\n"));
        stage
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Runs the program with these arguments; `@name` is a file of the stage.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let cli = Cli::try_parse_from(self.arguments(arguments)).unwrap();
        let mut out = Vec::new();
        let result = run(cli, &mut out).await;
        (result, String::from_utf8(out).unwrap())
    }

    /// The output of a command that succeeds.
    pub(crate) async fn output(&self, arguments: &[&str]) -> String {
        let (result, output) = self.run(arguments).await;
        assert!(result.unwrap(), "{output}");
        output
    }

    pub(crate) fn arguments(&self, arguments: &[&str]) -> Vec<String> {
        let path = |argument: &&str| match argument.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None => (*argument).to_owned(),
        };
        let program = ["audit".to_owned()].into_iter();
        program.chain(arguments.iter().map(path)).collect()
    }

    /// Serves this many requests with a chained audit file.
    pub(crate) async fn serve(&self, requests: usize, max_bytes: u64) {
        let key = ChainKey::read(&self.path("key")).unwrap();
        let file = JsonLines::builder(self.path("audit.jsonl")).max_bytes(max_bytes);
        let file = file.chained(key).open().unwrap();
        let (key, row) = new_key("ada").unwrap();
        let table = KeyTable::from_json(&serde_json::to_string(&[row]).unwrap()).unwrap();
        let resource = PublicUrl::parse("https://mcp.example.com/mcp").unwrap();
        let revoked = Arc::new(MemoryRevocations::new());
        let app = app(table, resource, revoked, |layer| layer.audit(file)).unwrap();
        for _ in 0..requests {
            let request = Request::get("/mcp").header("authorization", format!("Bearer {key}"));
            let request = request.body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), 200);
        }
    }
}

/// A line of an event.
pub(crate) fn line(second: u64, organization: &str, client: &str, more: &str) -> String {
    format!(
        "{{\"time\":{second}.5,\"auth.decision\":\"admitted\",\"auth.resource\":\"https://mcp.example/mcp\",\
         \"user.id\":\"usr_1\",\"auth.client_id\":\"{client}\",\"auth.organization\":\"{organization}\"{more}}}\n"
    )
}

/// A row of the authentication logs.
pub(crate) fn login(second: u64, organization: &str, client: &str, email: &str) -> String {
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(second);
    let time = humantime::format_rfc3339_seconds(time);
    format!(
        "{{\"auth_request_id\":\"ar_{second}\",\"timestamp\":\"{time}\",\"status\":\"SUCCESS\",\
         \"organization_id\":\"{organization}\",\"client_id\":\"{client}\",\"email\":\"{email}\"}}\n"
    )
}
