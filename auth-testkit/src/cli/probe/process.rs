//! A server under test that the suite starts itself.

use std::ffi::OsString;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use auth_core::support::async_trait;
use process_wrap::tokio::ChildWrapper;
#[cfg(unix)]
use process_wrap::tokio::ProcessGroup;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::cli::child_process;
use crate::probe::ServerControl;

/// A server has this long to accept connections.
const START: Duration = Duration::from_secs(30);

/// It has this long to end when asked to.
const END: Duration = Duration::from_secs(3);

/// One that does not answer has this long to be seen as ended.
const MOMENT: Duration = Duration::from_millis(200);

/// More of its output is not kept.
const MAX_OUTPUT: usize = 16 * 1024 * 1024;

/// A command that serves until it is ended.
pub(crate) struct Process {
    command: Vec<OsString>,
    variables: Vec<(&'static str, String)>,
    /// Where it listens.
    authority: String,
    child: tokio::sync::Mutex<Option<Box<dyn ChildWrapper>>>,
    /// How the one that was started last has ended before it listened.
    given_up: Mutex<Option<ExitStatus>>,
    output: Arc<Mutex<Vec<u8>>>,
}

impl Process {
    pub(crate) fn new(
        command: Vec<OsString>,
        variables: Vec<(&'static str, String)>,
        authority: String,
    ) -> Self {
        Self {
            command,
            variables,
            authority,
            child: tokio::sync::Mutex::new(None),
            given_up: Mutex::new(None),
            output: Arc::default(),
        }
    }

    async fn start(&self) -> io::Result<()> {
        let mut running = self.child.lock().await;
        if let Some(child) = running.take() {
            end(child).await;
        }
        self.note(None);
        if TcpStream::connect(&self.authority).await.is_ok() {
            let authority = &self.authority;
            return Err(io::Error::other(format!(
                "another program listens on {authority}: end it first"
            )));
        }
        let command = child_process::command(&self.command, |command| {
            let variables = self.variables.iter().map(|(name, value)| (name, value));
            command.envs(variables).stdin(Stdio::null());
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
        });
        let mut command = command.map_err(io::Error::other)?;
        // What the command starts ends with it. It reads from no terminal, and ctrl-c is passed on by `stop`.
        #[cfg(unix)]
        command.wrap(ProcessGroup::leader());
        let child = command.spawn().map_err(|error| {
            io::Error::new(
                error.kind(),
                child_process::cannot_run(&self.command, &error),
            )
        })?;
        // Kept at once, so that `stop` ends it, with what it has started, also when this future is dropped.
        let child = running.insert(child);
        let mut printing = JoinSet::new();
        keep(child.stdout().take(), &self.output, &mut printing);
        keep(child.stderr().take(), &self.output, &mut printing);
        let begun = Instant::now();
        while TcpStream::connect(&self.authority).await.is_err() {
            // It has given up; whether it should have is for the probes. Asked with `wait`, since `try_wait` of a
            // group does not report the end to tokio, which would then kill a process id that is free again.
            if let Ok(Ok(status)) = timeout(Duration::ZERO, child.wait()).await {
                self.note(Some(status));
                running.take();
                // What it started may still hold its output.
                let _ = timeout(END, printing.join_all()).await;
                return Ok(());
            }
            if begun.elapsed() > START {
                if let Some(child) = running.take() {
                    end(child).await;
                }
                return Err(io::Error::other(format!(
                    "the command did not listen on {} in {START:?}",
                    self.authority
                )));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        printing.detach_all();
        Ok(())
    }

    fn note(&self, given_up: Option<ExitStatus>) {
        *self.given_up.lock().unwrap_or_else(PoisonError::into_inner) = given_up;
    }

    /// The last lines that it has printed, for the error of a command that does not serve.
    pub(crate) fn end_of_output(&self) -> String {
        let output = self.output().unwrap_or_default();
        let lines: Vec<&str> = output.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    pub(crate) async fn stop(&self) {
        if let Some(child) = self.child.lock().await.take() {
            end(child).await;
        }
    }
}

#[async_trait]
impl ServerControl for Process {
    async fn restart(&self) -> io::Result<()> {
        self.start().await
    }

    async fn ended(&self) -> Option<String> {
        let mut running = self.child.lock().await;
        let status = match running.as_mut() {
            // It closes its connections a little before it has ended.
            Some(child) => timeout(MOMENT, child.wait()).await.ok()?.ok(),
            None => *self.given_up.lock().unwrap_or_else(PoisonError::into_inner),
        };
        status.map(child_process::end)
    }

    fn output(&self) -> Option<String> {
        let output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        Some(String::from_utf8_lossy(&output).into_owned())
    }
}

/// Asks it to end, and what it has started with it; kills what does not.
async fn end(mut child: Box<dyn ChildWrapper>) {
    #[cfg(unix)]
    {
        let terminate = tokio::signal::unix::SignalKind::terminate();
        let asked = child.signal(terminate.as_raw_value());
        if asked.is_ok() && timeout(END, child.wait()).await.is_ok() {
            return;
        }
    }
    let _ = Box::into_pin(child.kill()).await;
}

fn keep(
    from: Option<impl AsyncRead + Send + Unpin + 'static>,
    into: &Arc<Mutex<Vec<u8>>>,
    tasks: &mut JoinSet<()>,
) {
    let Some(mut from) = from else { return };
    let into = Arc::clone(into);
    tasks.spawn(async move {
        let mut part = vec![0; 8192];
        while let Ok(read @ 1..) = from.read(&mut part).await {
            let mut kept = into.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() < MAX_OUTPUT {
                kept.extend_from_slice(&part[..read]);
            }
        }
    });
}

#[cfg(all(test, unix))]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// A port that is free, as far as anyone knows.
    fn port() -> u16 {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.local_addr().unwrap().port()
    }

    fn process(port: u16, script: &str) -> Process {
        let command = ["sh", "-c", script].map(OsString::from).to_vec();
        Process::new(command, Vec::new(), format!("127.0.0.1:{port}"))
    }

    #[tokio::test]
    async fn how_a_program_has_ended_before_it_listened_is_known_until_it_is_started_anew() {
        for (script, how) in [
            ("exit 0", "exit code 0"),
            ("exit 7", "exit code 7"),
            ("exit 101", "exit code 101"),
            ("kill -6 $$", "signal 6"),
            ("kill -11 $$", "signal 11"),
        ] {
            let process = process(port(), script);
            assert_eq!(process.ended().await, None, "{script}: it was not started");
            process.start().await.unwrap();
            assert_eq!(process.ended().await.as_deref(), Some(how), "{script}");
        }
    }

    #[tokio::test]
    async fn how_a_program_has_ended_after_it_listened_is_known() {
        let port = port();
        let process = process(port, "exec sleep 600");
        let (started, _listener) = tokio::join!(process.start(), async {
            // In the place of the program, once that runs.
            while process.child.try_lock().is_ok() {
                tokio::task::yield_now().await;
            }
            TcpListener::bind(("127.0.0.1", port)).unwrap()
        });
        started.unwrap();
        assert_eq!(process.ended().await, None, "it runs");
        let id = process.child.lock().await.as_ref().unwrap().id().unwrap();
        let killed = std::process::Command::new("kill")
            .args(["-6", &id.to_string()])
            .status();
        assert!(killed.unwrap().success());
        let mut running = process.child.lock().await;
        running.as_mut().unwrap().wait().await.unwrap();
        drop(running);
        assert_eq!(process.ended().await.as_deref(), Some("signal 6"));
    }
}
