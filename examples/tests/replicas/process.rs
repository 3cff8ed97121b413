//! [`Replica`]: one process of the tutorial.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A process that serves. It ends with the test.
pub(crate) struct Replica {
    child: Child,
    pub(crate) ready: Value,
}

impl Replica {
    /// Starts it with these variables, and no other `SCALEKIT_…` and `REDIS_…`; else what it wrote to standard error,
    /// with its exit code.
    pub(crate) fn start(
        port: u16,
        variables: &[(&str, String)],
    ) -> Result<Self, (Option<i32>, String)> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_replicas"));
        for (name, _) in std::env::vars() {
            if name.starts_with("SCALEKIT_") || name.starts_with("REDIS_") || name == "RUST_LOG" {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args(["--ready-json", "--port", &port.to_string()])
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let mut stderr = child.stderr.take().unwrap();
        match serde_json::from_str(&line) {
            Ok(ready) => {
                // What it logs must not fill the pipe.
                std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
                Ok(Self { child, ready })
            }
            Err(_) => {
                let mut text = String::new();
                stderr.read_to_string(&mut text).unwrap();
                Err((child.wait().unwrap().code(), text))
            }
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.ready["url"].as_str().unwrap()
    }

    pub(crate) fn webhook_url(&self) -> &str {
        self.ready["webhook_url"].as_str().unwrap()
    }

    pub(crate) fn port(&self) -> u16 {
        url::Url::parse(self.url()).unwrap().port().unwrap()
    }

    /// Ends it at once (SIGKILL), as a crash does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
