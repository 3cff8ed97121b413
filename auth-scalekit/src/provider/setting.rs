//! [`Setting`]: a named string, and the parsers of the settings.

use auth_core::error::ConfigErrors;
use auth_core::provider::{PublicUrl, UrlError};
use auth_core::token::Scopes;

pub(super) const FIND_ENVIRONMENT_URL: &str = "copy the environment URL from the Scalekit dashboard \
     (Developers > Settings), it looks like https://acme.scalekit.com";

/// The string of a setting, and the name by which the user knows the setting.
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// `Err` is the reason why there is none.
    pub(super) text: Result<String, String>,
}

impl Setting {
    /// A setting from code.
    pub(super) fn given(name: &'static str, text: impl Into<String>) -> Self {
        Self {
            name,
            text: Ok(text.into()),
        }
    }
}

/// Parses a setting; an error is added to `errors` under the name of the setting.
pub(super) fn vet<T>(
    errors: &mut ConfigErrors,
    setting: &Setting,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    let result = setting
        .text
        .as_deref()
        .map_err(Clone::clone)
        .and_then(parse);
    errors.collect(setting.name, result)
}

/// The environment's URL has no path: all other URLs are derived from it.
pub(super) fn environment_url(text: &str) -> Result<PublicUrl, String> {
    PublicUrl::parse_origin(text).map_err(|error| match error {
        // The value cannot be corrected to a URL, so point to the dashboard.
        UrlError::Empty { .. } => format!("is empty: {FIND_ENVIRONMENT_URL}"),
        UrlError::NotAUrl {
            reason,
            instead: None,
            ..
        } => format!("is not a URL ({reason}): {FIND_ENVIRONMENT_URL}"),
        error => error.to_string(),
    })
}

/// Scopes separated by spaces or commas.
pub(super) fn scopes(text: &str) -> Result<Scopes, String> {
    let members = text.split([' ', ',']).filter(|scope| !scope.is_empty());
    let scopes =
        Scopes::new(members).map_err(|error| format!("is not a list of scopes: {error}"))?;
    if scopes.contains("offline_access") {
        return Err(
            "must not contain \"offline_access\": remove it; clients request it from Scalekit"
                .into(),
        );
    }
    Ok(scopes)
}

/// Joins scopes with spaces.
pub(super) fn join<T: AsRef<str>>(scopes: impl IntoIterator<Item = T>) -> String {
    let scopes: Vec<_> = scopes.into_iter().collect();
    let texts: Vec<_> = scopes.iter().map(AsRef::as_ref).collect();
    texts.join(" ")
}
