//! The grant that the client gets its tokens by.

use secrecy::SecretString;
use url::Url;

use crate::{error::ClientError, web_url::vet_web};

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
