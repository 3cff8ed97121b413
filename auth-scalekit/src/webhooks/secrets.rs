//! [`WebhookSecrets`]: the keys that webhooks are signed with.

use std::env::VarError;
use std::fmt;
use std::fs::File;
use std::io::Read;

use auth_core::error::{ConfigError, ConfigErrors};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use standardwebhooks::Webhook;

const VARIABLE: &str = "SCALEKIT_WEBHOOK_SECRET";
const FILE_VARIABLE: &str = "SCALEKIT_WEBHOOK_SECRET_FILE";
const PREFIX: &str = "whsec_";
/// The bounds of [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md)
/// for the bytes of a key.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Each costs an anonymous request one HMAC of its body.
const MAX_SECRETS: usize = 8;
/// The longest file.
const MAX_FILE_BYTES: u64 = 16 * 1024;
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
        let error = |name, problem: String| Err(one_error(name, problem));
        match (read(VARIABLE), read(FILE_VARIABLE)) {
            (Ok(_), Ok(_)) => error(
                VARIABLE,
                format!("is set, and so is {FILE_VARIABLE}: unset one of them"),
            ),
            (Ok(text), Err(_)) => Self::parse(VARIABLE, &text),
            (Err(VarError::NotUnicode(_)), _) => {
                error(VARIABLE, "is not UTF-8 text: set it again".into())
            }
            (_, Err(VarError::NotUnicode(_))) => {
                error(FILE_VARIABLE, "is not UTF-8 text: set it again".into())
            }
            (_, Ok(path)) => match contents(&path) {
                Ok(text) => Self::parse(FILE_VARIABLE, &text),
                Err(problem) => error(FILE_VARIABLE, problem),
            },
            _ => error(VARIABLE, format!("is not set: {FIND_SECRET}")),
        }
    }

    /// The keys, each as something that signs.
    pub(super) fn keys(&self) -> &[Webhook] {
        &self.0
    }

    fn parse(setting: &'static str, text: &str) -> Result<Self, ConfigErrors> {
        let secrets = text.split(|c: char| c == ',' || c.is_ascii_whitespace());
        let secrets: Vec<_> = secrets.filter(|secret| !secret.is_empty()).collect();
        let mut errors = ConfigErrors::default();
        if secrets.is_empty() {
            errors.push(ConfigError::new(
                setting,
                format!("is empty: {FIND_SECRET}"),
            ));
        }
        if secrets.len() > MAX_SECRETS {
            let problem = format!(
                "has {} secrets: remove old ones, at most {MAX_SECRETS} are used",
                secrets.len()
            );
            return Err(one_error(setting, problem));
        }
        let keys = secrets.iter().zip(1..).filter_map(|(secret, number)| {
            let problem = |problem| match secrets.len() {
                1 => format!("{problem}: {FIND_SECRET}"),
                _ => format!("has a secret, number {number}, that {problem}: {FIND_SECRET}"),
            };
            errors.collect(setting, key(secret).map_err(problem))
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

fn contents(path: &str) -> Result<String, String> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| format!("names a file that cannot be read ({error}): mount the secret"))?;
    match text.len() as u64 > MAX_FILE_BYTES {
        true => Err("names a file of more than 16 KiB: name the file of the secret".into()),
        false => Ok(text),
    }
}

fn one_error(setting: &'static str, problem: String) -> ConfigErrors {
    let mut errors = ConfigErrors::default();
    errors.push(ConfigError::new(setting, problem));
    errors
}

impl fmt::Debug for WebhookSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookSecrets({} redacted)", self.0.len())
    }
}
