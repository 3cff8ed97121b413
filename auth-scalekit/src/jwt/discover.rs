//! From an issuer identifier to a verifier: where the keys are, by the issuer's own metadata.

use auth_core::ConfigError;
use serde_json::Value;
use thiserror::Error;
use url::Url;

use super::builder::JwtVerifierBuilder;
use super::verifier::JwtVerifier;
use crate::remote::{FetchError, FetchUrl, Fetcher};

/// Why an issuer's metadata cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DiscoverError {
    /// The identifier is not one that can be fetched from.
    #[error(transparent)]
    Issuer(ConfigError),
    /// The metadata cannot be had at any of its places.
    #[error("the metadata of {issuer:?} cannot be had: {reason}")]
    Unavailable {
        /// The issuer.
        issuer: String,
        /// What the last place answered.
        reason: String,
    },
    /// The metadata is about another issuer, which may be an attack (RFC 8414 section 3.3).
    #[error("the metadata at {url} is about issuer {found:?}: configure that one if it is meant")]
    AnotherIssuer {
        /// Where it was found.
        url: String,
        /// What it says.
        found: String,
    },
    /// The metadata names no keys.
    #[error(
        "the metadata at {url} has no jwks_uri: use JwtVerifier::builder with the URL of the keys"
    )]
    NoKeys {
        /// Where it was found.
        url: String,
    },
}

impl JwtVerifier {
    /// Settings for tokens of `issuer`, with the keys that its metadata names:
    /// [RFC 8414](https://www.rfc-editor.org/rfc/rfc8414#section-3) first, then OpenID Connect
    /// Discovery, with the well-known path inserted and appended. The metadata's `issuer` must be
    /// `issuer`, byte for byte.
    ///
    /// # Errors
    ///
    /// [`DiscoverError`] when there is no such metadata.
    pub async fn discover<A: Into<String>>(
        issuer: &str,
        audiences: impl IntoIterator<Item = A>,
    ) -> Result<JwtVerifierBuilder, DiscoverError> {
        let fault = |problem: &dyn std::fmt::Display| {
            DiscoverError::Issuer(ConfigError::new("issuer", problem))
        };
        let vetted = FetchUrl::parse(issuer, false).map_err(|error| fault(&error))?;
        if issuer.contains('?') {
            return Err(fault(&"must not have a query"));
        }
        let fetcher = Fetcher::new(vetted.is_loopback())
            .map_err(|error| fault(&format!("cannot be fetched from: {error}")))?;
        let mut last = None;
        for url in places(issuer) {
            match fetcher.get(&url, false).await {
                Ok(fetched) => {
                    let keys = keys_of(&url, &fetched.json, issuer)?;
                    return Ok(Self::builder([issuer], audiences, keys));
                }
                Err(error) if error.is_not_here() => last = Some(error),
                Err(error) => return Err(unavailable(issuer, Some(&error))),
            }
        }
        Err(unavailable(issuer, last.as_ref()))
    }
}

fn unavailable(issuer: &str, error: Option<&FetchError>) -> DiscoverError {
    DiscoverError::Unavailable {
        issuer: issuer.into(),
        reason: error.map_or_else(|| "no place to look".into(), ToString::to_string),
    }
}

/// Where the metadata may be.
fn places(issuer: &str) -> Vec<String> {
    let trimmed = issuer.trim_end_matches('/');
    let path = Url::parse(trimmed).map_or_else(|_| String::new(), |url| url.path().into());
    let path = path.trim_end_matches('/');
    let origin = trimmed.strip_suffix(path).unwrap_or(trimmed);
    let mut places = vec![
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        places.push(format!("{trimmed}/.well-known/openid-configuration"));
    }
    places
}

/// The `jwks_uri` of a document that is about `issuer`.
fn keys_of(url: &str, json: &[u8], issuer: &str) -> Result<String, DiscoverError> {
    let document: Value = serde_json::from_slice(json).unwrap_or_default();
    let member = |name: &str| document.get(name).and_then(Value::as_str);
    match member("issuer") {
        Some(found) if found == issuer => {}
        found => {
            return Err(DiscoverError::AnotherIssuer {
                url: url.into(),
                found: found.unwrap_or("").chars().take(200).collect(),
            });
        }
    }
    member("jwks_uri")
        .map(Into::into)
        .ok_or_else(|| DiscoverError::NoKeys { url: url.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_their_order() {
        assert_eq!(
            places("https://id.example.com"),
            [
                "https://id.example.com/.well-known/oauth-authorization-server",
                "https://id.example.com/.well-known/openid-configuration",
            ]
        );
        assert_eq!(
            places("https://id.example.com/"),
            places("https://id.example.com"),
            "a slash at the end counts in the comparison alone"
        );
        assert_eq!(
            places("https://id.example.com/a/b"),
            [
                "https://id.example.com/.well-known/oauth-authorization-server/a/b",
                "https://id.example.com/.well-known/openid-configuration/a/b",
                "https://id.example.com/a/b/.well-known/openid-configuration",
            ]
        );
    }
}
