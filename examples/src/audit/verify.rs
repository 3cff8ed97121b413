//! Verifies the chain of audit files.

use std::io::Write;
use std::path::PathBuf;

use auth_core::audit::{
    ChainBreak, ChainBreakKind, ChainHead, ChainKey, ChainReport, ChainVerifier,
};
use clap::Args;

use super::audit_error::AuditError;
use super::cell::printable;
use super::input;

/// Arguments of `verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The files, the oldest first: audit.jsonl.2 audit.jsonl.1 audit.jsonl.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The key of the chain; only its owner may be able to read the file.
    #[arg(long, value_name = "FILE", env = "AUDIT_CHAIN_KEY_FILE")]
    key_file: Option<PathBuf>,
    /// A line that must be there: the last one that an earlier verification, or the log of the server, has named. Only
    /// with it the removal of the last lines is found.
    #[arg(long, value_name = "SEQ:HASH")]
    expect: Option<ChainHead>,
    /// Accept torn lines that the next line reports, as after a crash. What they contain is not vouched for.
    #[arg(long)]
    allow_torn: bool,
    /// Print at most this many findings; the others are counted.
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    max_findings: u64,
}

/// Prints the findings and the result. Returns whether all is well.
///
/// # Errors
///
/// [`AuditError`] for a key or a file that cannot be read.
pub(super) fn verify(args: &VerifyArgs, out: &mut impl Write) -> Result<bool, AuditError> {
    let path = args.key_file.as_ref().ok_or_else(|| {
        AuditError::usage("the key of the chain is missing: give --key-file, or set AUDIT_CHAIN_KEY_FILE to its path")
    })?;
    let key =
        ChainKey::read(path).map_err(|error| AuditError::usage(printable(&error.to_string())))?;
    let mut verifier = ChainVerifier::new(&key);
    if let Some(head) = args.expect {
        verifier = verifier.expect(head);
    }
    let mut findings = Vec::new();
    let mut printed = 0;
    for path in &args.files {
        let file = input::open(path)?;
        let name = printable(&path.display().to_string());
        // Printed below, since the verifier cannot report a failing output.
        verifier
            .read(file, |found| {
                if is_finding(&found, args) && printed < args.max_findings {
                    printed += 1;
                    findings.push(format!("{name}:{}: {}", found.line, found.kind));
                }
            })
            .map_err(AuditError::file(path))?;
        for finding in findings.drain(..) {
            writeln!(out, "{finding}")?;
        }
    }
    let report = verifier.finish();
    write_report(args, &report, printed, out)?;
    Ok(is_well(args, &report))
}

fn is_finding(found: &ChainBreak, args: &VerifyArgs) -> bool {
    !(args.allow_torn && found.kind == ChainBreakKind::Torn { recorded: true })
}

/// How many findings there are.
fn findings(args: &VerifyArgs, report: &ChainReport) -> u64 {
    let allowed = if args.allow_torn {
        report.recorded_torn
    } else {
        0
    };
    report.breaks.saturating_sub(allowed)
}

fn is_well(args: &VerifyArgs, report: &ChainReport) -> bool {
    report.verified > 0 && findings(args, report) == 0 && report.expected_found != Some(false)
}

fn write_report(
    args: &VerifyArgs,
    report: &ChainReport,
    printed: u64,
    out: &mut impl Write,
) -> Result<(), AuditError> {
    let findings = findings(args, report);
    if findings > printed {
        writeln!(out, "{} more findings", findings.saturating_sub(printed))?;
    }
    if report.expected_found == Some(false)
        && let Some(expected) = args.expect
    {
        writeln!(
            out,
            "the expected line {expected} is not there: lines were removed, or the file that had it is not among these"
        )?;
    }
    if report.verified == 0 {
        writeln!(
            out,
            "no line is verified: the file has no chain, or one with another key"
        )?;
    }
    writeln!(
        out,
        "{} of {} lines are verified, {findings} findings",
        report.verified, report.lines
    )?;
    if let (Some(first), Some(head)) = (report.first_seq, report.head) {
        writeln!(out, "first line: {first}")?;
        writeln!(out, "last line: {head}")?;
        writeln!(
            out,
            "keep the last line elsewhere, and give it as --expect the next time"
        )?;
    }
    Ok(())
}
