//! [`Credentials`]: the client id and secret of this server for the management API, from code or from variables.

use std::env::VarError;

use auth_core::error::{ConfigError, ConfigErrors};

use crate::secret::Secret;
use crate::secret_variable::secret_variable;

const FIND: &str = "copy it from the Scalekit dashboard (Developers > Settings > API Credentials)";

/// A client id and secret, not validated yet.
pub(super) struct Credentials {
    id: Credential,
    secret: Credential,
}

/// One of the two, and the name of its setting. The id is no secret, but it may be in a file too.
struct Credential {
    name: &'static str,
    value: Result<Secret, ConfigError>,
}

impl Credentials {
    /// Why there are none if no variable was read.
    pub(super) const NOT_GIVEN: &str = "no client of the environment is given";

    /// Credentials from code.
    pub(super) fn given(client_id: impl Into<String>, client_secret: Secret) -> Self {
        Self {
            id: Credential {
                name: "management client_id",
                value: Ok(Secret::new(client_id)),
            },
            secret: Credential {
                name: "management client_secret",
                value: Ok(client_secret),
            },
        }
    }

    /// Those of `SCALEKIT_CLIENT_ID` and `SCALEKIT_CLIENT_SECRET`, or of the files that the variables with `_FILE` name.
    ///
    /// # Errors
    ///
    /// Which variables are not set, without a secret: older set-ups have the id alone, for tools that need no more.
    pub(super) fn of_variables(
        read: impl Fn(&str) -> Result<String, VarError>,
    ) -> Result<Self, &'static str> {
        const ID: &str = "SCALEKIT_CLIENT_ID";
        const SECRET: &str = "SCALEKIT_CLIENT_SECRET";
        let [id, secret] = [ID, SECRET].map(|name| {
            let value = secret_variable(&read, name)?;
            Some(value.map(|named| named.secret))
        });
        let Some(secret) = secret else {
            return Err(match id {
                Some(_) => "SCALEKIT_CLIENT_SECRET is not set",
                None => "SCALEKIT_CLIENT_ID and SCALEKIT_CLIENT_SECRET are not set",
            });
        };
        let id = id.unwrap_or_else(|| {
            let problem = format!("is not set, but {SECRET} is: set both or neither");
            Err(ConfigError::new(ID, problem))
        });
        Ok(Self {
            id: Credential {
                name: ID,
                value: id,
            },
            secret: Credential {
                name: SECRET,
                value: secret,
            },
        })
    }

    /// The id and the secret; errors are added to `errors`.
    pub(super) fn vet(self, errors: &mut ConfigErrors) -> Option<(String, Secret)> {
        let id = self.id.vet(errors);
        let secret = self.secret.vet(errors);
        Some((id?.reveal().to_owned(), secret?))
    }
}

impl Credential {
    fn vet(self, errors: &mut ConfigErrors) -> Option<Secret> {
        let name = self.name;
        let value = self.value.and_then(|value| match value.is_blank() {
            true => Err(ConfigError::new(name, format!("is empty: {FIND}"))),
            false => Ok(value),
        });
        value.map_err(|error| errors.push(error)).ok()
    }
}
