//! [`KeyFormat`]: which strings can be keys.

use std::ops::RangeInclusive;

use auth_core::verifier::{InvalidReason, InvalidToken};
use thiserror::Error;

use crate::lookup::TokenFormat;

/// The prefix of the id of a key. The API takes the id for the key, but it is shown in lists and logs.
const ID_PREFIX: &str = "apit_";
/// The length of a key, in bytes. The format is not documented; those that were seen are Base62, without dots.
const LENGTH: RangeInclusive<usize> = 16..=512;

/// Which strings can be keys, without a call.
#[derive(Clone, Default)]
pub(super) struct KeyFormat {
    /// What the settings require besides.
    pub(super) further: TokenFormat,
}

/// Why a string is no key.
#[derive(Debug, Error)]
enum WrongFormat {
    #[error("the id of an API key is not the key")]
    Id,
    #[error("no API key has this length, or these characters")]
    Shape,
}

impl KeyFormat {
    /// Refuses a string that cannot be a key.
    pub(super) fn check(&self, key: &str) -> Result<(), InvalidToken> {
        let prefix = key.as_bytes().get(..ID_PREFIX.len());
        let problem = if prefix.is_some_and(|it| it.eq_ignore_ascii_case(ID_PREFIX.as_bytes())) {
            WrongFormat::Id
        } else if !LENGTH.contains(&key.len()) || !key.bytes().all(is_of_key) {
            WrongFormat::Shape
        } else {
            return self.further.check(key);
        };
        Err(InvalidToken::new(InvalidReason::Other).because(problem))
    }
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_strings_of_another_shape_are_refused() {
        let format = KeyFormat::default();
        let (shortest, longest) = ("x".repeat(16), "x".repeat(512));
        for key in [
            "AZaz09-_AZaz09-_",
            "xapit_1234567890123",
            &shortest,
            &longest,
        ] {
            assert!(format.check(key).is_ok(), "{key}");
        }
        for (key, problem) in [
            ("apit_1234567890123", "id"),
            ("APIT_1234567890123", "id"),
            ("apit_", "id"),
            (&"x".repeat(15), "length"),
            (&format!("{longest}x"), "length"),
            ("AZaz09-_AZaz09-.", "characters"),
            ("AZaz09-_AZaz09-=", "characters"),
            ("AZaz09-_AZaz09-é", "characters"),
            ("", "length"),
        ] {
            let error = format.check(key).unwrap_err();
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.contains(problem), "{key}: {cause}");
        }
    }

    #[test]
    fn the_settings_may_require_more() {
        let format = KeyFormat {
            further: TokenFormat::new("key_format", |key| key.starts_with("key-")),
        };
        assert!(format.check("key-1234567890123").is_ok(), "the control");
        assert!(format.check("kex-1234567890123").is_err());
        // Not less.
        assert!(format.check("key-1").is_err());
    }
}
