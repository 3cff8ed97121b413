//! Servers that are compared with each other, and what they were measured to do.

use std::process::{Command, Stdio};
use std::time::Duration;

use auth_testkit::MockScalekit;

use crate::ROUNDS;
use crate::load::{Answers, Load};
use crate::process::Process;
use crate::server::{Setting, URL, VARIABLE};
use crate::spread::{print_ratio, spread};
use crate::wire::Wire;

/// One of them.
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) process: Process,
}

impl Server {
    pub(crate) fn start(name: &'static str, setting: &Setting) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(VARIABLE, serde_json::to_string(setting).unwrap());
        let cores = if setting.threads == 1 { "1" } else { "0,1" };
        let process = Process::start(command, cores);
        Self { name, process }
    }

    pub(crate) fn start_fastmcp(scalekit: &MockScalekit) -> Option<Self> {
        let python = std::env::var_os("FASTMCP_PYTHON")?;
        let mut import = Command::new(&python);
        import.args(["-c", "import fastmcp, uvicorn"]);
        let imported = import.stderr(Stdio::null()).status();
        assert!(
            imported.is_ok_and(|status| status.success()),
            "FASTMCP_PYTHON: expected an interpreter that has fastmcp and uvicorn, got {}",
            python.display()
        );
        let mut command = Command::new(python);
        command
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/benches/http/fastmcp_server.py"
            ))
            .arg(scalekit.environment_url())
            .arg(scalekit.resource_id())
            .arg(URL);
        let process = Process::start(command, "1");
        let name = "fastmcp";
        Some(Self { name, process })
    }

    /// A line about the most memory it has had.
    pub(crate) fn peak(&self, inner: &str) -> String {
        let name = self.name;
        self.process.peak_memory().map_or_else(
            || format!("{inner} {name:<22} peak memory: not available here"),
            |kib| {
                format!(
                    "{inner} {name:<22} peak memory {:.1} MiB",
                    kib as f64 / 1024.0
                )
            },
        )
    }
}

/// What each server did in each round.
pub(crate) struct Line<'a> {
    name: String,
    servers: Vec<Measured<'a>>,
}

struct Measured<'a> {
    server: &'a Server,
    /// Requests in a second, in each round.
    rates: Vec<f64>,
    all: Answers,
    processor: Duration,
}

impl<'a> Line<'a> {
    pub(crate) async fn run(
        inner: &str,
        wire: Wire,
        load: &Load,
        servers: impl Iterator<Item = &'a Server>,
    ) -> Self {
        let servers = servers.map(|server| Measured {
            server,
            rates: Vec::new(),
            all: Answers::default(),
            processor: Duration::ZERO,
        });
        let mut servers: Vec<_> = servers.collect();
        for _ in 0..ROUNDS {
            for measured in &mut servers {
                let process = &measured.server.process;
                let before = process.processor_time();
                let answers = load.flat_out(process.address, wire).await;
                measured.processor += process.processor_time() - before;
                measured.rates.push(answers.per_second());
                measured.all.latencies.extend(&answers.latencies);
            }
        }
        let name = format!("{inner}_{}", wire.name());
        Self { name, servers }
    }

    pub(crate) fn print(&mut self) {
        for measured in &mut self.servers {
            let (median, low, high) = spread(measured.rates.clone());
            let requests = measured.all.latencies.len() as f64;
            println!(
                "{} {:<22} {median:>8.0} requests/s ({low:.0}..{high:.0}), p50 {:.0} us, \
                 p99 {:.0} us, {:.1} us of processor each",
                self.name,
                measured.server.name,
                measured.all.percentile(50),
                measured.all.percentile(99),
                measured.processor.as_secs_f64() * 1e6 / requests,
            );
        }
    }

    /// How many times as many requests one answers as the other. Nothing, when one was left out.
    pub(crate) fn ratio(&self, name: &str, one: &str, other: &str) {
        let rates = |wanted: &str| {
            let found = self.servers.iter().find(|one| one.server.name == wanted);
            found.map(|measured| &measured.rates)
        };
        let (Some(one), Some(other)) = (rates(one), rates(other)) else {
            return;
        };
        let ratios = one.iter().zip(other).map(|(one, other)| one / other);
        print_ratio(&format!("{}_{name}", self.name), ratios.collect());
    }
}
