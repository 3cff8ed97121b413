//! In which directory the token files are.

use std::path::PathBuf;

use crate::error::ClientError;

/// Environment variable that names the directory.
const DIRECTORY_VARIABLE: &str = "MCP_CLIENT_TOKEN_DIR";

/// The default directory: `$MCP_CLIENT_TOKEN_DIR`, else the user's data directory.
///
/// # Errors
///
/// [`ClientError::Usage`] when the environment names no home directory either.
pub(crate) fn default_directory() -> Result<PathBuf, ClientError> {
    directory_from(|name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    })
}

fn directory_from(variable: impl Fn(&str) -> Option<PathBuf>) -> Result<PathBuf, ClientError> {
    if let Some(directory) = variable(DIRECTORY_VARIABLE) {
        return Ok(directory);
    }
    // XDG says a relative path is to be ignored.
    let data = if let Some(data) = variable("XDG_DATA_HOME").filter(|path| path.is_absolute()) {
        Some(data)
    } else if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Application Support"))
    } else {
        variable("HOME").map(|home| home.join(".local/share"))
    };
    data.map(|data| data.join("auth-scalekit-client"))
        .ok_or_else(|| {
            ClientError::Usage(format!(
                "no directory for tokens; set --token-dir or {DIRECTORY_VARIABLE}"
            ))
        })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn directories() {
        // variables set, directory chosen
        type Variables = &'static [(&'static str, &'static str)];
        let rows: [(Variables, Option<&str>); 6] = [
            (
                &[
                    ("MCP_CLIENT_TOKEN_DIR", "/t"),
                    ("XDG_DATA_HOME", "/x"),
                    ("HOME", "/h"),
                ],
                Some("/t"),
            ),
            (
                &[("XDG_DATA_HOME", "/x"), ("HOME", "/h")],
                Some("/x/auth-scalekit-client"),
            ),
            (
                &[("XDG_DATA_HOME", "relative"), ("HOME", "/h")],
                Some("/h/.local/share/auth-scalekit-client"),
            ),
            (
                &[("HOME", "/h")],
                Some("/h/.local/share/auth-scalekit-client"),
            ),
            (&[("XDG_DATA_HOME", "/x")], Some("/x/auth-scalekit-client")),
            (&[], None),
        ];
        for (variables, expected) in rows {
            if cfg!(any(windows, target_os = "macos"))
                && !variables
                    .iter()
                    .any(|(name, _)| *name == "MCP_CLIENT_TOKEN_DIR")
            {
                continue;
            }
            let variables: HashMap<&str, &str> = variables.iter().copied().collect();
            let got = directory_from(|name| variables.get(name).map(PathBuf::from)).ok();
            assert_eq!(got, expected.map(PathBuf::from), "{variables:?}");
        }
    }
}
