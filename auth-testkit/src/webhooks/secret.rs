//! The secret that an endpoint's webhooks are signed with.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::values::Secret;

/// What every secret begins with (Standard Webhooks, "Signature scheme").
const PREFIX: &str = "whsec_";

/// The length of keys, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// The secret of a webhook endpoint: `whsec_` and 24 to 64 bytes in base64. It is in no `Debug` output.
///
/// ```
/// use auth_testkit::webhooks::WebhookSecret;
///
/// let secret = WebhookSecret::generate();
/// assert!(secret.expose().starts_with("whsec_"));
/// assert_eq!(format!("{secret:?}"), "WebhookSecret(..)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookSecret(Secret);

/// The text is no secret of a webhook endpoint. The message does not repeat it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected whsec_ and 24 to 64 bytes in base64")]
pub struct InvalidWebhookSecret;

impl WebhookSecret {
    /// A random secret of 32 bytes.
    #[must_use]
    pub fn generate() -> Self {
        let mut key = [0; 32];
        getrandom::fill(&mut key).expect("the operating system gives random bytes");
        Self(Secret::new(format!("{PREFIX}{}", STANDARD.encode(key))))
    }

    /// The secret, for the receiver's configuration.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// The key that it stands for.
    pub(super) fn key(&self) -> Vec<u8> {
        key(self.expose()).expect("checked when it was read")
    }
}

impl FromStr for WebhookSecret {
    type Err = InvalidWebhookSecret;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match key(text) {
            Some(_) => Ok(Self(Secret::new(text))),
            None => Err(InvalidWebhookSecret),
        }
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(..)")
    }
}

fn key(text: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(text.strip_prefix(PREFIX)?).ok()?;
    LENGTHS.contains(&key.len()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_whsec_and_24_to_64_bytes() {
        let written = |length: usize| format!("whsec_{}", STANDARD.encode(vec![7; length]));
        for (length, is_good) in [(23, false), (24, true), (64, true), (65, false)] {
            let read = written(length).parse::<WebhookSecret>();
            assert_eq!(read.is_ok(), is_good, "{length} bytes");
        }
        let good = written(24);
        for bad in [
            good.replace("whsec_", ""),
            good.replace("whsec_", "whpk_"),
            good.replace('B', "-"),
            format!("{good} "),
            String::new(),
        ] {
            assert_eq!(bad.parse::<WebhookSecret>(), Err(InvalidWebhookSecret));
        }
        assert_eq!(WebhookSecret::generate().key().len(), 32);
        assert_ne!(WebhookSecret::generate(), WebhookSecret::generate());
    }
}
