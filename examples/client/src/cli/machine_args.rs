//! The arguments for tokens without a browser. Secrets are read from files or the environment: all users of a machine can
//! see arguments.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::SecretString;

use crate::{
    error::ClientError,
    grants::{Grant, PrivateKey, SignedIn},
    options::ClientOptions,
};

/// Environment variable of the secret that belongs to `--client-id`.
const SECRET_VARIABLE: &str = "MCP_CLIENT_SECRET";

/// The grant of a client without a browser.
#[derive(Debug, Clone, Args)]
pub struct MachineArgs {
    /// Get a token for the client itself, without a user.
    #[arg(long, global = true, requires = "client_id", conflicts_with_all = ["id_token", "workload_token"], help_heading = "Without a user")]
    pub client_credentials: bool,
    /// Private key of --client-id, instead of a secret (PKCS #8 PEM).
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        requires = "client_credentials",
        help_heading = "Without a user"
    )]
    pub private_key: Option<PathBuf>,
    /// Algorithm of --private-key, such as RS256.
    #[arg(
        long,
        value_name = "ALG",
        default_value = "ES256",
        requires = "private_key",
        help_heading = "Without a user"
    )]
    pub signing_algorithm: String,
    /// ID token of the user, from the company's identity provider.
    #[arg(long, global = true, value_name = "FILE", requires_all = ["client_id", "idp_issuer", "idp_token_endpoint", "idp_client_id"], conflicts_with = "workload_token", help_heading = "Without a user")]
    pub id_token: Option<PathBuf>,
    /// Issuer of that identity provider.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        requires = "id_token",
        help_heading = "Without a user"
    )]
    pub idp_issuer: Option<String>,
    /// Token endpoint of that identity provider.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        requires = "id_token",
        help_heading = "Without a user"
    )]
    pub idp_token_endpoint: Option<String>,
    /// Id of this client at that identity provider.
    #[arg(
        long,
        global = true,
        value_name = "ID",
        requires = "id_token",
        help_heading = "Without a user"
    )]
    pub idp_client_id: Option<String>,
    /// JWT that the platform gave to this workload.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Without a user"
    )]
    pub workload_token: Option<PathBuf>,
}

impl MachineArgs {
    /// Adds the id of the client, its key and its grant to the options.
    pub(crate) fn applied_to(
        &self,
        mut options: ClientOptions,
        client_id: Option<&str>,
    ) -> Result<ClientOptions, ClientError> {
        if let Some(id) = client_id {
            options = match &self.private_key {
                Some(file) => {
                    let pem = secret_in("--private-key", file)?;
                    let key = PrivateKey::new(&pem, &self.signing_algorithm)?;
                    options.with_client_key(id.to_owned(), key)
                }
                None => options.with_client(id.to_owned(), secret_variable()),
            };
        }
        Ok(match self.grant()? {
            Some(grant) => options.with_grant(grant),
            None => options,
        })
    }

    fn grant(&self) -> Result<Option<Grant>, ClientError> {
        if let Some(file) = &self.id_token {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            return Ok(Some(Grant::EnterpriseManaged(SignedIn::new(
                text(&self.idp_issuer),
                &text(&self.idp_token_endpoint),
                text(&self.idp_client_id),
                secret_in("--id-token", file)?,
            )?)));
        }
        if let Some(file) = &self.workload_token {
            let token = secret_in("--workload-token", file)?;
            return Ok(Some(Grant::WorkloadIdentity(token)));
        }
        Ok(self.client_credentials.then_some(Grant::ClientCredentials))
    }
}

fn secret_variable() -> Option<SecretString> {
    let secret = std::env::var(SECRET_VARIABLE).ok();
    secret.filter(|secret| !secret.is_empty()).map(Into::into)
}

fn secret_in(argument: &str, file: &Path) -> Result<SecretString, ClientError> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        ClientError::Usage(format!(
            "{argument}: cannot read {} ({error})",
            file.display()
        ))
    })?;
    match text.trim() {
        "" => Err(ClientError::Usage(format!(
            "{argument}: {} is empty",
            file.display()
        ))),
        text => Ok(SecretString::from(text.to_owned())),
    }
}
