//! Tokens without a browser: by the client's own key, by what the enterprise's identity provider says,
//! by the workload's platform.

use rmcp::transport::auth::{
    AuthorizationMetadata, ClientCredentialsConfig, CredentialStore as _, OAuthTokenResponse,
    StoredCredentials,
};

use crate::{
    dpop::nonce::USE_DPOP_NONCE,
    error::ClientError,
    events::{Identity, Progress},
    grants::{
        enterprise,
        grant::{Grant, SignedIn},
        token_form,
    },
    jwt,
    login::context::{Context, Login},
    options::client_options::Preregistered,
    redact,
    secret::Secret,
    server_metadata::Promises as _,
    store::Slot,
};

/// The grant by which a token is asked for, when that is not a person's.
pub(crate) enum Machine<'a> {
    ClientCredentials(&'a Preregistered),
    EnterpriseManaged(&'a Preregistered, &'a SignedIn),
    WorkloadIdentity(Option<&'a Preregistered>, &'a Secret),
}

impl<'a> Machine<'a> {
    /// None: a person has to approve.
    ///
    /// # Errors
    ///
    /// [`ClientError::Usage`] when the grant needs a client id or a key that is not there.
    pub(crate) fn chosen(
        grant: &'a Grant,
        client: Option<&'a Preregistered>,
        metadata: &AuthorizationMetadata,
    ) -> Result<Option<Self>, ClientError> {
        let missing = |what: &str| ClientError::Usage(what.to_owned());
        Ok(match (grant, client) {
            (Grant::AuthorizationCode, Some(client))
                if client.has_key() && offers_client_credentials_alone(metadata) =>
            {
                Some(Self::ClientCredentials(client))
            }
            (Grant::AuthorizationCode, _) => None,
            (Grant::ClientCredentials, Some(client)) if client.has_key() => {
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

    fn client_id(&self) -> Option<&str> {
        match self {
            Self::ClientCredentials(client) | Self::EnterpriseManaged(client, _) => {
                Some(&client.client_id)
            }
            Self::WorkloadIdentity(client, _) => client.map(|client| client.client_id.as_str()),
        }
    }

    /// Gets a token and keeps it; the manager then goes on with it.
    pub(crate) async fn ask(
        &self,
        context: &Context,
        login: &mut Login,
        metadata: &AuthorizationMetadata,
        scopes: &[String],
    ) -> Result<(), ClientError> {
        context.report(&Progress::Registration {
            kind: Identity::Preregistered,
            client_id: redact::printable(self.client_id().unwrap_or_default()),
            redirect_uri: None,
        });
        login.slot.expect_login(None);
        match self {
            Self::ClientCredentials(client) => match &client.private_key {
                None => {
                    let manager = &mut login.manager;
                    let config = credentials(client, scopes, context.options.server.as_str());
                    manager.validate_client_credentials_metadata(&config)?;
                    manager.configure_client_credentials(&config)?;
                    manager
                        .exchange_client_credentials(&config)
                        .await
                        .map_err(|error| context.token_refused(error))?;
                }
                Some(key) => {
                    let id = &client.client_id;
                    let signed =
                        || token_form::client_credentials(id, key, context, metadata, scopes);
                    let response = match bought(context, metadata, signed()?).await {
                        Err(ClientError::Token(error)) if error == USE_DPOP_NONCE => {
                            bought(context, metadata, signed()?).await?
                        }
                        answer => answer?,
                    };
                    self.keep(&login.slot, metadata, response).await?;
                }
            },
            Self::EnterpriseManaged(client, signed_in) => {
                let response =
                    enterprise::exchanged(context, client, signed_in, metadata, scopes).await?;
                self.keep(&login.slot, metadata, response).await?;
            }
            Self::WorkloadIdentity(_, assertion) => {
                let form = token_form::jwt_bearer(self.client_id(), assertion, context, scopes);
                let response = bought(context, metadata, form).await?;
                self.keep(&login.slot, metadata, response).await?;
            }
        }
        context.report_tokens(&login.slot)?;
        login.manager.initialize_from_store().await?;
        Ok(())
    }

    async fn keep(
        &self,
        slot: &Slot,
        metadata: &AuthorizationMetadata,
        response: OAuthTokenResponse,
    ) -> Result<(), ClientError> {
        let granted = serde_json::to_value(&response).ok();
        let granted = granted.and_then(|response| {
            let scope = response.get("scope")?.as_str()?;
            Some(scope.split(' ').map(str::to_owned).collect())
        });
        let credentials = StoredCredentials::new(
            self.client_id().unwrap_or_default().to_owned(),
            Some(response),
            granted.unwrap_or_default(),
            Some(jwt::now()),
        );
        let credentials = credentials.with_issuer(metadata.issuer.clone());
        Ok(slot.save(credentials).await?)
    }
}

/// One try: an assertion that was refused is not sent again.
async fn bought(
    context: &Context,
    metadata: &AuthorizationMetadata,
    form: String,
) -> Result<OAuthTokenResponse, ClientError> {
    let body = context.http.token(&metadata.token_endpoint, form).await?;
    serde_json::from_slice(&body)
        .map_err(|error| ClientError::Token(format!("its answer is no token response ({error})")))
}

/// An issuer that says so; one that says nothing has the code (RFC 8414 section 2).
fn offers_client_credentials_alone(metadata: &AuthorizationMetadata) -> bool {
    let offers = |grant| {
        metadata
            .lists("grant_types_supported", grant)
            .unwrap_or_default()
    };
    offers("client_credentials") && !offers("authorization_code")
}

fn credentials(
    client: &Preregistered,
    scopes: &[String],
    resource: &str,
) -> ClientCredentialsConfig {
    ClientCredentialsConfig::ClientSecret {
        client_id: client.client_id.clone(),
        client_secret: client.client_secret.clone().unwrap_or_default(),
        scopes: scopes.to_vec(),
        resource: Some(resource.to_owned()),
    }
}
