//! The mock for people who test in any language: `mock-scalekit --help`.

fn main() -> std::process::ExitCode {
    auth_testkit::cli::main()
}
