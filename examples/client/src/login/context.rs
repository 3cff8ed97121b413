//! What all logins of one connection share, and the tokens of an earlier one.

use std::sync::Arc;

use rmcp::transport::auth::{AuthorizationManager, OAuthClientConfig};
use secrecy::ExposeSecret as _;

use crate::{
    challenge::Challenge,
    discovery::{Discovery, discover},
    dpop::DpopSession,
    error::ClientError,
    events::{Discovered, Progress},
    grants::Grant,
    options::ClientOptions,
    redact,
    server_metadata::{AuthMethod, AuthorizationServer, MetadataExt as _},
    store::{Record, TokenEntry, TokenStore},
    transport::{IssuerHttp, OAuthHttp},
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
                options.proxy(),
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

    /// rmcp's manager for the tokens of an authorization server, and the store entry for them.
    ///
    /// # Errors
    ///
    /// [`ClientError::Internal`] when rmcp does not accept the URL of the server.
    pub(crate) async fn at_issuer(
        &self,
        server: &AuthorizationServer,
    ) -> Result<Login, ClientError> {
        let metadata = &server.metadata;
        let http = IssuerHttp::new(Arc::clone(&self.http), &server.resource);
        let mut manager = AuthorizationManager::new_with_oauth_http_client(
            self.options.server.clone(),
            Arc::new(http) as _,
        )
        .await?;
        let account = self.options.account();
        let entry = self.store.entry_of(
            &self.options.server,
            metadata.issuer.as_deref(),
            account.as_deref(),
        );
        // For that grant rmcp refuses tokens of any type but Bearer.
        let request_bound_tokens = !matches!(self.options.grant, Grant::EnterpriseManaged(_));
        self.dpop
            .set_issuer(metadata, entry.clone(), request_bound_tokens);
        manager.set_credential_store(entry.clone());
        manager.set_metadata(metadata.clone());
        Ok(Login { manager, entry })
    }

    /// The stored tokens for the server; none when there are none, or they belong to another client than the one given.
    /// Nothing is requested: the tokens are good until the server refuses them, also while documents cannot be read.
    ///
    /// # Errors
    ///
    /// [`ClientError::Store`] when the tokens cannot be read.
    pub(crate) async fn restore(&self) -> Result<Option<Login>, ClientError> {
        let login = self.restored_tokens().await?;
        if let Some(login) = &login {
            let issuer = login.entry.issuer().map(str::to_owned);
            self.report(&Progress::StoredTokens { issuer });
        }
        Ok(login)
    }

    /// The same, without a report.
    pub(crate) async fn restored_tokens(&self) -> Result<Option<Login>, ClientError> {
        let given = self.options.preregistered.as_ref();
        let account = self.options.account();
        let issuer = self.options.issuer.as_deref();
        let usable = |record: &Record| {
            if record.account != account
                || issuer.is_some_and(|_| record.issuer.as_deref() != issuer)
            {
                return false;
            }
            let credentials = record
                .credentials
                .as_ref()
                .filter(|_| record.tokens().is_some());
            credentials.is_some_and(|credentials| {
                given.is_none_or(|given| given.client_id == credentials.client_id)
            })
        };
        let received = |record: &Record| record.credentials.as_ref()?.token_received_at;
        let known = self.store.of_server(&self.options.server).await?;
        // Of two issuers the server has had, it trusts the newer one.
        let newest = known.into_iter().filter(usable).max_by_key(received);
        let Some((record, server)) =
            newest.and_then(|record| Some((record.clone(), record.authorization_server?)))
        else {
            return Ok(None);
        };
        let mut login = self.at_issuer(&server).await?;
        if !login.manager.initialize_from_store().await? {
            return Ok(None);
        }
        self.configure_client(&mut login.manager, &record, &server)?;
        Ok(Some(login))
    }

    /// rmcp restores the client id alone; a confidential client needs its secret to refresh, and the
    /// authentication method that it was registered with.
    fn configure_client(
        &self,
        manager: &mut AuthorizationManager,
        record: &Record,
        server: &AuthorizationServer,
    ) -> Result<(), ClientError> {
        let given = self.options.preregistered.as_ref();
        let given = given.and_then(|given| given.client_secret.as_ref());
        let registered = record.registration_of_tokens();
        let (secret, method) = match (given, registered) {
            (Some(secret), _) => (
                secret.expose_secret().to_owned(),
                server.metadata.secret_method(),
            ),
            (None, Some(client)) => match &client.client_secret {
                Some(secret) => (secret.clone(), client.method(&server.metadata)),
                None => return Ok(()),
            },
            (None, None) => return Ok(()),
        };
        if method == AuthMethod::None {
            return Ok(());
        }
        let Some(credentials) = &record.credentials else {
            return Ok(());
        };
        let redirect = registered.map_or_else(
            || self.options.server.to_string(),
            |client| client.redirect_uri.clone(),
        );
        manager.set_metadata(server.metadata.with_auth_method(method));
        let client = OAuthClientConfig::new(&credentials.client_id, redirect);
        Ok(manager.configure_client(client.with_client_secret(secret))?)
    }

    /// Finds the authorization server of a refusal, and reports it.
    ///
    /// # Errors
    ///
    /// Those of [`discover`].
    pub(crate) async fn discover(&self, challenge: &Challenge) -> Result<Discovery, ClientError> {
        let found = discover(&self.http, &self.options.server, challenge).await?;
        let metadata = &found.server.metadata;
        self.report(&Progress::Discovery(Discovered {
            source: found.source.describe().to_owned(),
            issuer: metadata.issuer.as_deref().map(redact::printable),
            authorization_endpoint: redact::printable(&metadata.authorization_endpoint),
            token_endpoint: redact::printable(&metadata.token_endpoint),
        }));
        Ok(found)
    }
}
