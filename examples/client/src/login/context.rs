//! What every login of one connection shares: settings, tokens, HTTP, and what discovery found.

use std::sync::Arc;

use rmcp::transport::auth::{
    AuthorizationManager, AuthorizationMetadata, AuthorizationMetadataResolution, OAuthClientConfig,
};

use crate::{
    dpop::session::Holder,
    error::ClientError,
    events::{Discovered, Progress},
    grants::grant::Grant,
    options::client_options::ClientOptions,
    redact,
    store::{Slot, TokenStore},
    transport::http_trace::{TracedHttp, without_query},
};

/// What every login of one connection shares.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) options: ClientOptions,
    pub(crate) store: TokenStore,
    pub(crate) http: Arc<TracedHttp>,
    pub(crate) dpop: Arc<Holder>,
}

/// An issuer that the client has tokens of: what sends and refreshes them, and where they are.
pub(crate) struct Login {
    pub(crate) manager: AuthorizationManager,
    pub(crate) slot: Slot,
}

impl Context {
    pub(crate) fn new(options: ClientOptions) -> Result<Self, ClientError> {
        let reporter = options.reporter.clone();
        let store = options.store.clone().watched_by(reporter.clone());
        let dpop = Arc::<Holder>::default();
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

    /// A manager that knows the server, and nothing about the issuer yet.
    pub(crate) async fn manager(&self) -> Result<AuthorizationManager, ClientError> {
        Ok(AuthorizationManager::new_with_oauth_http_client(
            self.options.server.clone(),
            Arc::clone(&self.http) as _,
        )
        .await?)
    }

    /// The same with an issuer, and the place for the tokens that come from there.
    pub(crate) fn at_issuer(
        &self,
        mut manager: AuthorizationManager,
        metadata: AuthorizationMetadata,
    ) -> Login {
        let issuer = metadata.issuer.as_deref();
        let slot = self.store.slot(&self.options.server, issuer);
        // rmcp refuses in that grant what is not a bearer's.
        let asking = !matches!(self.options.grant, Grant::EnterpriseManaged(_));
        self.dpop.meet(&metadata, slot.clone(), asking);
        manager.set_credential_store(slot.clone());
        manager.set_metadata(metadata);
        Login { manager, slot }
    }

    /// The stored tokens, and what can refresh them; none when there are none to use.
    pub(crate) async fn restore(&self) -> Result<Option<Login>, ClientError> {
        let known = self.store.of_server(&self.options.server)?;
        if known.iter().all(|record| record.tokens().is_none()) {
            return Ok(None);
        }
        let manager = self.manager().await?;
        let metadata = self.discovered(manager.resolve_metadata().await?, None)?;
        let mut login = self.at_issuer(manager, metadata);
        let Some(record) = login.slot.read()? else {
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
        // rmcp restores the id only; without its secret a confidential client cannot refresh.
        let secret = given
            .and_then(|given| given.client_secret.clone())
            .or_else(|| record.client_of_tokens()?.client_secret.clone());
        if let Some(secret) = secret {
            let redirect = record.client_of_tokens().map_or_else(
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
        self.report(&Progress::Discovery(Discovered {
            source: format!("{:?}", resolution.source),
            issuer: metadata.issuer.as_deref().map(redact::printable),
            authorization_endpoint: redact::printable(&metadata.authorization_endpoint),
            token_endpoint: redact::printable(&metadata.token_endpoint),
        }));
        Ok(metadata)
    }
}
