//! Commands that the program starts, and how they end.

use std::ffi::OsString;
use std::process::ExitStatus;

use process_wrap::tokio::{CommandWrap, KillOnDrop};
use tokio::process::Command;

use super::Failure;

/// A command that is killed when its handle is dropped; on Windows with every process that it has started.
///
/// On Unix it stays in the program's process group: a terminal sends ctrl-c to that group, and lets only that group
/// read from the keyboard.
///
/// # Errors
///
/// When there is no program.
pub(super) fn command(
    line: &[OsString],
    configure: impl FnOnce(&mut Command),
) -> Result<CommandWrap, Failure> {
    let (program, arguments) = line.split_first().ok_or("the command is missing")?;
    let mut command = Command::new(program);
    command.args(arguments);
    configure(&mut command);
    let mut command = CommandWrap::from(command);
    command.wrap(KillOnDrop);
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    Ok(command)
}

/// The text for a program that cannot be started.
pub(super) fn cannot_run(line: &[OsString], error: &std::io::Error) -> String {
    let program = line.first().map(|program| program.display().to_string());
    format!("cannot run {}: {error}", program.unwrap_or_default())
}

/// How a program has ended, such as `exit code 101` or `signal 6`.
pub(super) fn end(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    match status.code() {
        Some(code) => format!("exit code {code}"),
        None => "no exit code".to_owned(),
    }
}
