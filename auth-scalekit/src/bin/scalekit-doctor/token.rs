//! Reads a pasted token from standard input or a file, where other users cannot see it.

use std::io::{self, Read};
use std::path::Path;

use auth_scalekit::diagnose::PastedToken;
use thiserror::Error;

/// Far longer than any token: a longer input is another file.
const MAX_BYTES: u64 = 64 * 1024;

/// Why there is no token. It never contains the input.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum TokenError {
    /// Standard input or the file cannot be read, or is not UTF-8.
    #[error("cannot read the token from {place}")]
    Unreadable {
        /// The file, or standard input.
        place: String,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The input is empty.
    #[error("there is no token in {place}: give the access_token of a login")]
    Empty {
        /// The file, or standard input.
        place: String,
    },
    /// The input is longer than any token.
    #[error("there is more in {place} than a token: give the access_token alone")]
    TooLong {
        /// The file, or standard input.
        place: String,
    },
}

/// Reads the token from standard input.
///
/// # Errors
///
/// [`TokenError`] when there is no token, or too much input.
pub(crate) fn from_stdin() -> Result<PastedToken, TokenError> {
    read(io::stdin().lock(), "standard input")
}

/// Reads the token from a file.
///
/// # Errors
///
/// [`TokenError`] when there is no token, or too much input.
pub(crate) fn from_file(path: &Path) -> Result<PastedToken, TokenError> {
    let place = path.display().to_string();
    match std::fs::File::open(path) {
        Ok(file) => read(file, &place),
        Err(source) => Err(TokenError::Unreadable { place, source }),
    }
}

fn read(from: impl Read, place: &str) -> Result<PastedToken, TokenError> {
    let place = || place.to_owned();
    let mut text = String::new();
    from.take(MAX_BYTES + 1)
        .read_to_string(&mut text)
        .map_err(|source| TokenError::Unreadable {
            place: place(),
            source,
        })?;
    if text.len() as u64 > MAX_BYTES {
        return Err(TokenError::TooLong { place: place() });
    }
    if text.trim().is_empty() {
        return Err(TokenError::Empty { place: place() });
    }
    Ok(PastedToken::new(&text))
}
