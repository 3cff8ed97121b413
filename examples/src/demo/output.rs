//! Prints what happens, and counts the checks that failed.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Instant;

/// The demo's output. Shared by the parts of the demo and the client's reporter.
pub struct DemoOutput {
    started: Instant,
    bold: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    passed: usize,
    failed: Vec<String>,
}

impl DemoOutput {
    /// An output that begins now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            bold: io::stdout().is_terminal(),
            state: Mutex::default(),
        }
    }

    /// A heading: a step, or a group of refusals.
    pub fn heading(&self, text: &str) {
        if self.bold {
            self.line(&format!("\n\x1b[1m{text}\x1b[0m"));
        } else {
            self.line(&format!("\n{text}"));
        }
    }

    /// Lines as they are.
    pub fn line(&self, text: &str) {
        // A closed pipe is no reason to panic.
        let _ = writeln!(io::stdout().lock(), "{text}");
    }

    /// Prints whether a check passed.
    pub fn check(&self, name: &str, passed: bool) {
        self.line(&format!(
            "  {} {name}",
            if passed { "ok  " } else { "FAIL" }
        ));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if passed {
            state.passed += 1;
        } else {
            state.failed.push(name.into());
        }
    }

    /// Prints the summary; returns whether all checks passed, and there was at least one.
    #[must_use]
    pub fn finish(&self) -> bool {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let seconds = self.started.elapsed().as_secs_f64();
        self.heading(&format!(
            "{} of {} checks passed in {seconds:.2} s",
            state.passed,
            state.passed + state.failed.len()
        ));
        for name in &state.failed {
            self.line(&format!("  FAIL {name}"));
        }
        state.failed.is_empty() && state.passed > 0
    }
}

impl Default for DemoOutput {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for DemoOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoOutput").finish_non_exhaustive()
    }
}
