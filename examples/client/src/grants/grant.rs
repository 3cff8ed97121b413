//! The grant that the client gets its tokens by.

use aws_lc_rs::digest;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use super::preregistered::Preregistered;
use crate::{error::ClientError, jwt, web_url::vet_web};

/// The grant: what the client presents to the authorization server.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Grant {
    /// A code that a person approved in a browser (OAuth 2.1 section 4.1). A client with a secret or a key uses
    /// [`ClientCredentials`](Self::ClientCredentials) where the issuer offers only that.
    #[default]
    AuthorizationCode,
    /// Its own credentials, without a user (OAuth 2.1 section 4.2).
    ClientCredentials,
    /// An ID token of the enterprise's identity provider: enterprise-managed authorization
    /// (draft-ietf-oauth-identity-assertion-authz-grant).
    EnterpriseManaged(SignedIn),
    /// A JWT that the platform issued to the workload (RFC 7523 section 2.1).
    WorkloadIdentity(SecretString),
}

impl Grant {
    /// Whom the tokens of this grant stand for; none for a person, who may log in as anybody. Tokens of one are not used
    /// for another.
    pub(crate) fn account(&self, client: Option<&Preregistered>) -> Option<String> {
        match self {
            Self::AuthorizationCode => None,
            Self::ClientCredentials => {
                let id = client.map_or("", |client| client.client_id.as_str());
                Some(format!("client {id}"))
            }
            Self::EnterpriseManaged(signed_in) => Some(format!(
                "user {} {}",
                signed_in.issuer,
                subject_of(&signed_in.id_token)
            )),
            Self::WorkloadIdentity(assertion) => {
                Some(format!("workload {}", subject_of(assertion)))
            }
        }
    }
}

/// Issuer and subject of a JWT, which is not verified here; of another token its hash.
fn subject_of(token: &SecretString) -> String {
    let token = token.expose_secret();
    let claims = jwt::unverified_claims(token).unwrap_or_default();
    let claim = |name| claims.get(name).and_then(Value::as_str);
    match (claim("iss"), claim("sub")) {
        (Some(issuer), Some(subject)) => format!("{issuer} {subject}"),
        _ => {
            let hash = digest::digest(&digest::SHA256, token.as_bytes());
            URL_SAFE_NO_PAD.encode(hash.as_ref())
        }
    }
}

/// A user who is signed in at the enterprise's identity provider.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub(crate) issuer: String,
    pub(crate) token_endpoint: String,
    pub(crate) client_id: String,
    pub(crate) id_token: SecretString,
}

impl SignedIn {
    /// The identity provider, the id of this client there, and the ID token of the user.
    ///
    /// # Errors
    ///
    /// [`ClientError::Usage`] when the token endpoint, which the ID token is sent to, is neither https nor http on
    /// loopback.
    pub fn new(
        issuer: impl Into<String>,
        token_endpoint: &str,
        client_id: impl Into<String>,
        id_token: SecretString,
    ) -> Result<Self, ClientError> {
        let bad = |why: String| {
            ClientError::Usage(format!("the identity provider's token endpoint {why}"))
        };
        let parsed =
            Url::parse(token_endpoint).map_err(|error| bad(format!("is not a URL ({error})")))?;
        vet_web(&parsed).map_err(bad)?;
        Ok(Self {
            issuer: issuer.into(),
            token_endpoint: token_endpoint.to_owned(),
            client_id: client_id.into(),
            id_token,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unusable_endpoint_is_named_and_no_secret_is_shown() {
        let secret = || SecretString::from("hunter2".to_owned());
        let result = |endpoint: &str| {
            SignedIn::new("https://idp.example", endpoint, "app", secret())
                .map(|signed_in| format!("{signed_in:?}"))
                .map_err(|error| error.to_string())
        };
        assert!(result("https://idp.example/token").is_ok_and(|shown| !shown.contains("hunter2")));
        for (endpoint, why) in [
            ("http://idp.example/token", "uses plain http"),
            ("idp.example/token", "is not a URL"),
        ] {
            assert!(
                result(endpoint).is_err_and(|message| message.contains(why)),
                "{endpoint}"
            );
        }
    }
}
