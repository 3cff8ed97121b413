//! [`RedisServer`]: a `redis-server` of the test, on loopback.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A running server, whose data are in a separate folder. It ends with the test.
pub(crate) struct RedisServer {
    pub(crate) port: u16,
    folder: TempDir,
    arguments: Vec<String>,
    child: Option<Child>,
}

impl RedisServer {
    /// A server that loses nothing that it has acknowledged.
    pub(crate) fn start() -> Self {
        Self::with(&["--appendonly", "yes", "--appendfsync", "always"])
    }

    /// A server with these arguments.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        // Another process may take the port before the server does.
        for _ in 0..10 {
            let mut server = Self {
                port: free_port(),
                folder: TempDir::new().unwrap(),
                arguments: arguments.iter().map(|&it| it.into()).collect(),
                child: None,
            };
            if server.run() {
                return server;
            }
        }
        panic!("redis-server does not start with {arguments:?}");
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends the process at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// Starts it again, with the data that it has.
    pub(crate) fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        for _ in 0..100 {
            if self.run() {
                return;
            }
        }
        panic!("redis-server does not start again on port {}", self.port);
    }

    /// Removes its data, while it is not running.
    pub(crate) fn remove_data(&self) {
        assert!(self.child.is_none(), "it runs");
        for entry in std::fs::read_dir(self.folder.path()).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => std::fs::remove_dir_all(path).unwrap(),
                false => std::fs::remove_file(path).unwrap(),
            }
        }
    }

    /// The data, of a server that is not running, as it is now.
    pub(crate) fn copy_data(&self, to: &Path) {
        copy(self.folder.path(), to);
    }

    /// Replaces the data, of a server that is not running, by a copy.
    pub(crate) fn restore_data(&self, from: &Path) {
        self.remove_data();
        copy(from, self.folder.path());
    }

    /// Stops the process in the middle of whatever it does; it keeps its connections.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.as_ref().unwrap().id();
        let id = Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
        kill_process(id, signal).unwrap();
    }

    /// Whether it accepts connections now.
    fn run(&mut self) -> bool {
        let mut child = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--daemonize", "no", "--dir"])
            .arg(self.folder.path())
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while lines.read_line(&mut line).unwrap() > 0 {
            if line.contains("Ready to accept connections") {
                // It writes little, which fits into the pipe, and ends with the test.
                std::thread::spawn(move || lines.lines().for_each(drop));
                self.child = Some(child);
                return true;
            }
            line.clear();
        }
        child.wait().unwrap();
        false
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target: PathBuf = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that was free just now.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
