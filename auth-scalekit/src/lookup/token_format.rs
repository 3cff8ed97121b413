//! [`TokenFormat`]: the configured format of the tokens.

use std::sync::Arc;

use auth_core::verifier::{InvalidReason, InvalidToken};
use thiserror::Error;

/// A configured function: whether a string can be a token. Default: every string can.
#[derive(Clone, Default)]
pub(crate) struct TokenFormat(Option<Configured>);

#[derive(Clone)]
struct Configured {
    /// The name of the setting.
    setting: &'static str,
    is_possible: Arc<dyn Fn(&str) -> bool + Send + Sync>,
}

#[derive(Debug, Error)]
#[error("the token does not have the configured {0}")]
struct WrongFormat(&'static str);

impl TokenFormat {
    pub(crate) fn new(
        setting: &'static str,
        is_possible: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self(Some(Configured {
            setting,
            is_possible: Arc::new(is_possible),
        }))
    }

    /// Refuses a token that cannot have been issued.
    pub(crate) fn check(&self, token: &str) -> Result<(), InvalidToken> {
        match &self.0 {
            Some(configured) if !(configured.is_possible)(token) => {
                let problem = WrongFormat(configured.setting);
                Err(InvalidToken::new(InvalidReason::Other).because(problem))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configured_format_is_required_and_named() {
        let prefixed = TokenFormat::new("key_format", |key| key.starts_with("key-"));
        for (format, token, is_admitted) in [
            (&prefixed, "key-1", true),
            (&prefixed, "kex-1", false),
            (&TokenFormat::default(), "kex-1", true),
        ] {
            let problem = format.check(token).err();
            assert_eq!(problem.is_none(), is_admitted, "{token}");
            if let Some(error) = problem {
                let cause = std::error::Error::source(&error).unwrap().to_string();
                assert_eq!(cause, "the token does not have the configured key_format");
            }
        }
    }
}
