//! Reads the audit files of [`JsonLines`](auth_core::audit::JsonLines): verifies, shows, follows and sums them up, and
//! joins their lines with the logins in Scalekit's authentication logs.
//!
//! ```sh
//! cargo run -p examples --bin audit -- verify --key-file chain.key audit.jsonl.2 audit.jsonl.1 audit.jsonl
//! cargo run -p examples --bin audit -- show --organization org_1 --since 24h audit.jsonl
//! cargo run -p examples --bin audit -- follow audit.jsonl
//! cargo run -p examples --bin audit -- fetch-logs --since 30d --output logins.jsonl
//! cargo run -p examples --bin audit -- summary --logs logins.jsonl audit.jsonl.1 audit.jsonl
//! ```
//!
//! # The join
//!
//! A row of Scalekit's authentication logs has neither the id of the user nor that of the session, and our line has no
//! e-mail address, so nothing identifies the login of a line exactly. A line is joined with the latest successful login of
//! the same organization, client, and e-mail address if the line has one, at or before the line and within a window
//! (`--window`). If several users of the organization have logged in with the client within the window, the line is
//! *ambiguous*: the tool never guesses. Where rows that could decide were not kept, it is *unknown*.
//!
//! # Memory
//!
//! Files are read line by line; lines longer than 1 MiB are skipped and counted. A join keeps the logins of one window, at
//! most `--max-logins`. A summary keeps at most `--max-rows` rows and adds up the rest in a row `(others)`.
//!
//! | file | job |
//! |---|---|
//! | `cli` | the command line |
//! | `run` | the commands |
//! | `verify` | the chain of the files |
//! | `audit_error` | why a command failed |
//! | `input` | lines of files, of bounded length |
//! | `tail` | the lines that are added to a file, across rotations and truncations |
//! | `audit_line` | one line of an audit file |
//! | `filter` | which lines are of interest |
//! | `login` | one login of the authentication logs |
//! | `scalekit_logs` | logins from the management API |
//! | `dump` | logins in a file, the oldest first |
//! | `login_index` | the logins of a window, found by caller |
//! | `joiner` | lines with their logins |
//! | `printer` | lines as text, CSV or JSON |
//! | `summary` | counts by organization, client and decision |
//! | `cell` | strings that are safe to print |

mod audit_error;
mod audit_line;
mod cell;
mod cli;
mod dump;
mod filter;
mod input;
mod joiner;
mod login;
mod login_index;
mod printer;
mod run;
mod scalekit_logs;
mod summary;
mod tail;
mod verify;

pub use audit_error::AuditError;
pub use cli::Cli;
pub use run::{exit_code, run};
pub use tail::{Tail, TailEvent};
