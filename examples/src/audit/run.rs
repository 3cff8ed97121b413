//! The commands.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use auth_core::error::ErrorChain;

use super::audit_error::AuditError;
use super::audit_line::AuditLine;
use super::cli::{Cli, JoinArgs};
use super::dump::{self, DumpWriter};
use super::filter::Filter;
use super::input::Input;
use super::joiner::{JoinSettings, Joined, Joiner, Logins};
use super::login::dump_line;
use super::printer::Printer;
use super::scalekit_logs::{NewLogins, ScalekitLogs};
use super::summary::Summary;
use super::tail::{Tail, TailEvent};
use super::verify::verify;

/// How often a file is looked at.
const TICK: Duration = Duration::from_millis(500);
/// How often, if the logs are asked before.
const TICK_WITH_LOGS: Duration = Duration::from_secs(5);
/// How much of a file is read at once.
const AT_ONCE: usize = 4 * 1024 * 1024;

/// Runs a command as a program, and prints why it failed.
pub async fn exit_code(cli: Cli) -> ExitCode {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut result = run(cli, &mut out).await;
    if let Err(error) = out.flush()
        && result.is_ok()
    {
        result = Err(error.into());
    }
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) if error.is_closed_output() => ExitCode::SUCCESS,
        Err(error) => {
            note(&format!("error: {}", ErrorChain(&error)));
            ExitCode::from(2)
        }
    }
}

/// Runs a command until it ends, or until ctrl-c. Returns whether all is well.
///
/// # Errors
///
/// [`AuditError`], whose text states what to change.
pub async fn run(cli: Cli, out: &mut impl Write) -> Result<bool, AuditError> {
    match cli {
        Cli::Verify(args) => return verify(&args, out),
        Cli::Show {
            files,
            filter,
            join,
            format,
        } => {
            let mut lines = Lines::open(files, filter, &join).await?;
            let mut printer = Printer::new(format.format(), lines.joiner.is_some(), out)?;
            while let Some((raw, line, joined)) = lines.next()? {
                printer.line(raw, &line, joined.as_ref().map(Option::as_ref))?;
            }
            lines.note_skipped();
        }
        Cli::Summary {
            files,
            filter,
            join,
            max_rows,
            format,
        } => {
            let mut lines = Lines::open(files, filter, &join).await?;
            let mut summary = Summary::new(max_rows, lines.joiner.is_some());
            while let Some((_, line, joined)) = lines.next()? {
                summary.add(&line, joined.flatten().as_ref());
            }
            summary.write(format.format(), out)?;
            lines.note_skipped();
        }
        Cli::Follow {
            file,
            from_start,
            filter,
            join,
            format,
        } => {
            let joins = join.logs.is_some() || join.scalekit;
            let printer = Printer::new(format.format(), joins, out)?;
            tokio::select! {
                followed = follow(&file, from_start, &filter, &join, printer) => followed?,
                _ = tokio::signal::ctrl_c() => {}
            }
        }
        Cli::FetchLogs {
            output,
            since,
            until,
        } => {
            let mut rows = ScalekitLogs::from_env()?.rows(since, until);
            let mut dump = DumpWriter::create(&output)?;
            let mut count = 0_u64;
            while let Some(row) = rows.try_next().await? {
                dump.add(&dump_line(&row))?;
                count += 1;
            }
            dump.finish()?;
            note(&format!("{count} rows"));
        }
    }
    Ok(true)
}

/// Lines of files that pass a filter, with their logins.
struct Lines {
    input: Input,
    selection: Selection,
    raw: Vec<u8>,
    joiner: Option<Joiner>,
    unreadable: u64,
}

/// The lines of interest.
struct Selection(Filter);

/// A line, with its login in a run with a join.
type JoinedLine = (AuditLine, Option<Option<Joined>>);

impl Selection {
    fn select(
        &self,
        line: AuditLine,
        joiner: Option<&mut Joiner>,
    ) -> Result<Option<JoinedLine>, AuditError> {
        if !self.0.admits(&line) {
            return Ok(None);
        }
        let joined = match joiner {
            Some(joiner) if line.record.is_none() => Some(joiner.join(&line)?),
            Some(_) => Some(None),
            None => None,
        };
        let admits = self
            .0
            .admits_joined(&line, joined.as_ref().and_then(Option::as_ref));
        Ok(admits.then_some((line, joined)))
    }
}

impl Lines {
    async fn open(
        files: Vec<PathBuf>,
        filter: Filter,
        join: &JoinArgs,
    ) -> Result<Self, AuditError> {
        let files = if files.is_empty() {
            vec!["-".into()]
        } else {
            files
        };
        let logins: Option<Logins> = if let Some(logs) = &join.logs {
            Some(dump::read(logs.clone(), join.resource.clone()))
        } else if join.scalekit {
            let since = filter
                .since()
                .and_then(|since| since.checked_sub(join.window));
            let logs = ScalekitLogs::from_env()?;
            let logins = logs.logins(since, filter.until(), join.max_logins).await?;
            Some(Box::new(logins.into_iter().map(Ok)))
        } else {
            None
        };
        Ok(Self {
            input: Input::of(files),
            selection: Selection(filter),
            raw: Vec::new(),
            joiner: logins.map(|logins| Joiner::new(logins, join.settings())),
            unreadable: 0,
        })
    }

    #[expect(
        clippy::type_complexity,
        reason = "a line as it is in the file, and as it was read"
    )]
    fn next(&mut self) -> Result<Option<(&[u8], AuditLine, Option<Option<Joined>>)>, AuditError> {
        loop {
            let Some(raw) = self.input.next_line()? else {
                return Ok(None);
            };
            let Some(line) = AuditLine::read(raw) else {
                self.unreadable += 1;
                continue;
            };
            if let Some((line, joined)) = self.selection.select(line, self.joiner.as_mut())? {
                raw.clone_into(&mut self.raw);
                return Ok(Some((&self.raw, line, joined)));
            }
        }
    }

    /// What was skipped is reported, so that nothing is missing silently.
    fn note_skipped(&self) {
        for (count, problem) in [
            (self.unreadable, "are no JSON objects"),
            (self.input.too_long, "are longer than 1 MiB"),
        ] {
            if count > 0 {
                note(&format!("{count} lines were skipped: they {problem}"));
            }
        }
    }
}

impl JoinArgs {
    fn settings(&self) -> JoinSettings {
        JoinSettings {
            window: self.window,
            slack: self.slack,
            max_logins: self.max_logins,
        }
    }
}

async fn follow(
    path: &Path,
    from_start: bool,
    filter: &Filter,
    join: &JoinArgs,
    mut printer: Printer<impl Write>,
) -> Result<(), AuditError> {
    let failed = AuditError::file(path);
    let selection = Selection(filter.clone());
    let mut tail = Tail::open(path, from_start).map_err(&failed)?;
    let mut new_logins = None;
    let mut joiner = None;
    if let Some(logs) = &join.logs {
        joiner = Some(Joiner::new(
            dump::read(logs.clone(), join.resource.clone()),
            join.settings(),
        ));
    } else if join.scalekit {
        let since = filter.since().unwrap_or_else(SystemTime::now);
        let since = since.checked_sub(join.window).unwrap_or(since);
        new_logins = Some(NewLogins::new(
            ScalekitLogs::from_env()?,
            since,
            join.max_logins,
        ));
        joiner = Some(Joiner::new(Box::new(std::iter::empty()), join.settings()));
    }
    let tick = if new_logins.is_some() {
        TICK_WITH_LOGS
    } else {
        TICK
    };
    loop {
        let events = tail.poll(AT_ONCE).map_err(&failed)?;
        // The login of a line is in the logs before the line is in the file.
        if let (false, Some(new), Some(joiner)) = (events.is_empty(), &mut new_logins, &mut joiner)
        {
            new.fetch()
                .await?
                .into_iter()
                .for_each(|login| joiner.add(login));
        }
        for event in &events {
            let raw = match event {
                TailEvent::Line(raw) => raw,
                TailEvent::TooLong => {
                    note("a line was skipped: it is longer than 1 MiB");
                    continue;
                }
                TailEvent::Missed => {
                    note(
                        "lines are missing: the file was rotated more often than rotated files are kept",
                    );
                    continue;
                }
                TailEvent::Truncated => {
                    note("the file was truncated: it is read from its beginning");
                    continue;
                }
                TailEvent::Rotated => continue,
            };
            let Some(line) = AuditLine::read(raw) else {
                note("a line was skipped: it is no JSON object");
                continue;
            };
            if let Some((line, joined)) = selection.select(line, joiner.as_mut())? {
                printer.line(raw, &line, joined.as_ref().map(Option::as_ref))?;
            }
        }
        printer.flush()?;
        if events.is_empty() {
            tokio::time::sleep(tick).await;
        }
    }
}

/// Prints a message on standard error. When that is closed, there is no place for it.
fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
