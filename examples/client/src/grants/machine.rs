//! Gets a token without a browser: with the client's key, the user's ID token, or the workload's JWT.

use rmcp::transport::auth::{
    AuthorizationManager, AuthorizationMetadata, ClientCredentialsConfig, CredentialStore as _,
    OAuthTokenResponse, StoredCredentials,
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    enterprise,
    grant::{Grant, SignedIn},
    preregistered::Preregistered,
    token_form::TokenRequest,
};
use crate::{
    dpop::USE_DPOP_NONCE, error::ClientError, jwt, server_metadata::MetadataExt as _,
    store::TokenEntry,
};

/// A grant that no person has to approve, with what it needs.
pub(crate) enum MachineGrant<'a> {
    ClientCredentials(&'a Preregistered),
    EnterpriseManaged(&'a Preregistered, &'a SignedIn),
    WorkloadIdentity(Option<&'a Preregistered>, &'a SecretString),
}

impl<'a> MachineGrant<'a> {
    /// The grant for these options; none when a person has to approve.
    ///
    /// # Errors
    ///
    /// [`ClientError::Usage`] when the grant needs a client id or a key that was not given.
    pub(crate) fn select(
        grant: &'a Grant,
        client: Option<&'a Preregistered>,
        metadata: &AuthorizationMetadata,
    ) -> Result<Option<Self>, ClientError> {
        let missing = |what: &str| ClientError::Usage(what.to_owned());
        Ok(match (grant, client) {
            (Grant::AuthorizationCode, Some(client))
                if client.can_authenticate() && offers_only_client_credentials(metadata) =>
            {
                Some(Self::ClientCredentials(client))
            }
            (Grant::AuthorizationCode, _) => None,
            (Grant::ClientCredentials, Some(client)) if client.can_authenticate() => {
                Some(Self::ClientCredentials(client))
            }
            (Grant::ClientCredentials, _) => {
                return Err(missing(
                    "--client-credentials needs --client-id, and MCP_CLIENT_SECRET or --private-key",
                ));
            }
            (Grant::EnterpriseManaged(signed_in), Some(client)) => {
                Some(Self::EnterpriseManaged(client, signed_in))
            }
            (Grant::EnterpriseManaged(_), None) => {
                return Err(missing(
                    "--id-token needs --client-id: what the authorization server calls this client",
                ));
            }
            (Grant::WorkloadIdentity(assertion), client) => {
                Some(Self::WorkloadIdentity(client, assertion))
            }
        })
    }

    /// The id of the client; empty where the workload's JWT alone names it.
    pub(crate) fn client_id(&self) -> &str {
        self.registered_id().unwrap_or_default()
    }

    fn registered_id(&self) -> Option<&str> {
        match self {
            Self::ClientCredentials(client) | Self::EnterpriseManaged(client, _) => {
                Some(&client.client_id)
            }
            Self::WorkloadIdentity(client, _) => client.map(|client| client.client_id.as_str()),
        }
    }

    /// Gets a token and stores it in `entry`, which is the store of `manager`.
    ///
    /// # Errors
    ///
    /// [`ClientError::Token`] when a token endpoint refuses, [`ClientError::Metadata`] when the issuer does not
    /// support the grant, [`ClientError::Store`] when the token cannot be stored.
    pub(crate) async fn get_token(
        &self,
        request: TokenRequest<'_>,
        manager: &mut AuthorizationManager,
        entry: &TokenEntry,
    ) -> Result<(), ClientError> {
        entry.expect_login(None, request.server);
        let response = match self {
            Self::ClientCredentials(client) => match &client.private_key {
                None => return with_secret(client, request, manager).await,
                Some(key) => {
                    let id = &client.client_id;
                    let signed = || request.client_credentials(id, key);
                    match request.send(signed()?).await {
                        Err(ClientError::Token(error)) if error == USE_DPOP_NONCE => {
                            request.send(signed()?).await?
                        }
                        response => response?,
                    }
                }
            },
            Self::EnterpriseManaged(client, signed_in) => {
                enterprise::exchange(request, client, signed_in).await?
            }
            Self::WorkloadIdentity(_, assertion) => {
                let form = request.jwt_bearer(self.registered_id(), assertion.expose_secret());
                request.send(form).await?
            }
        };
        self.store(entry, request.metadata(), response).await
    }

    async fn store(
        &self,
        entry: &TokenEntry,
        metadata: &AuthorizationMetadata,
        response: OAuthTokenResponse,
    ) -> Result<(), ClientError> {
        let granted = serde_json::to_value(&response).ok();
        let granted = granted.and_then(|response| {
            let scope = response.get("scope")?.as_str()?;
            Some(scope.split(' ').map(str::to_owned).collect())
        });
        let credentials = StoredCredentials::new(
            self.client_id().to_owned(),
            Some(response),
            granted.unwrap_or_default(),
            Some(jwt::now()),
        );
        let credentials = credentials.with_issuer(metadata.issuer.clone());
        Ok(entry.save(credentials).await?)
    }
}

/// rmcp's client credentials grant, which stores the token as well.
async fn with_secret(
    client: &Preregistered,
    request: TokenRequest<'_>,
    manager: &mut AuthorizationManager,
) -> Result<(), ClientError> {
    let config = ClientCredentialsConfig::ClientSecret {
        client_id: client.client_id.clone(),
        client_secret: client
            .client_secret
            .as_ref()
            .map(|secret| secret.expose_secret().to_owned())
            .unwrap_or_default(),
        scopes: request.scopes.to_vec(),
        resource: Some(request.server.resource.clone()),
    };
    manager.validate_client_credentials_metadata(&config)?;
    manager.configure_client_credentials(&config)?;
    manager
        .exchange_client_credentials(&config)
        .await
        .map_err(|error| request.http.token_error(error))?;
    Ok(())
}

/// Whether the issuer lists this grant and not the authorization code. One that lists no grants supports the code
/// (RFC 8414 section 2).
fn offers_only_client_credentials(metadata: &AuthorizationMetadata) -> bool {
    let offers = |grant| {
        metadata
            .lists("grant_types_supported", grant)
            .unwrap_or_default()
    };
    offers("client_credentials") && !offers("authorization_code")
}
