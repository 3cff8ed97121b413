//! [`secret_variable`]: a secret of an environment variable, or of the file that a second variable names.

use std::env::VarError;
use std::fs::File;
use std::io::Read;

use auth_core::error::ConfigError;

use crate::secret::Secret;

/// The longest secret in a file, in bytes.
const MAX_BYTES: u64 = 16 * 1024;

/// A secret, with the variable that it is from.
pub(crate) struct NamedSecret {
    pub(crate) variable: String,
    pub(crate) secret: Secret,
}

/// The secret of the variable `name`, or the content of the file that `{name}_FILE` names (a mounted secret), without
/// line ends at its end. `None` if neither is set.
///
/// # Errors
///
/// [`ConfigError`] if both are set, and for a file that cannot be read or is no text of up to 16 KiB.
pub(crate) fn secret_variable(
    read: impl Fn(&str) -> Result<String, VarError>,
    name: &'static str,
) -> Option<Result<NamedSecret, ConfigError>> {
    let file_name = format!("{name}_FILE");
    let (variable, file) = (read(name), read(&file_name));
    let not_text = "is not UTF-8 text: set it again";
    let named = |variable: &str, secret| NamedSecret {
        variable: variable.to_owned(),
        secret,
    };
    Some(match (variable, file) {
        (Err(VarError::NotPresent), Err(VarError::NotPresent)) => return None,
        (Ok(secret), Err(VarError::NotPresent)) => Ok(named(name, Secret::new(secret))),
        (Err(VarError::NotUnicode(_)), Err(VarError::NotPresent)) => {
            Err(ConfigError::new(name, not_text))
        }
        (Err(VarError::NotPresent), Ok(path)) => {
            let secret = content(&path).map(|secret| named(&file_name, secret));
            secret.map_err(|problem| ConfigError::new(file_name, problem))
        }
        (Err(VarError::NotPresent), Err(VarError::NotUnicode(_))) => {
            Err(ConfigError::new(file_name, not_text))
        }
        _ => {
            let problem = format!("and {file_name} are both set: remove one of them");
            Err(ConfigError::new(name, problem))
        }
    })
}

/// The error does not show the path: a secret may have been put into the wrong variable.
fn content(path: &str) -> Result<Secret, String> {
    let mut text = String::new();
    File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| {
            format!("names a file that cannot be read ({error}): mount it, or correct the path")
        })?;
    if text.len() as u64 > MAX_BYTES {
        return Err(format!(
            "names a file of more than {} KiB: name the file of the secret",
            MAX_BYTES / 1024
        ));
    }
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}
