//! What every login of one connection shares: settings, tokens, HTTP, and what discovery found.

use std::sync::Arc;

use rmcp::transport::auth::{
    AuthorizationManager, AuthorizationMetadata, AuthorizationMetadataResolution, OAuthClientConfig,
};

use super::{
    dpop::holder::Holder,
    error::ClientError,
    events::{Discovered, Progress},
    grant::Grant,
    options::ClientOptions,
    redact,
    store::TokenStore,
    trace::{TracedHttp, without_query},
};

/// What every login of one connection shares.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) options: ClientOptions,
    pub(crate) store: TokenStore,
    pub(crate) http: Arc<TracedHttp>,
    pub(crate) dpop: Arc<Holder>,
}

impl Context {
    pub(crate) fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let reporter = options.reporter.clone();
        let store = options.store.clone().watched_by(reporter.clone());
        let dpop = Arc::new(Holder::new(store.clone()));
        Ok(Self {
            http: Arc::new(TracedHttp::new(
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

    /// A manager that knows the server and the store, and nothing about the issuer yet.
    pub(crate) async fn manager(&self) -> Result<AuthorizationManager, ClientError> {
        let mut manager = AuthorizationManager::new_with_oauth_http_client(
            self.options.server.clone(),
            Arc::clone(&self.http) as _,
        )
        .await?;
        manager.set_credential_store(self.store.clone());
        Ok(manager)
    }

    /// A manager that can use and refresh the stored tokens; none when there are none to use.
    pub(crate) async fn restore(&self) -> Result<Option<AuthorizationManager>, ClientError> {
        let Some(record) = self.store.read()? else {
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
        let mut manager = self.manager().await?;
        let metadata = self.discovered(manager.resolve_metadata().await?, None)?;
        manager.set_metadata(metadata);
        // Compares the issuer, and forgets tokens of another one.
        if !manager.initialize_from_store().await? {
            return Ok(None);
        }
        // rmcp restores the id only; without its secret a confidential client cannot refresh.
        let secret = given
            .and_then(|given| given.client_secret.clone())
            .or_else(|| record.client_of_tokens()?.client_secret.clone());
        if let Some(secret) = secret {
            let redirect = record.client_of_tokens().map_or_else(
                || self.options.server.to_string(),
                |client| client.redirect_uri.clone(),
            );
            manager.configure_client(
                OAuthClientConfig::new(&credentials.client_id, redirect).with_client_secret(secret),
            )?;
        }
        self.report(&Progress::StoredTokens {
            issuer: credentials.issuer.clone(),
        });
        Ok(Some(manager))
    }

    /// Metadata that may be used, reported.
    pub(crate) fn discovered(
        &self,
        resolution: AuthorizationMetadataResolution,
        challenge: Option<&str>,
    ) -> Result<AuthorizationMetadata, ClientError> {
        let metadata = resolution.metadata;
        if !resolution.source.is_discovered() && challenge.is_none() {
            return Err(ClientError::NotMcp {
                url: without_query(&self.options.server),
                reason: "it publishes no OAuth metadata".into(),
            });
        }
        // rmcp goes on when the field is absent; MCP says a client has to refuse.
        if resolution.source.is_discovered() && metadata.code_challenge_methods_supported.is_none()
        {
            return Err(ClientError::Metadata(
                "code_challenge_methods_supported is absent, so PKCE is not promised; configure the authorization server to publish it".into(),
            ));
        }
        // rmcp refuses in that grant what is not a bearer's.
        if !matches!(self.options.grant, Grant::EnterpriseManaged(_)) {
            self.dpop.meet(&metadata);
        }
        self.report(&Progress::Discovery(Discovered {
            source: format!("{:?}", resolution.source),
            issuer: metadata.issuer.as_deref().map(redact::printable),
            authorization_endpoint: redact::printable(&metadata.authorization_endpoint),
            token_endpoint: redact::printable(&metadata.token_endpoint),
        }));
        Ok(metadata)
    }
}
