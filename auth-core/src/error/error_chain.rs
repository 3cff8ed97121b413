//! An error and what lies behind it, for logs and for people.

use std::error::Error;
use std::fmt;

/// Shows an error with all its sources in one line: `cannot start: connection refused`.
///
/// The errors of these crates never repeat their source in their own text, so that this says
/// everything once.
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
