//! [`WebhookSecrets`]: the keys that webhooks are signed with.

use std::env::VarError;
use std::fmt;

use auth_core::error::{ConfigError, ConfigErrors};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use standardwebhooks::Webhook;

use crate::secret_variable::secret_variable;

const VARIABLE: &str = "SCALEKIT_WEBHOOK_SECRET";
const PREFIX: &str = "whsec_";
/// The bounds of [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)
/// for the bytes of a key.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Each costs an anonymous request one HMAC of its body.
const MAX_SECRETS: usize = 8;
const FIND_SECRET: &str = "copy the signing secret of the endpoint from the Scalekit dashboard (Webhooks), \
     it looks like whsec_ and base64";

/// The secrets of a webhook endpoint: one, or several while they are rotated. A webhook is accepted if it was signed
/// with any of them. `Debug` shows their number alone.
pub struct WebhookSecrets(Vec<Webhook>);

impl WebhookSecrets {
    /// Reads secrets that are separated by blanks or commas: each `whsec_` and the base64 of 24 to 64 bytes, at most
    /// 8 of them.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] about `webhook_secret`, without the secret.
    pub fn new(text: impl AsRef<str>) -> Result<Self, ConfigErrors> {
        Self::parse("webhook_secret", text.as_ref())
    }

    /// The secrets of the variable `SCALEKIT_WEBHOOK_SECRET`, or of the file that `SCALEKIT_WEBHOOK_SECRET_FILE`
    /// names.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] when none or both of the variables are set, the file cannot be read or is longer than
    /// 16 KiB, or as [`new`](Self::new), under the name of the variable.
    pub fn from_env() -> Result<Self, ConfigErrors> {
        Self::from_variables(|name| std::env::var(name))
    }

    /// The same with the variables that `read` returns; it has the signature of [`std::env::var`].
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(
        read: impl Fn(&str) -> Result<String, VarError>,
    ) -> Result<Self, ConfigErrors> {
        match secret_variable(read, VARIABLE) {
            Some(named) => {
                let named = named?;
                Self::parse(&named.variable, named.secret.reveal())
            }
            None => Err(ConfigError::new(VARIABLE, format!("is not set: {FIND_SECRET}")).into()),
        }
    }

    /// The keys, each as something that signs.
    pub(super) fn keys(&self) -> &[Webhook] {
        &self.0
    }

    fn parse(setting: &str, text: &str) -> Result<Self, ConfigErrors> {
        let secrets = text.split(|c: char| c == ',' || c.is_ascii_whitespace());
        let secrets: Vec<_> = secrets.filter(|secret| !secret.is_empty()).collect();
        let mut errors = ConfigErrors::default();
        if secrets.is_empty() {
            let problem = format!("is empty: {FIND_SECRET}");
            errors.push(ConfigError::new(setting.to_owned(), problem));
        }
        if secrets.len() > MAX_SECRETS {
            let problem = format!(
                "has {} secrets: remove old ones, at most {MAX_SECRETS} are used",
                secrets.len()
            );
            return Err(ConfigError::new(setting.to_owned(), problem).into());
        }
        let keys = secrets.iter().zip(1..).filter_map(|(secret, number)| {
            let problem = |problem| match secrets.len() {
                1 => format!("{problem}: {FIND_SECRET}"),
                _ => format!("has a secret, number {number}, that {problem}: {FIND_SECRET}"),
            };
            errors.collect(setting.to_owned(), key(secret).map_err(problem))
        });
        let keys = keys.collect();
        errors.into_result()?;
        Ok(Self(keys))
    }
}

fn key(secret: &str) -> Result<Webhook, &'static str> {
    let text = secret.strip_prefix(PREFIX);
    let text = text.ok_or("does not begin with whsec_")?;
    let key = STANDARD.decode(text);
    let key = key.map_err(|_| "is not base64 after whsec_")?;
    if !KEY_BYTES.contains(&key.len()) {
        return Err("does not have 24 to 64 bytes after whsec_");
    }
    Webhook::from_bytes(key).map_err(|_| "is not a key")
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookSecrets({} redacted)", self.0.len())
    }
}
