//! The options about webhooks and events.

use std::fs;

use serde::Deserialize;

use super::Settings;
use crate::MockScalekit;
use crate::cli::Failure;
use crate::values::Secret;
use crate::webhooks::WebhookSecret;

impl Settings {
    /// The secrets of all webhook endpoints: those that were given, or one that is made if there are endpoints.
    ///
    /// # Errors
    ///
    /// Names the option that cannot be used, without the secret.
    pub(in crate::cli) fn secrets_of_webhooks(&self) -> Result<Vec<WebhookSecret>, Failure> {
        let mut given = self.webhook_secret.clone();
        for file in &self.webhook_secret_file {
            let text = fs::read_to_string(file).map_err(|error| {
                format!(
                    "webhook-secret-file: cannot read {}: {error}",
                    file.display()
                )
            })?;
            given.push(Secret::new(text.trim_end()));
        }
        match self.webhook_url.is_empty() {
            true if given.is_empty() => Ok(Vec::new()),
            true => Err("webhook-secret: needs webhook-url, which events are sent to".into()),
            false => Ok(webhook_secrets(&given)?),
        }
    }

    /// Adds the webhook endpoints.
    ///
    /// # Errors
    ///
    /// When nothing can be posted to a URL.
    pub(in crate::cli) fn add_webhooks(
        &self,
        scalekit: &MockScalekit,
        secrets: &[WebhookSecret],
    ) -> Result<(), Failure> {
        for url in &self.webhook_url {
            scalekit.webhooks().try_add(url, secrets.to_vec())?;
        }
        Ok(())
    }
}

/// The secrets, or a fresh one where there are none.
///
/// # Errors
///
/// When one has another form. The text does not repeat it.
pub(in crate::cli) fn webhook_secrets(given: &[Secret]) -> Result<Vec<WebhookSecret>, String> {
    if given.is_empty() {
        return Ok(vec![WebhookSecret::generate()]);
    }
    let parsed = given.iter().map(|secret| secret.expose().parse());
    let parsed: Result<_, crate::webhooks::InvalidWebhookSecret> = parsed.collect();
    parsed.map_err(|error| format!("webhook-secret: {error}"))
}

/// The option, as it is: an error of the command line would repeat what it cannot parse.
pub(super) fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

/// Secrets from JSON.
pub(in crate::cli) fn secrets<'de, D>(deserializer: D) -> Result<Vec<Secret>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    let given = Vec::<String>::deserialize(deserializer)?;
    Ok(given.into_iter().map(Secret::new).collect())
}
