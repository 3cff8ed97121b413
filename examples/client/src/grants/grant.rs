//! By what right the client asks for a token.

use url::Url;

use crate::{error::ClientError, options::client_options::vet_web, secret::Secret};

/// What the client shows to the authorization server.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Grant {
    /// That a person approves, in a browser (OAuth 2.1 section 4.1). A client with a key of its own
    /// takes [`ClientCredentials`](Self::ClientCredentials) where the issuer offers nothing else.
    #[default]
    AuthorizationCode,
    /// That it is itself: no person is involved (OAuth 2.1 section 4.2).
    ClientCredentials,
    /// What the enterprise's identity provider says of a person who has signed in there: enterprise-managed
    /// authorization (draft-ietf-oauth-identity-assertion-authz-grant).
    EnterpriseManaged(SignedIn),
    /// A JWT that its platform gave the workload (RFC 7523 section 2.1).
    WorkloadIdentity(Secret),
}

/// A person who has signed in to the enterprise's identity provider.
#[derive(Debug, Clone)]
pub struct SignedIn {
    pub(crate) issuer: String,
    pub(crate) token_endpoint: String,
    pub(crate) client_id: String,
    pub(crate) id_token: Secret,
}

impl SignedIn {
    /// The identity provider, what this client is called there, and the ID token that it was given.
    ///
    /// # Errors
    ///
    /// [`ClientError::Usage`] when the token endpoint is neither https nor http on loopback: the ID
    /// token is sent there.
    pub fn new(
        issuer: impl Into<String>,
        token_endpoint: &str,
        client_id: impl Into<String>,
        id_token: Secret,
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
    fn what_cannot_be_used_is_named_and_no_secret_is_shown() {
        let secret = || Secret::new("hunter2".to_owned());
        let told = |endpoint: &str| {
            SignedIn::new("https://idp.example", endpoint, "app", secret())
                .map(|signed_in| format!("{signed_in:?}"))
                .map_err(|error| error.to_string())
        };
        assert!(told("https://idp.example/token").is_ok_and(|shown| !shown.contains("hunter2")));
        for (endpoint, why) in [
            ("http://idp.example/token", "uses plain http"),
            ("idp.example/token", "is not a URL"),
        ] {
            assert!(
                told(endpoint).is_err_and(|told| told.contains(why)),
                "{endpoint}"
            );
        }
    }
}
