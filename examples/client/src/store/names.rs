//! The names of token files.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest;

use super::disk::store_error;
use crate::error::ClientError;

/// Follows the name of a file that was set aside.
pub(super) const SET_ASIDE: &str = ".corrupt-";

const ENDING: &str = ".json";
const KINDS: [&str; 3] = ["keyring", "passphrase", "unencrypted"];
const HASH_LENGTH: usize = 32;

/// The token files of a directory whose names are `wanted`, in the order of their names. Other files are ignored.
///
/// # Errors
///
/// [`ClientError::Store`] when the directory exists and cannot be read.
pub(super) fn files(
    directory: &Path,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<PathBuf>, ClientError> {
    let failed = |error: io::Error| store_error(directory, &error);
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let name = name_of(&path);
        if login_of(&name).is_some() && wanted(&name) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The name of the file for a server and an issuer. It contains hashes, because URLs have characters that file names
/// may not have; the URLs are in the file.
pub(super) fn file_name(server: &str, issuer: &str, kind: &str) -> String {
    format!("{}{}{}", beginning(server), hash(issuer), ending(kind))
}

/// The part of the name that identifies the login, also if the file was set aside; none for any other file. The same
/// login under another protection has the same part.
pub(super) fn login_of(name: &str) -> Option<&str> {
    let (login, rest) = name.split_once('.')?;
    let (server, issuer) = login.split_once('-')?;
    let is_hash = |text: &str| {
        let lower_hex = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        text.len() == HASH_LENGTH && text.bytes().all(lower_hex)
    };
    let known = KINDS.iter().any(|kind| {
        let after = rest
            .strip_prefix(kind)
            .and_then(|rest| rest.strip_prefix(ENDING));
        after.is_some_and(|after| after.is_empty() || after.starts_with(SET_ASIDE))
    });
    (is_hash(server) && is_hash(issuer) && known).then_some(login)
}

/// How the names of all files of a server begin.
pub(super) fn beginning(server: &str) -> String {
    format!("{}-", hash(server))
}

/// How the names of all files of a kind end.
pub(super) fn ending(kind: &str) -> String {
    format!(".{kind}{ENDING}")
}

fn hash(text: &str) -> String {
    let hash = digest::digest(&digest::SHA256, text.as_bytes());
    let bytes = hash.as_ref().iter().take(16);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_server_issuer_and_kind() {
        let (server, issuer) = ("http://localhost:8000/mcp", "http://localhost:9000");
        let name = file_name(server, issuer, "keyring");
        assert!(name.starts_with(&beginning(server)) && name.ends_with(&ending("keyring")));
        for other in [
            file_name("http://localhost:8000/mcp/", issuer, "keyring"),
            file_name(server, "http://localhost:9000/", "keyring"),
            file_name(server, "", "keyring"),
            file_name(server, issuer, "passphrase"),
        ] {
            assert_ne!(name, other);
        }
    }

    #[test]
    fn only_names_of_token_files_match() {
        let name = file_name(
            "http://localhost:8000/mcp",
            "http://localhost:9000",
            "keyring",
        );
        let aside = format!("{name}{SET_ASIDE}1700000000");
        let login = login_of(&name);
        assert!(login.is_some() && login_of(&aside) == login);
        let short = name.get(1..).unwrap_or_default();
        for other in [
            "package.json",
            short,
            &name.replace("keyring", "settings"),
            &name.replace(".json", ".lock"),
            &format!("{name}.bak"),
            &name.to_uppercase(),
        ] {
            assert_eq!(login_of(other), None, "{other}");
        }
    }

    #[test]
    fn no_url_gets_into_a_name() {
        let name = file_name(
            "http://localhost/../../etc",
            "https://as/%2e%2e/",
            "keyring",
        );
        let fit = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        assert!(name.chars().all(fit) && !name.contains(".."), "{name}");
    }
}
