//! Binds credentials that were given by hand to an issuer.
//!
//! The MCP server names its authorization server, and may be compromised. The user of a client without a browser sees
//! nothing of that, so a secret, a key or a JWT goes only to the issuer that it is for: the one of `--issuer`, else the
//! one that it was used at first, else, for a JWT, one that the JWT names as its audience (MCP, "Authorization Server
//! Binding"; RFC 7523 section 3).

use rmcp::transport::auth::AuthorizationMetadata;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use super::context::Context;
use crate::{error::ClientError, grants::Grant, jwt, redact, store::Record};

/// Checks that the given credentials may be sent to the issuer of this metadata.
///
/// # Errors
///
/// [`ClientError::OtherIssuer`], and [`ClientError::Store`] when the earlier issuer cannot be read.
pub(super) async fn check(
    context: &Context,
    metadata: &AuthorizationMetadata,
) -> Result<(), ClientError> {
    let options = &context.options;
    let found = metadata.issuer.as_deref();
    let other = |expected: &str| ClientError::OtherIssuer {
        url: redact::url_without_query(&options.server),
        expected: redact::printable(expected),
        found: redact::printable(found.unwrap_or("one without a name")),
    };
    if let Some(expected) = &options.issuer {
        return match found == Some(expected) {
            true => Ok(()),
            false => Err(other(expected)),
        };
    }
    if let Grant::WorkloadIdentity(assertion) = &options.grant {
        let claims = jwt::unverified_claims(assertion.expose_secret()).unwrap_or_default();
        let audiences = strings(claims.get("aud"));
        let endpoint = Some(metadata.token_endpoint.as_str());
        let is_for = |audience: &&str| Some(*audience) == endpoint || Some(*audience) == found;
        if !audiences.iter().any(is_for) {
            let named = audiences.join(", ");
            let named = if named.is_empty() {
                "no audience"
            } else {
                &named
            };
            return Err(other(named));
        }
    }
    let given = options.preregistered.as_ref();
    let Some(given) = given.filter(|given| given.can_authenticate()) else {
        return Ok(());
    };
    let known = context.store.of_server(&options.server).await?;
    let of_client = |record: &&Record| {
        let credentials = record.credentials.as_ref();
        credentials.is_some_and(|known| known.client_id == given.client_id)
    };
    let earlier: Vec<_> = known.iter().filter(of_client).collect();
    match earlier.first().and_then(|record| record.issuer.as_deref()) {
        Some(first)
            if !earlier
                .iter()
                .any(|record| record.issuer.as_deref() == found) =>
        {
            Err(other(first))
        }
        _ => Ok(()),
    }
}

/// A string, or the strings of a list (RFC 7519 section 4.1.3).
fn strings(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::String(audience)) => vec![audience],
        Some(Value::Array(audiences)) => audiences.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}
