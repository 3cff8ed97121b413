//! The mock for tests in any language: `mock-scalekit --help`.

fn main() -> std::process::ExitCode {
    auth_testkit::cli::main()
}
