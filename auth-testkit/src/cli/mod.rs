//! The program `mock-scalekit`: the mock for tests in any language.

mod api_key;
mod child_process;
mod control;
mod control_client;
mod defects;
mod environment;
mod event;
mod inspect;
mod misbehaviours;
mod parent_watch;
mod probe;
mod run;
mod serve;
mod settings;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A mock Scalekit issuer for tests in any language. Never use it for anything else: its signing keys
/// are public.
#[derive(Debug, Parser)]
#[command(name = "mock-scalekit", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves an issuer, and an API to control it, until the parent ends
    Serve(serve::Serve),
    /// Serves an issuer while a command runs, which finds it in its environment variables
    Run(run::Run),
    /// Mints a token of an issuer that is being served
    Token(token::Token),
    /// Makes an event of an issuer that is being served, or lists the types
    Event(event::Event),
    /// Creates an API key of an issuer that is being served
    ApiKey(api_key::ApiKey),
    /// Lists what can be wrong with a token
    Defects(defects::Defects),
    /// Lists what an issuer and its MCP server can do wrong
    Misbehaviours(misbehaviours::Misbehaviours),
    /// Probes a protected MCP server, in any language, against the rules that it must follow
    Probe(probe::Probe),
    /// Decodes a token and explains it, without any request
    Inspect(inspect::Inspect),
}

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve(command) => command.main(),
        Command::Run(command) => command.main(),
        Command::Token(command) => command.main(),
        Command::Event(command) => command.main(),
        Command::ApiKey(command) => command.main(),
        Command::Defects(command) => command.main(),
        Command::Misbehaviours(command) => command.main(),
        Command::Probe(command) => Ok(command.main()),
        Command::Inspect(command) => command.main(),
    };
    done.unwrap_or_else(|error| {
        print_error(&error);
        ExitCode::FAILURE
    })
}

/// Why a command failed.
type Failure = Box<dyn std::error::Error + Send + Sync>;

fn print_error(error: &Failure) {
    print_note(&format!("mock-scalekit: {error}"));
}

/// A line that is not what the program was asked for.
#[allow(
    clippy::print_stderr,
    reason = "a program reports errors and progress to its user"
)]
fn print_note(text: &str) {
    eprintln!("{text}");
}

/// Prints a line of the program's output.
///
/// # Errors
///
/// When the output is closed.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write;
    let mut output = std::io::stdout().lock();
    writeln!(output, "{text}")?;
    output.flush()?;
    Ok(())
}
