//! [`Settings`]: where Redis is, and what happens without it.

use std::env::VarError;
use std::time::Duration;

use auth_core::error::{ConfigError, ConfigErrors};
use auth_core::redis::{OnOutage, RedisRevocations, RedisSettings};

/// The variables `REDIS_…`.
#[derive(Debug)]
pub struct Settings {
    redis: RedisSettings,
    on_outage: OnOutage,
}

impl Settings {
    /// Those of the process environment.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] with every variable that cannot be used.
    pub fn from_env() -> Result<Self, ConfigErrors> {
        Self::from_variables(std::env::var)
    }

    /// Those that `read` returns; it has the signature of [`std::env::var`].
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_variables(
        read: impl Fn(&'static str) -> Result<String, VarError>,
    ) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        let optional = |name| match read(name) {
            Ok(text) => Ok(Some(text)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err("is not UTF-8 text: set it again"),
        };
        let url = optional("REDIS_URL").and_then(|url| {
            url.ok_or(
                "is not set: give rediss://host:6379, or redis://127.0.0.1:6379 on this machine",
            )
        });
        let url = errors.collect("REDIS_URL", url);
        let password = errors.collect("REDIS_PASSWORD", optional("REDIS_PASSWORD"));
        let file = errors.collect("REDIS_PASSWORD_FILE", optional("REDIS_PASSWORD_FILE"));
        let password = match (password.flatten(), file.flatten()) {
            (Some(_), Some(_)) => {
                let problem = "and REDIS_PASSWORD_FILE are both set: remove one of them";
                errors.push(ConfigError::new("REDIS_PASSWORD", problem));
                None
            }
            (None, Some(path)) => {
                // The path is not shown: a password may have been put into the wrong variable.
                let text = std::fs::read_to_string(path);
                let text =
                    text.map_err(|error| format!("names a file that cannot be read: {error}"));
                errors.collect("REDIS_PASSWORD_FILE", text)
            }
            (password, None) => password,
        };
        let ca_file = errors.collect("REDIS_CA_FILE", optional("REDIS_CA_FILE"));
        let on_outage = optional("REDIS_ON_OUTAGE").and_then(|text| on_outage(text.as_deref()));
        let on_outage = errors.collect("REDIS_ON_OUTAGE", on_outage);
        let (Some(url), Some(on_outage)) = (url, on_outage) else {
            return Err(errors);
        };
        errors.into_result()?;
        let mut redis = RedisSettings::new(url);
        if let Some(password) = password {
            redis = redis.password(password.trim_end_matches(['\r', '\n']));
        }
        if let Some(path) = ca_file.flatten() {
            redis = redis.ca_file(path);
        }
        Ok(Self { redis, on_outage })
    }

    /// Where Redis is.
    pub fn redis(&self) -> &RedisSettings {
        &self.redis
    }

    /// The revocations that all processes share. Reads those that are in force.
    ///
    /// # Errors
    ///
    /// [`ConfigErrors`] when Redis cannot be reached or a variable cannot be used, under the name of the variable.
    pub async fn connect(&self) -> Result<RedisRevocations, ConfigErrors> {
        let connecting = RedisRevocations::builder(&self.redis).on_outage(self.on_outage);
        connecting
            .connect()
            .await
            .map_err(|errors| by_variable(&errors))
    }
}

fn on_outage(text: Option<&str>) -> Result<OnOutage, &'static str> {
    match text {
        None => Ok(OnOutage::DEFAULT),
        Some("continue") => Ok(OnOutage::DangerousContinue),
        Some(seconds) => {
            let seconds = seconds.parse().map(Duration::from_secs);
            seconds.map(OnOutage::RefuseAfter).map_err(
                |_| "is neither a number of seconds nor continue: give one of them, such as 5",
            )
        }
    }
}

/// The same errors under the names of the variables.
fn by_variable(errors: &ConfigErrors) -> ConfigErrors {
    let mut renamed = ConfigErrors::default();
    for error in errors {
        let text = error.to_string();
        let problem = text
            .strip_prefix(error.setting())
            .unwrap_or(&text)
            .trim_start();
        renamed.push(match error.setting() {
            "redis_url" => ConfigError::new("REDIS_URL", problem),
            "ca_file" => ConfigError::new("REDIS_CA_FILE", problem),
            "on_outage" => ConfigError::new("REDIS_ON_OUTAGE", problem),
            _ => error.clone(),
        });
    }
    renamed
}
