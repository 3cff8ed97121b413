//! How ids and names are written, and that none is taken twice.

use std::collections::HashMap;

use super::error::DirectoryError;
use super::field::Field;

/// More names than these are too many for a message.
const SHOWN: usize = 20;

/// An id of Scalekit's: one of these prefixes, and digits.
///
/// # Errors
///
/// When it is written otherwise.
pub(super) fn id(field: &Field<'_>, prefixes: &[&str]) -> Result<String, DirectoryError> {
    let text = field.string()?;
    let digits = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix));
    let is_digits = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    match digits.is_some_and(is_digits) {
        true => Ok(text.to_owned()),
        false => {
            let expected = prefixes.join(" or ");
            Err(field.error(format!("expected {expected} and digits, got {text:?}")))
        }
    }
}

/// The name of a role, as Scalekit allows it.
///
/// # Errors
///
/// When it is empty, longer than 64 bytes, or has other characters than letters, digits and underscores.
pub(super) fn vet_role(field: &Field<'_>, name: &str) -> Result<(), DirectoryError> {
    let is_of_a_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    match (1..=64).contains(&name.len()) && name.bytes().all(is_of_a_name) {
        true => Ok(()),
        false => Err(field.error("the name of a role is 1 to 64 letters, digits and underscores")),
    }
}

/// A permission or a scope, which are the same names.
///
/// # Errors
///
/// When it has a character that no scope has (RFC 6749 section 3.3).
pub(super) fn scope(field: &Field<'_>) -> Result<String, DirectoryError> {
    let text = field.string()?;
    let is_of_a_scope = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    match text.bytes().all(is_of_a_scope) {
        true => Ok(text.to_owned()),
        false => Err(field.error(format!(
            "expected one scope such as notes:read, got {text:?}"
        ))),
    }
}

/// # Errors
///
/// When it is no address.
pub(super) fn email(field: &Field<'_>) -> Result<String, DirectoryError> {
    let text = field.string()?;
    match text.split_once('@') {
        Some((name, host)) if !name.is_empty() && !host.is_empty() && !host.contains('@') => {
            Ok(text.to_owned())
        }
        _ => Err(field.error(format!(
            "expected an address such as ada@example.com, got {text:?}"
        ))),
    }
}

/// What was taken so far, and where.
#[derive(Debug, Default)]
pub(super) struct Taken(HashMap<String, (String, Option<usize>)>);

impl Taken {
    /// # Errors
    ///
    /// When another place has it: that place, and its line.
    pub(super) fn take(&mut self, field: &Field<'_>, value: &str) -> Result<(), DirectoryError> {
        let here = (field.place().to_owned(), field.line());
        match self.0.insert(value.to_owned(), here) {
            None => Ok(()),
            Some((place, line)) => {
                let line = line.map_or_else(String::new, |line| format!(" in line {line}"));
                Err(field.error(format!(
                    "{value:?} is also at {place}{line}; change one of the two"
                )))
            }
        }
    }
}

/// A name that must be one of those which the file defines.
///
/// # Errors
///
/// When it is not: where to define it, and which there are.
pub(super) fn defined<'a>(
    field: &Field<'_>,
    (what, section): (&str, &str),
    known: impl Iterator<Item = &'a str>,
) -> Result<String, DirectoryError> {
    let wanted = field.string()?;
    let known: Vec<&str> = known.collect();
    if known.contains(&wanted) {
        return Ok(wanted.to_owned());
    }
    let shown = known
        .iter()
        .take(SHOWN)
        .copied()
        .collect::<Vec<_>>()
        .join(", ");
    let choose = match (known.len(), known.len() > SHOWN) {
        (0, _) => String::new(),
        (_, false) => format!(", or choose of {shown}"),
        (_, true) => format!(", or choose of {shown} and others"),
    };
    Err(field.error(format!(
        "no {what} {wanted:?}; define it in {section}{choose}"
    )))
}
