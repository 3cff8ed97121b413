//! What all logins of one connection share, and the discovery of the authorization server.

use std::sync::Arc;

use rmcp::transport::auth::{
    AuthorizationManager, AuthorizationMetadata, AuthorizationMetadataResolution, OAuthClientConfig,
};
use secrecy::ExposeSecret as _;

use crate::{
    dpop::DpopSession,
    error::ClientError,
    events::{Discovered, Progress},
    grants::Grant,
    options::ClientOptions,
    redact,
    store::{TokenEntry, TokenStore},
    transport::OAuthHttp,
};

/// What all logins of one connection share: settings, stored tokens, HTTP.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) options: ClientOptions,
    pub(crate) store: TokenStore,
    pub(crate) http: Arc<OAuthHttp>,
    pub(crate) dpop: Arc<DpopSession>,
}

/// Tokens of one issuer: what sends and refreshes them, and where they are stored.
pub(crate) struct Login {
    pub(crate) manager: AuthorizationManager,
    pub(crate) entry: TokenEntry,
}

impl Context {
    pub(crate) fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let reporter = options.reporter.clone();
        let store = options.store.clone().with_reporter(reporter.clone());
        let dpop = Arc::<DpopSession>::default();
        Ok(Self {
            http: Arc::new(OAuthHttp::new(
                &options.server,
                options.allow_private,
                reporter,
                Arc::clone(&dpop),
            )?),
            store,
            dpop,
            options,
        })
    }

    pub(crate) fn report(&self, event: &Progress) {
        self.options.reporter.report(event);
    }

    /// rmcp's manager of tokens for the server, before the issuer is known.
    pub(crate) async fn manager(&self) -> Result<AuthorizationManager, ClientError> {
        Ok(AuthorizationManager::new_with_oauth_http_client(
            self.options.server.clone(),
            Arc::clone(&self.http) as _,
        )
        .await?)
    }

    /// Gives the manager its issuer, and the store entry for the tokens of that issuer.
    pub(crate) fn at_issuer(
        &self,
        mut manager: AuthorizationManager,
        metadata: AuthorizationMetadata,
    ) -> Login {
        let issuer = metadata.issuer.as_deref();
        let entry = self.store.entry(&self.options.server, issuer);
        // For that grant rmcp refuses tokens of any type but Bearer.
        let request_bound_tokens = !matches!(self.options.grant, Grant::EnterpriseManaged(_));
        self.dpop
            .set_issuer(&metadata, entry.clone(), request_bound_tokens);
        manager.set_credential_store(entry.clone());
        manager.set_metadata(metadata);
        Login { manager, entry }
    }

    /// The stored tokens for the server; none when there are none, or they belong to another client than the one given.
    pub(crate) async fn restore(&self) -> Result<Option<Login>, ClientError> {
        let known = self.store.of_server(&self.options.server)?;
        if known.iter().all(|record| record.tokens().is_none()) {
            return Ok(None);
        }
        let manager = self.manager().await?;
        let metadata = self.discovered(manager.resolve_metadata().await?, None)?;
        let mut login = self.at_issuer(manager, metadata);
        let Some(record) = login.entry.read()? else {
            return Ok(None);
        };
        let Some(credentials) = record
            .credentials
            .as_ref()
            .filter(|_| record.tokens().is_some())
        else {
            return Ok(None);
        };
        let given = self.options.preregistered.as_ref();
        if given.is_some_and(|given| given.client_id != credentials.client_id) {
            return Ok(None);
        }
        if !login.manager.initialize_from_store().await? {
            return Ok(None);
        }
        // rmcp restores the client id alone; a confidential client needs its secret to refresh.
        let secret = given
            .and_then(|given| given.client_secret.as_ref())
            .map(|secret| secret.expose_secret().to_owned())
            .or_else(|| record.registration_of_tokens()?.client_secret.clone());
        if let Some(secret) = secret {
            let redirect = record.registration_of_tokens().map_or_else(
                || self.options.server.to_string(),
                |client| client.redirect_uri.clone(),
            );
            login.manager.configure_client(
                OAuthClientConfig::new(&credentials.client_id, redirect).with_client_secret(secret),
            )?;
        }
        self.report(&Progress::StoredTokens {
            issuer: credentials.issuer.clone(),
        });
        Ok(Some(login))
    }

    /// Checks the metadata that discovery found, and reports it.
    ///
    /// # Errors
    ///
    /// [`ClientError::NotMcp`] when there is none, [`ClientError::Metadata`] when it does not promise PKCE.
    pub(crate) fn discovered(
        &self,
        resolution: AuthorizationMetadataResolution,
        challenge: Option<&str>,
    ) -> Result<AuthorizationMetadata, ClientError> {
        let metadata = resolution.metadata;
        if !resolution.source.is_discovered() && challenge.is_none() {
            return Err(ClientError::NotMcp {
                url: redact::url_without_query(&self.options.server),
                reason: "it publishes no OAuth metadata".into(),
            });
        }
        // rmcp accepts metadata without this member; MCP requires a client to refuse it.
        if resolution.source.is_discovered() && metadata.code_challenge_methods_supported.is_none()
        {
            return Err(ClientError::Metadata(
                "code_challenge_methods_supported is absent, so PKCE is not promised; configure the authorization server to publish it".into(),
            ));
        }
        self.report(&Progress::Discovery(Discovered {
            source: format!("{:?}", resolution.source),
            issuer: metadata.issuer.as_deref().map(redact::printable),
            authorization_endpoint: redact::printable(&metadata.authorization_endpoint),
            token_endpoint: redact::printable(&metadata.token_endpoint),
        }));
        Ok(metadata)
    }

    /// Names the server instead of the issuer where discovery, which starts at the server, did not reach it.
    pub(crate) fn unreachable(&self, error: ClientError) -> ClientError {
        let server = redact::url_without_query(&self.options.server);
        match error {
            ClientError::IssuerUnreachable { url, reason } if url == server => {
                ClientError::ServerUnreachable { url, reason }
            }
            error => error,
        }
    }
}
