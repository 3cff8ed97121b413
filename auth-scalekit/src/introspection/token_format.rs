//! [`TokenFormat`]: the configured format of the issuer's tokens.

use std::sync::Arc;

use auth_core::verifier::{InvalidReason, InvalidToken};
use thiserror::Error;

/// A configured function: whether a string can be a token of the issuer.
#[derive(Clone)]
pub(super) struct TokenFormat(Arc<dyn Fn(&str) -> bool + Send + Sync>);

#[derive(Debug, Error)]
#[error("the token does not have the configured token_format")]
struct WrongFormat;

impl TokenFormat {
    pub(super) fn new(is_possible: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_possible))
    }

    /// Refuses a token that the issuer cannot have issued.
    pub(super) fn check(&self, token: &str) -> Result<(), InvalidToken> {
        if (self.0)(token) {
            Ok(())
        } else {
            Err(InvalidToken::new(InvalidReason::Other).because(WrongFormat))
        }
    }
}
