//! Reads `WWW-Authenticate` ([RFC 9110 section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)) as
//! servers and proxies send it, and reports what is malformed.
//!
//! [`Challenges::read`] never fails, so that a client or a diagnosis gets what is readable. A strict reader requires
//! that [`Challenges::problems`] is empty.
//!
//! The parser is written by hand: the crate `http-auth` rejects a whole header for one unquoted URL, one missing
//! comma or one `Negotiate` token, and then a client would conclude that there is no `Bearer` challenge.
//!
//! | file | job |
//! |---|---|
//! | `challenge` | [`Challenge`]: a scheme with its parameters or its token |
//! | `problem` | [`Problem`]: what is malformed, and where |
//! | `reader` | the parser of one header line |
//! | `lexical` | tokens, blanks and delimiters in its bytes |
//!
//! What is read although it is malformed, each with a problem: unquoted values up to a comma or blank, missing commas
//! between parameters, semicolons in place of commas, empty list elements, unclosed quotes, strings that are not
//! tokens, duplicates (the first one counts), and bytes that are not UTF-8 (replaced by U+FFFD). Read without a problem,
//! because the grammar allows it: several challenges in one line, blanks around `=`, and a line that continues the list
//! of the line before it (RFC 9110 section 5.3).
//!
//! A parameter belongs to the last scheme before it. What is within quotes is never a scheme or parameter, and a
//! parameter without a scheme belongs to no challenge.
//!
//! ```
//! use auth_core::wire::challenges::Challenges;
//!
//! let line = br#"Basic realm="x, error=1", bearer scope=notes:read resource_metadata = "https://a.example/b""#;
//! let challenges = Challenges::read([line.as_slice()]);
//! let bearer = challenges.of_scheme("Bearer").next().unwrap();
//! assert_eq!(bearer.parameter("scope"), Some("notes:read"));
//! assert_eq!(bearer.parameter("resource_metadata"), Some("https://a.example/b"));
//! assert_eq!(bearer.parameter("error"), None);
//! // The unquoted colon and the missing comma.
//! assert_eq!(challenges.problems().len(), 2);
//! ```

mod challenge;
mod lexical;
mod problem;
mod reader;
#[cfg(test)]
mod tests;

pub use challenge::Challenge;
pub use problem::{Malformed, Problem};

/// The most bytes of all lines that are read, with one byte for the end of each line.
pub const MAX_BYTES: usize = 16 * 1024;
/// The most challenges of a response.
pub const MAX_CHALLENGES: usize = 32;
/// The most parameters of a challenge.
pub const MAX_PARAMETERS: usize = 64;
/// The most problems that are recorded. Further ones are not.
pub const MAX_PROBLEMS: usize = 64;

/// The challenges of a response, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Challenges {
    all: Vec<Challenge>,
    problems: Vec<Problem>,
}

impl Challenges {
    /// Reads the values of all `WWW-Authenticate` lines of a response.
    ///
    /// At most [`MAX_BYTES`], [`MAX_CHALLENGES`] and [`MAX_PARAMETERS`] of each challenge are read. The rest is ignored
    /// and reported as a problem; a scheme or parameter that the limit cuts in two is ignored as well.
    #[must_use]
    pub fn read<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut challenges = Self::default();
        let mut parameters = reader::Parameters::NoScheme;
        let mut budget = MAX_BYTES;
        for (at, line) in lines.into_iter().enumerate() {
            let number = at.saturating_add(1);
            let whole = line.len() < budget;
            let line = line.get(..budget).unwrap_or(line);
            reader::read_line(&mut challenges, &mut parameters, number, line, !whole);
            if !whole {
                challenges.report(number, line.len(), Malformed::TooLong);
                break;
            }
            budget = budget.saturating_sub(line.len().saturating_add(1));
        }
        challenges
    }

    /// The challenges in the order of the header lines.
    pub fn iter(&self) -> std::slice::Iter<'_, Challenge> {
        self.all.iter()
    }

    /// The challenges of a scheme, in any case: `of_scheme("bearer")`.
    pub fn of_scheme<'a>(&'a self, scheme: &'a str) -> impl Iterator<Item = &'a Challenge> {
        self.iter().filter(move |challenge| challenge.is(scheme))
    }

    /// What is malformed, in the order of the header lines; empty if everything follows the grammar. At most
    /// [`MAX_PROBLEMS`].
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn report(&mut self, line: usize, position: usize, what: Malformed) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(Problem::new(line, position, what));
        }
    }
}

impl<'a> IntoIterator for &'a Challenges {
    type Item = &'a Challenge;
    type IntoIter = std::slice::Iter<'a, Challenge>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
