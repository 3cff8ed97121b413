//! The metadata of an issuer ([RFC 8414](https://www.rfc-editor.org/rfc/rfc8414)): accepted only if it is about
//! the configured issuer.

use auth_core::support::json::{self, Rules};
use serde_json::{Map, Value};
use thiserror::Error;

/// The well-known path of authorization server metadata, in the root form of
/// [RFC 8414 section 3](https://www.rfc-editor.org/rfc/rfc8414#section-3).
pub(crate) const METADATA_PATH: &str = "/.well-known/oauth-authorization-server";

/// How much of another issuer's name is shown, in characters.
const MAX_SHOWN: usize = 200;

/// Why a document is not the metadata of the issuer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum BadMetadata {
    #[error("the metadata is not a JSON object with each member once")]
    NotAnObject,
    #[error("the metadata names no issuer")]
    NoIssuer,
    #[error("the metadata is about issuer {0:?}: configure that one if it is meant")]
    AnotherIssuer(String),
}

/// Parses metadata whose `issuer` is one of `issuers`, compared byte for byte: any other may be an attack
/// ([RFC 8414 section 3.3](https://www.rfc-editor.org/rfc/rfc8414#section-3.3)).
pub(crate) fn metadata_of(
    json: &[u8],
    issuers: &[impl AsRef<str>],
) -> Result<Map<String, Value>, BadMetadata> {
    let document = json::value(json, Rules::STRICT).map_err(|_| BadMetadata::NotAnObject)?;
    let Value::Object(metadata) = document else {
        return Err(BadMetadata::NotAnObject);
    };
    let issuer = metadata.get("issuer").and_then(Value::as_str);
    let issuer = issuer.ok_or(BadMetadata::NoIssuer)?;
    if issuers.iter().any(|known| known.as_ref() == issuer) {
        Ok(metadata)
    } else {
        let shown = issuer.chars().take(MAX_SHOWN).collect();
        Err(BadMetadata::AnotherIssuer(shown))
    }
}
