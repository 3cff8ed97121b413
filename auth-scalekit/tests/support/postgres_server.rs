//! [`PostgresServer`]: a PostgreSQL of the test, reachable through a socket in its folder only.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A running server, whose data are in a separate folder. It ends with the test.
pub(crate) struct PostgresServer {
    folder: TempDir,
    programs: PathBuf,
    /// The user and group that it runs as: it refuses to run as root.
    user: Option<(u32, u32)>,
    child: Option<Child>,
}

impl PostgresServer {
    pub(crate) fn start() -> Self {
        let mut server = Self {
            folder: TempDir::new().unwrap(),
            programs: programs().expect("PostgreSQL is not installed"),
            user: (number("id", &["-u"]) == Some(0)).then(|| {
                let of_postgres = |flag| number("id", &[flag, "postgres"]);
                of_postgres("-u")
                    .zip(of_postgres("-g"))
                    .expect("there is no user postgres")
            }),
            child: None,
        };
        fs::set_permissions(server.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["data", "socket"] {
            let path = server.folder.path().join(name);
            fs::create_dir(&path).unwrap();
            if let Some((user, group)) = server.user {
                chown(&path, Some(user), Some(group)).unwrap();
            }
        }
        let mut init = server.command("initdb");
        init.args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ])
        .arg(server.path("data"))
        .stdout(Stdio::null());
        assert!(init.status().unwrap().success(), "initdb");
        server.start_again();
        server
    }

    /// Where clients connect.
    pub(crate) fn url(&self) -> String {
        let socket = self.path("socket");
        let socket = socket.to_str().unwrap().replace('/', "%2F");
        format!("postgres://postgres@{socket}/postgres")
    }

    /// Runs a statement.
    pub(crate) fn run_sql(&self, statement: &str) {
        let mut client = Command::new("psql");
        client.args(["--quiet", "--dbname", &self.url(), "--command", statement]);
        assert!(client.status().unwrap().success(), "{statement}");
    }

    /// Ends the process at once, as a crash does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It removes its socket and its children when it is asked to end at once (SIGQUIT).
            let id = child.id().to_string();
            let asked = Command::new("kill").args(["-QUIT", &id]).status().unwrap();
            assert!(asked.success());
            child.wait().unwrap();
        }
    }

    /// Starts it, with the data that it has.
    pub(crate) fn start_again(&mut self) {
        let mut child = self
            .command("postgres")
            .arg("-D")
            .arg(self.path("data"))
            .arg("-k")
            .arg(self.path("socket"))
            .args([
                "-c",
                "listen_addresses=",
                "-c",
                "fsync=off",
                "-c",
                "max_connections=50",
            ])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("ready to accept connections") {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "postgres ended");
        }
        // It would wait for a reader of its log.
        std::thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
        self.child = Some(child);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .current_dir("/")
            .stdin(Stdio::null())
            .env_clear()
            .env("LC_ALL", "C");
        if let Some((user, group)) = self.user {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The folder of its programs: of Debian's newest version, or in `PATH`.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut debian: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort();
    let folders = debian.into_iter().rev().chain(std::env::split_paths(&path));
    let is_complete =
        |folder: &Path| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    folders.into_iter().find(|folder| is_complete(folder))
}

fn number(program: &str, arguments: &[&str]) -> Option<u32> {
    let output = Command::new(program).args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
