//! Tokens without a browser: by the client's own key, by what the enterprise's identity provider says,
//! by the workload's platform.

use std::time::Duration;

use oauth2::ClientSecret;
use rmcp::transport::auth::{
    AuthorizationManager, AuthorizationMetadata, ClientCredentialsConfig, CredentialStore as _,
    OAuthTokenResponse, StoredCredentials,
    enterprise::{EmaAuthorizationServer, EmaClientAuthentication, EmaExchangeRequest},
};
use serde_json::json;
use url::form_urlencoded;

use super::{
    context::Context,
    error::ClientError,
    events::{Identity, Progress},
    grant::{Grant, SignedIn},
    jwt,
    options::Preregistered,
    private_key::PrivateKey,
    redact,
    secret::Secret,
};

/// RFC 7523 section 2.1.
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// RFC 7523 section 2.2.
const JWT_BEARER_ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

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

    fn client_id(&self) -> &str {
        match self {
            Self::ClientCredentials(client) | Self::EnterpriseManaged(client, _) => {
                &client.client_id
            }
            Self::WorkloadIdentity(client, _) => client.map_or("", |client| &client.client_id),
        }
    }

    /// Gets a token and keeps it; the manager then goes on with it.
    pub(crate) async fn ask(
        &self,
        context: &Context,
        manager: &mut AuthorizationManager,
        metadata: &AuthorizationMetadata,
        scopes: &[String],
    ) -> Result<(), ClientError> {
        context.report(&Progress::Registration {
            kind: Identity::Preregistered,
            client_id: redact::printable(self.client_id()),
            redirect_uri: None,
        });
        match self {
            Self::ClientCredentials(client) => match &client.private_key {
                None => {
                    let config = credentials(client, scopes, context.options.server.as_str());
                    manager.validate_client_credentials_metadata(&config)?;
                    manager.configure_client_credentials(&config)?;
                    manager
                        .exchange_client_credentials(&config)
                        .await
                        .map_err(|error| context.token_refused(error))?;
                }
                Some(key) => {
                    let form = self.credentials_form(key, context, metadata, scopes)?;
                    self.buy(context, metadata, form).await?;
                }
            },
            Self::EnterpriseManaged(client, signed_in) => {
                let response = exchanged(context, client, signed_in, metadata, scopes).await?;
                self.keep(context, metadata, response).await?;
            }
            Self::WorkloadIdentity(_, assertion) => {
                let form = self.assertion_form(assertion, context, scopes);
                self.buy(context, metadata, form).await?;
            }
        }
        if let Some(tokens) = context.store.read()?.and_then(|record| record.tokens()) {
            context.report(&Progress::TokenExchange(tokens.granted()));
        }
        manager.initialize_from_store().await?;
        Ok(())
    }

    fn credentials_form(
        &self,
        key: &PrivateKey,
        context: &Context,
        metadata: &AuthorizationMetadata,
        scopes: &[String],
    ) -> Result<String, ClientError> {
        if !takes(metadata, "private_key_jwt").unwrap_or(true) {
            return Err(ClientError::Metadata(
                "token_endpoint_auth_methods_supported does not list private_key_jwt; authenticate with MCP_CLIENT_SECRET instead".into(),
            ));
        }
        let issuer = issuer_of(metadata)?;
        let mut form = form(context, scopes);
        // Who it is stands in the assertion alone (RFC 7523 section 3).
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_assertion_type", JWT_BEARER_ASSERTION)
            .append_pair(
                "client_assertion",
                &key.assertion(self.client_id(), issuer)?,
            );
        Ok(form.finish())
    }

    fn assertion_form(&self, assertion: &Secret, context: &Context, scopes: &[String]) -> String {
        let mut form = form(context, scopes);
        form.append_pair("grant_type", JWT_BEARER)
            .append_pair("assertion", assertion.reveal());
        if !self.client_id().is_empty() {
            form.append_pair("client_id", self.client_id());
        }
        form.finish()
    }

    /// One try: an assertion that was refused is not sent again.
    async fn buy(
        &self,
        context: &Context,
        metadata: &AuthorizationMetadata,
        form: String,
    ) -> Result<(), ClientError> {
        let body = context.http.token(&metadata.token_endpoint, form).await?;
        let response = serde_json::from_slice(&body).map_err(|error| {
            ClientError::Token(format!("its answer is no token response ({error})"))
        })?;
        self.keep(context, metadata, response).await
    }

    async fn keep(
        &self,
        context: &Context,
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
        Ok(context.store.save(credentials).await?)
    }
}

/// An issuer that says so; one that says nothing has the code (RFC 8414 section 2).
fn offers_client_credentials_alone(metadata: &AuthorizationMetadata) -> bool {
    let grants = metadata.additional_fields.get("grant_types_supported");
    let Some(grants) = grants.and_then(serde_json::Value::as_array) else {
        return false;
    };
    let offers = |grant: &str| grants.iter().any(|offered| offered == grant);
    offers("client_credentials") && !offers("authorization_code")
}

/// What every token request says.
fn form(context: &Context, scopes: &[String]) -> form_urlencoded::Serializer<'static, String> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("resource", context.options.server.as_str());
    if !scopes.is_empty() {
        form.append_pair("scope", &scopes.join(" "));
    }
    form
}

/// # Errors
///
/// [`ClientError::Metadata`] when the authorization server has no name.
fn issuer_of(metadata: &AuthorizationMetadata) -> Result<&str, ClientError> {
    metadata.issuer.as_deref().ok_or_else(|| {
        ClientError::Metadata("issuer is absent, so that no assertion can be meant for it".into())
    })
}

/// Whether the token endpoint takes this authentication; none when it does not say.
fn takes(metadata: &AuthorizationMetadata, method: &str) -> Option<bool> {
    let methods = metadata
        .additional_fields
        .get("token_endpoint_auth_methods_supported")?;
    let mut methods = methods.as_array()?.iter();
    Some(methods.any(|offered| offered == method))
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

/// The ID token for an ID-JAG at the identity provider, and that for a token at the issuer.
async fn exchanged(
    context: &Context,
    client: &Preregistered,
    signed_in: &SignedIn,
    metadata: &AuthorizationMetadata,
    scopes: &[String],
) -> Result<OAuthTokenResponse, ClientError> {
    let issuer = issuer_of(metadata)?;
    let provider = EmaAuthorizationServer::new(
        &signed_in.issuer,
        &signed_in.token_endpoint,
        &signed_in.client_id,
    );
    let mut server =
        EmaAuthorizationServer::new(issuer, &metadata.token_endpoint, &client.client_id);
    if let Some(secret) = &client.client_secret {
        server = server.with_client_authentication(authentication(metadata, secret.clone()));
    }
    let resource = context.options.server.as_str();
    let request = EmaExchangeRequest::new_with_id_token(
        provider,
        server,
        resource,
        signed_in.id_token.reveal(),
    );
    let token = request
        .with_scopes(scopes)
        .exchange(&*context.http, &*context.http)
        .await
        .map_err(|error| ClientError::Token(redact::printable(&error.to_string())))?;
    let mut scopes: Vec<_> = token.scopes.into_iter().collect();
    scopes.sort_unstable();
    let response = json!({
        "access_token": token.access_token.secret(),
        "token_type": "bearer",
        "expires_in": token.expires_in.as_ref().map(Duration::as_secs),
        "scope": scopes.join(" "),
    });
    serde_json::from_value(response)
        .map_err(|error| ClientError::Token(format!("its answer is no token response ({error})")))
}

/// In the body only where the issuer does not take the header (RFC 6749 section 2.3.1).
fn authentication(metadata: &AuthorizationMetadata, secret: String) -> EmaClientAuthentication {
    let takes = |method| takes(metadata, method).unwrap_or_default();
    let secret = ClientSecret::new(secret);
    match takes("client_secret_post") && !takes("client_secret_basic") {
        true => EmaClientAuthentication::ClientSecretPost(secret),
        false => EmaClientAuthentication::ClientSecretBasic(secret),
    }
}
