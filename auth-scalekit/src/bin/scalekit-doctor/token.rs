//! A pasted token, from where nobody else sees it.

use std::io::{self, Read};
use std::path::Path;

use auth_scalekit::diagnose::PastedToken;
use thiserror::Error;

/// Far longer than any token; what is longer is another file.
const MAX_BYTES: u64 = 64 * 1024;

/// Why there is no token. It never holds what was read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub(crate) enum TokenError {
    /// Standard input or the file cannot be read, or is no text.
    #[error("cannot read the token from {place}")]
    Unreadable {
        /// From where.
        place: String,
        /// Why.
        source: io::Error,
    },
    /// Nothing was there.
    #[error("there is no token in {place}: give the access_token of a login")]
    Empty {
        /// From where.
        place: String,
    },
    /// More than a token.
    #[error("there is more in {place} than a token: give the access_token alone")]
    TooLong {
        /// From where.
        place: String,
    },
}

/// The token on standard input.
///
/// # Errors
///
/// [`TokenError`] when there is none.
pub(crate) fn from_stdin() -> Result<PastedToken, TokenError> {
    read(io::stdin().lock(), "standard input")
}

/// The token in a file.
///
/// # Errors
///
/// [`TokenError`] when there is none.
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
