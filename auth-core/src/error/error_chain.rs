//! [`ErrorChain`]: an error with its sources, in one line.

use std::error::Error;
use std::fmt;

/// Displays an error and all its sources in one line: `cannot start: connection refused`.
///
/// The errors of these crates do not repeat their source, so that the line repeats nothing.
#[derive(Debug, Clone, Copy)]
pub struct ErrorChain<'a>(pub &'a (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
