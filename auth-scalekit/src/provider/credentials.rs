//! [`Credentials`]: the client id and secret of this server for the management API, from code or from variables.

use std::env::VarError;

use auth_core::error::{ConfigError, ConfigErrors};

use super::setting::Setting;
use crate::secret::Secret;
use crate::secret_variable::secret_variable;

const FIND: &str = "copy it from the Scalekit dashboard (Developers > Settings > API Credentials)";

/// A client id and secret, not validated yet.
pub(super) struct Credentials {
    id: Setting,
    secret_name: &'static str,
    secret: Result<Secret, ConfigError>,
}

impl Credentials {
    /// Credentials from code.
    pub(super) fn given(client_id: impl Into<String>, client_secret: Secret) -> Self {
        Self {
            id: Setting::given("management client_id", client_id),
            secret_name: "management client_secret",
            secret: Ok(client_secret),
        }
    }

    /// Those of `SCALEKIT_CLIENT_ID` and `SCALEKIT_CLIENT_SECRET`. `None` without a secret: older set-ups have the id
    /// alone, for tools that need no more.
    pub(super) fn of_variables(read: impl Fn(&str) -> Result<String, VarError>) -> Option<Self> {
        const ID: &str = "SCALEKIT_CLIENT_ID";
        const SECRET: &str = "SCALEKIT_CLIENT_SECRET";
        let secret = secret_variable(&read, SECRET)?.map(|named| named.secret);
        let text = read(ID).map_err(|error| match error {
            VarError::NotPresent => format!("is not set, but {SECRET} is: set both or neither"),
            VarError::NotUnicode(_) => "is not UTF-8 text: set it again".into(),
        });
        Some(Self {
            id: Setting { name: ID, text },
            secret_name: SECRET,
            secret,
        })
    }

    /// The id and the secret; errors are added to `errors`.
    pub(super) fn vet(self, errors: &mut ConfigErrors) -> Option<(String, Secret)> {
        let id = self.id.text.and_then(|id| match id.trim().is_empty() {
            true => Err(format!("is empty: {FIND}")),
            false => Ok(id),
        });
        let id = errors.collect(self.id.name, id);
        let secret = match self.secret {
            Ok(secret) if secret.is_empty() => {
                errors.push(ConfigError::new(
                    self.secret_name,
                    format!("is empty: {FIND}"),
                ));
                None
            }
            Ok(secret) => Some(secret),
            Err(error) => {
                errors.push(error);
                None
            }
        };
        id.zip(secret)
    }
}
