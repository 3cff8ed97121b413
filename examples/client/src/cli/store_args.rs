//! The arguments for the token store.

use std::{env::VarError, path::PathBuf};

use clap::Args;
use secrecy::SecretString;

use crate::{
    error::ClientError,
    store::{PASSPHRASE_VARIABLE, Protection, TokenStore, default_directory},
};

/// Where tokens are stored, and how they are protected.
#[derive(Debug, Clone, Args)]
pub struct StoreArgs {
    /// Directory of the token files; else MCP_CLIENT_TOKEN_DIR.
    #[arg(long, global = true, value_name = "DIR", help_heading = "Tokens")]
    pub token_dir: Option<PathBuf>,
    /// Keep tokens in files that every backup can read.
    #[arg(long, global = true, help_heading = "Tokens")]
    pub unencrypted_tokens: bool,
}

impl StoreArgs {
    /// Files, encrypted with the passphrase if one is set, else with a key in the system's keyring.
    ///
    /// # Errors
    ///
    /// [`ClientError::Keyring`] when there is neither, [`ClientError::Usage`] when the passphrase is too short
    /// or no directory is known.
    pub(crate) async fn files(&self) -> Result<TokenStore, ClientError> {
        let set = match std::env::var(PASSPHRASE_VARIABLE) {
            Err(VarError::NotUnicode(_)) => {
                let why = format!("{PASSPHRASE_VARIABLE} must be UTF-8");
                return Err(ClientError::Usage(why));
            }
            set => set.ok().filter(|text| !text.is_empty()),
        };
        let protection = match set {
            Some(text) => Protection::passphrase(SecretString::from(text))?,
            None if self.unencrypted_tokens => Protection::Unencrypted,
            None => Protection::keyring().await.map_err(ClientError::Keyring)?,
        };
        Ok(TokenStore::in_directory(&self.directory()?, protection))
    }

    /// The same, or memory when there is no key to encrypt files with.
    pub(crate) async fn files_or_memory(&self) -> Result<TokenStore, ClientError> {
        match self.files().await {
            Err(error @ ClientError::Keyring(_)) => {
                Ok(TokenStore::in_memory_because(error.to_string()))
            }
            opened => opened,
        }
    }

    /// Files to be removed, for which no key is needed.
    pub(crate) fn files_to_remove(&self) -> Result<TokenStore, ClientError> {
        let directory = self.directory()?;
        Ok(TokenStore::in_directory(
            &directory,
            Protection::Unencrypted,
        ))
    }

    pub(crate) fn directory(&self) -> Result<PathBuf, ClientError> {
        match &self.token_dir {
            Some(directory) => Ok(directory.clone()),
            None => default_directory(),
        }
    }
}
