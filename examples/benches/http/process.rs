//! The processes of the bench: on which core they run, and what the system reports they have used.
//! Outside Linux they run on any core, and nothing is reported.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Keeps this process to one core, with all threads that it starts from now on.
pub(crate) fn keep_to_core(core: usize) {
    let id = std::process::id().to_string();
    let mut taskset = Command::new("taskset");
    taskset.args(["-cp", &core.to_string(), &id]);
    let done = taskset.stdout(Stdio::null()).status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("no taskset here: servers and load share all cores");
    }
}

/// A server in a separate process, which ends with this value.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Process {
    /// Starts it on the cores, a list such as `1` or `0,1`, and waits until it prints its address.
    pub(crate) fn start(mut command: Command, cores: &str) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(why) => panic!("cannot start {command:?}: {why}"),
        };
        // Before it has any threads but its first.
        let mut taskset = Command::new("taskset");
        taskset.args(["-acp", cores, &child.id().to_string()]);
        drop(taskset.stdout(Stdio::null()).status());
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        match line.trim().parse() {
            Ok(address) => Self { child, address },
            Err(_) => panic!("{command:?} printed {line:?} instead of its address"),
        }
    }

    /// The processor time of all its threads.
    pub(crate) fn processor_time(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let times = tasks.into_iter().flatten().flatten().filter_map(|task| {
            let statistics = fs::read_to_string(task.path().join("schedstat")).ok()?;
            statistics.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(times.sum())
    }

    /// The most memory that it has had, in KiB.
    pub(crate) fn peak_memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().strip_suffix("kB")?.trim().parse().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
