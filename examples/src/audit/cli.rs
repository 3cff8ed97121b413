//! The command line.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use clap::{Args, Parser};

use super::filter::{self, Filter};
use super::printer::FormatArgs;
use super::verify::VerifyArgs;

/// Reads and verifies audit files.
///
/// The logins of a join come from Scalekit's authentication logs: with --scalekit at once, for which
/// SCALEKIT_ENVIRONMENT_URL, SCALEKIT_RESOURCE_ID, SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET (or its _FILE) must be
/// set, the client with the permission auth_logs:read; or with --logs from a file of fetch-logs. Exit codes: 0 all is
/// well, 1 verify has findings, 2 the command could not be carried out.
#[derive(Debug, Parser)]
#[command(name = "audit")]
pub enum Cli {
    /// Verify the hash chain of files: each changed, removed, inserted or moved line is a finding.
    Verify(VerifyArgs),
    /// Show the lines of files.
    Show {
        /// The files, the oldest first; without any, the standard input.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Which lines.
        #[command(flatten)]
        filter: Filter,
        /// With which logins.
        #[command(flatten)]
        join: JoinArgs,
        /// How.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Show the lines that are added to a file, until ctrl-c; across rotations.
    Follow {
        /// The current file, such as audit.jsonl. It may not exist yet.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Begin with the lines that are there already.
        #[arg(long)]
        from_start: bool,
        /// Which lines.
        #[command(flatten)]
        filter: Filter,
        /// With which logins.
        #[command(flatten)]
        join: JoinArgs,
        /// How.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Count the events of each organization, client and decision.
    Summary {
        /// The files, the oldest first; without any, the standard input.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Which lines.
        #[command(flatten)]
        filter: Filter,
        /// With which logins.
        #[command(flatten)]
        join: JoinArgs,
        /// The most rows in memory; what has no row is added up in a row (others).
        #[arg(long, value_name = "NUMBER", default_value_t = 10_000)]
        max_rows: usize,
        /// How.
        #[command(flatten)]
        format: FormatArgs,
    },
    /// Write Scalekit's authentication logs to a file, for --logs. The file has e-mail addresses: only you can read it.
    FetchLogs {
        /// The file, which is replaced when all rows are there.
        #[arg(long, short, value_name = "FILE")]
        output: PathBuf,
        /// Only rows of this time or later: RFC 3339, or an age such as 24h.
        #[arg(long, value_name = "TIME", value_parser = filter::time)]
        since: Option<SystemTime>,
        /// Only rows of this time or earlier.
        #[arg(long, value_name = "TIME", value_parser = filter::time)]
        until: Option<SystemTime>,
    },
}

/// The logins that lines are joined with.
#[derive(Debug, Clone, Args)]
pub struct JoinArgs {
    /// Join with the logins of this file: rows of the authentication logs, one in each line, the oldest first.
    #[arg(long, value_name = "FILE", conflicts_with = "scalekit")]
    pub(super) logs: Option<PathBuf>,
    /// Join with the logins in Scalekit's authentication logs.
    #[arg(long)]
    pub(super) scalekit: bool,
    /// Only the rows of this MCP server (res_...), if the file has others.
    #[arg(long, value_name = "ID", env = "SCALEKIT_RESOURCE_ID")]
    pub(super) resource: Option<String>,
    /// How long before a line its login may be, such as 8h: as long as a session lasts.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
    pub(super) window: Duration,
    /// How much lines and logins may be out of the order of their times.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = humantime::parse_duration)]
    pub(super) slack: Duration,
    /// The most logins in memory. Lines for which others could matter are marked as unknown.
    #[arg(long, value_name = "NUMBER", default_value_t = 100_000)]
    pub(super) max_logins: usize,
}
