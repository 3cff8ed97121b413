//! The authorization request ([RFC 6749 section 4.1.1](https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1)),
//! as the client would make it.

use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use super::registered::RegisteredClient;
use crate::diagnose::subject::Subject;

/// The URL that requests a code at `endpoint`, for the MCP server and its required scopes.
///
/// The code challenge is random and has no verifier
/// ([RFC 7636 section 4.6](https://www.rfc-editor.org/rfc/rfc7636#section-4.6)), so a code that
/// the issuer returns cannot be redeemed.
///
/// # Errors
///
/// When the operating system provides no random bytes.
pub(super) fn url(
    mut endpoint: Url,
    subject: &Subject<'_>,
    client: &RegisteredClient,
) -> Result<Url, Unspecified> {
    let (state, challenge) = (random()?, random()?);
    let scope = subject.required_scopes.to_string();
    endpoint.set_fragment(None);
    let mut query = endpoint.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &client.client_id)
        .append_pair("redirect_uri", &client.redirect_uri)
        .append_pair("state", &state)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", subject.mcp_url.as_str());
    if !scope.is_empty() {
        query.append_pair("scope", &scope);
    }
    drop(query);
    Ok(endpoint)
}

/// 32 random bytes, the length of a SHA-256 hash, in base64url.
fn random() -> Result<String, Unspecified> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
