//! [`ManagementBuilder`]: the management API without a provider.

use std::fmt;
use std::sync::Arc;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::provider::PublicUrl;
use auth_core::support::{Clock, SystemClock};

use super::client::{Management, ManagementSettings};
use crate::secret::Secret;

/// Builds a [`Management`] for a program that protects no server, such as one that reads logs.
#[must_use]
pub struct ManagementBuilder {
    environment_url: String,
    client_id: String,
    client_secret: Secret,
    private_addresses: bool,
    clock: Arc<dyn Clock>,
}

impl Management {
    /// The management API of the environment at `environment_url`, such as `https://acme.scalekit.com`, with the id and
    /// the secret of a client of that environment (Developers > Settings > API Credentials).
    ///
    /// ```no_run
    /// use auth_scalekit::management::Management;
    ///
    /// let secret = std::env::var("SCALEKIT_CLIENT_SECRET")?;
    /// let management = Management::builder("https://acme.scalekit.com", "skc_1", secret).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(
        environment_url: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: impl Into<Secret>,
    ) -> ManagementBuilder {
        ManagementBuilder {
            environment_url: environment_url.into(),
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            private_addresses: false,
            clock: Arc::new(SystemClock::new()),
        }
    }
}

impl ManagementBuilder {
    /// Also sends requests to private addresses, for an environment on a private network.
    pub fn allow_private_addresses(mut self) -> Self {
        self.private_addresses = true;
        self
    }

    /// The source of time. Default: the clock of the system.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Validates the settings. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every error, each under the name of its setting.
    pub fn build(self) -> Result<Management, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let environment = PublicUrl::parse_origin(&self.environment_url);
        let environment = errors.collect("environment_url", environment);
        if self.client_id.trim().is_empty() {
            errors.push(ConfigError::new("client_id", "is empty"));
        }
        if self.client_secret.is_blank() {
            errors.push(ConfigError::new("client_secret", "is empty"));
        }
        let Some(environment) = environment else {
            return Err(errors);
        };
        errors.into_result()?;
        Ok(Management::new(ManagementSettings {
            environment: &environment,
            client_id: self.client_id,
            client_secret: self.client_secret,
            private: self.private_addresses || environment.is_loopback(),
            clock: self.clock,
        })?)
    }
}

impl fmt::Debug for ManagementBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManagementBuilder")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
