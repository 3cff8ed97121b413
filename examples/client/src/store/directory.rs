//! The directory of the token files.

use std::path::PathBuf;

use etcetera::BaseStrategy as _;

use crate::error::ClientError;

/// Environment variable that names the directory.
const DIRECTORY_VARIABLE: &str = "MCP_CLIENT_TOKEN_DIR";

/// The default directory: `$MCP_CLIENT_TOKEN_DIR`, else a folder in the user's data directory.
///
/// # Errors
///
/// [`ClientError::Usage`] when the user has no home directory either.
pub(crate) fn default_directory() -> Result<PathBuf, ClientError> {
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    directory_from(variable, native_data_directory)
}

fn directory_from(
    variable: impl Fn(&str) -> Option<PathBuf>,
    native: impl FnOnce() -> Option<PathBuf>,
) -> Result<PathBuf, ClientError> {
    if let Some(directory) = variable(DIRECTORY_VARIABLE) {
        return Ok(directory);
    }
    // On every system, and without a home directory; the XDG specification ignores relative paths.
    let data = variable("XDG_DATA_HOME").filter(|path| path.is_absolute());
    data.or_else(native)
        .map(|data| data.join("auth-scalekit-client"))
        .ok_or_else(|| {
            ClientError::Usage(format!(
                "no directory for tokens; set --token-dir or {DIRECTORY_VARIABLE}"
            ))
        })
}

/// Where applications of this system keep data that is not synchronized with other machines.
fn native_data_directory() -> Option<PathBuf> {
    let strategy = etcetera::base_strategy::choose_native_strategy().ok()?;
    let directory = match cfg!(windows) {
        // etcetera's data directory is the roaming one; tokens are bound to the key of this machine.
        true => strategy.cache_dir(),
        false => strategy.data_dir(),
    };
    // With an empty HOME it would be below the working directory.
    directory.is_absolute().then_some(directory)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn directories() {
        // variables set, native data directory, directory chosen
        type Variables = &'static [(&'static str, &'static str)];
        let rows: [(Variables, Option<&str>, Option<&str>); 5] = [
            (
                &[("MCP_CLIENT_TOKEN_DIR", "/t"), ("XDG_DATA_HOME", "/x")],
                Some("/n"),
                Some("/t"),
            ),
            (
                &[("XDG_DATA_HOME", "/x")],
                Some("/n"),
                Some("/x/auth-scalekit-client"),
            ),
            (
                &[("XDG_DATA_HOME", "relative")],
                Some("/n"),
                Some("/n/auth-scalekit-client"),
            ),
            (
                &[("XDG_DATA_HOME", "/x")],
                None,
                Some("/x/auth-scalekit-client"),
            ),
            (&[], None, None),
        ];
        for (variables, native, expected) in rows {
            let variables: HashMap<&str, &str> = variables.iter().copied().collect();
            let got = directory_from(
                |name| variables.get(name).map(PathBuf::from),
                || native.map(PathBuf::from),
            );
            assert_eq!(got.ok(), expected.map(PathBuf::from), "{variables:?}");
        }
    }

    #[test]
    fn the_native_directory_is_that_of_the_user() {
        let native = native_data_directory();
        assert!(native.is_none_or(|native| native.is_absolute()));
    }
}
