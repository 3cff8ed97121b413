//! One login, step by step. The protocol is rmcp's; this file decides and reports.

use rmcp::transport::auth::{
    AuthError, AuthorizationManager, AuthorizationMetadata, AuthorizationRequest,
    AuthorizationSession,
};
use url::Url;

use crate::{
    error::ClientError,
    events::{Authorize, Identity, Progress},
    grants::machine::Machine,
    login::{
        authorization_response::{self, Answer, Expected},
        browser::{self, Browser},
        callback::{self, CallbackListener},
        context::{Context, Login},
        headless,
    },
    redact,
    server_metadata::Promises as _,
    store::{RegisteredClient, Slot},
};

/// The name the client registers under.
const CLIENT_NAME: &str = "auth-scalekit example client";

impl Context {
    /// Logs in. `scopes` are asked for instead of the server's choice unless empty.
    pub(crate) async fn login(
        &self,
        challenge: Option<&str>,
        scopes: &[String],
    ) -> Result<Login, ClientError> {
        let mut attempt = Attempt {
            context: self,
            challenge,
            scopes,
            reuse: true,
            reused: false,
        };
        match attempt.run().await {
            // A registration of an earlier login that the issuer no longer knows.
            Err(error) if attempt.reused && self.means_unknown_client(&error) => {
                self.report(&Progress::LoginAgain(
                    "the issuer no longer knows this client".into(),
                ));
                attempt.reuse = false;
                attempt.run().await
            }
            result => result,
        }
    }

    fn means_unknown_client(&self, error: &ClientError) -> bool {
        match error {
            ClientError::AuthorizeRefused { status, .. } => (400..500).contains(status),
            ClientError::Token(_) => self.client_was_refused(),
            _ => false,
        }
    }

    /// What was wrong with the answer to a login, or what the token endpoint said, which rmcp keeps
    /// only as part of a text.
    pub(crate) fn token_refused(&self, error: AuthError) -> ClientError {
        match error {
            error @ (AuthError::AuthorizationServerMismatch { .. }
            | AuthError::AuthorizationServerMissingIssuer { .. }) => {
                ClientError::Callback(redact::printable(&error.to_string()))
            }
            AuthError::TokenExchangeFailed(text) | AuthError::ClientCredentialsError(text) => {
                ClientError::Token(self.http.token_refusal().unwrap_or(text))
            }
            other => other.into(),
        }
    }

    pub(crate) fn report_tokens(&self, slot: &Slot) -> Result<(), ClientError> {
        if let Some(tokens) = slot.read()?.and_then(|record| record.tokens()) {
            self.report(&Progress::TokenExchange(tokens.granted()));
        }
        Ok(())
    }

    /// Whether the token endpoint last refused the client itself rather than its grant.
    pub(crate) fn client_was_refused(&self) -> bool {
        matches!(
            self.http.token_refusal().as_deref(),
            Some("invalid_client" | "unauthorized_client")
        )
    }
}

/// One try at a login.
struct Attempt<'a> {
    context: &'a Context,
    challenge: Option<&'a str>,
    scopes: &'a [String],
    reuse: bool,
    reused: bool,
}

impl Attempt<'_> {
    async fn run(&mut self) -> Result<Login, ClientError> {
        let context = self.context;
        let options = &context.options;

        // Discovery, from the challenge when there is one.
        let manager = context.manager().await?;
        let resolution = manager
            .resolve_metadata_from_challenge(self.challenge)
            .await?;
        let metadata = context.discovered(resolution, self.challenge)?;
        let Login { mut manager, slot } = context.at_issuer(manager, metadata.clone());
        let scopes = self.scopes(&manager, &metadata).await;

        let client = options.preregistered.as_ref();
        if let Some(machine) = Machine::chosen(&options.grant, client, &metadata)? {
            let mut login = Login { manager, slot };
            machine.ask(context, &mut login, &metadata, &scopes).await?;
            return Ok(login);
        }

        // The redirect URI is registered, so its port has to be ours before anything else.
        let (listener, redirect_uri) = self.redirect().await?;
        let request = AuthorizationRequest::new(redirect_uri.as_str()).with_scopes(&scopes);
        let (request, client) = self
            .identify(&mut manager, &slot, request, &metadata)
            .await?;

        // rmcp makes the PKCE pair, the state and the URL.
        let session = AuthorizationSession::new(manager, request)
            .await
            .map_err(|(_, error)| error)?;
        let mut url = options
            .hints
            .added_to(browser::vet(session.get_authorization_url())?);
        if let Some(thumbprint) = context.dpop.thumbprint()? {
            // RFC 9449 section 10.
            url.query_pairs_mut().append_pair("dpop_jkt", &thumbprint);
        }
        if self.reused && listener.is_some() {
            self.check_still_known(&url).await?;
        }
        context.report(&Progress::Authorization(Authorize::new(
            url.clone(),
            listener.is_some(),
        )));
        let state = parameter(&url, "state").unwrap_or_default();
        let expected = Expected::new(state, &metadata);

        let answer = match listener {
            None => headless::approve(&context.http, url, &redirect_uri, &expected).await?,
            Some(listener) => {
                self.show(&url).await;
                listener.wait(expected, options.callback_timeout).await?
            }
        };
        let redirect = granted(answer);
        context.report(&Progress::Callback {
            granted: redirect.is_ok(),
        });
        let redirect = redirect?;

        slot.expect_login(client);
        // rmcp checks state and issuer, exchanges the code and saves the tokens.
        session
            .handle_callback_url(redirect.as_str())
            .await
            .map_err(|error| context.token_refused(error))?;
        context.report_tokens(&slot)?;
        Ok(Login {
            manager: session.auth_manager,
            slot,
        })
    }

    async fn scopes(
        &self,
        manager: &AuthorizationManager,
        metadata: &AuthorizationMetadata,
    ) -> Vec<String> {
        let mut scopes = self.scopes.to_vec();
        if scopes.is_empty() {
            scopes.clone_from(&self.context.options.scopes);
        }
        if scopes.is_empty() {
            // What the challenge asks for, else what the resource supports.
            return manager.select_initial_scopes(&[]).await;
        }
        // Where it is supported, it is what makes refresh tokens come.
        let offline = "offline_access";
        let supported = metadata
            .scopes_supported
            .iter()
            .flatten()
            .any(|scope| scope == offline);
        if supported && !scopes.iter().any(|scope| scope == offline) {
            scopes.push(offline.to_owned());
        }
        scopes
    }

    async fn redirect(&self) -> Result<(Option<CallbackListener>, Url), ClientError> {
        let options = &self.context.options;
        if options.browser == Browser::Headless {
            // Nobody ever connects to it: the redirect is read, not followed.
            let port = options.callback_port.unwrap_or(callback::PREFERRED_PORT);
            return Ok((None, callback::redirect_uri(port)?));
        }
        let listener = CallbackListener::open(options.callback_port).await?;
        let redirect = listener.redirect_uri().clone();
        Ok((Some(listener), redirect))
    }

    /// Pre-registered, else a metadata document, else a registration; in the order MCP gives.
    async fn identify(
        &mut self,
        manager: &mut AuthorizationManager,
        slot: &Slot,
        request: AuthorizationRequest,
        metadata: &AuthorizationMetadata,
    ) -> Result<(AuthorizationRequest, Option<RegisteredClient>), ClientError> {
        let options = &self.context.options;
        let redirect_uri = request.redirect_uri.clone();
        let use_client = |request: AuthorizationRequest, id: &str, secret: Option<&str>| {
            let request = request.with_preregistered_client(id);
            match secret {
                Some(secret) => request.with_client_secret(secret),
                None => request,
            }
        };
        let report = |kind: Identity, client_id: &str| {
            self.context.report(&Progress::Registration {
                kind,
                client_id: redact::printable(client_id),
                redirect_uri: Some(redirect_uri.clone()),
            });
        };
        if let Some(given) = &options.preregistered {
            report(Identity::Preregistered, &given.client_id);
            return Ok((
                use_client(request, &given.client_id, given.client_secret.as_deref()),
                None,
            ));
        }
        let documents = metadata.says("client_id_metadata_document_supported");
        if let Some(url) = options.metadata_url.as_deref().filter(|_| documents) {
            report(Identity::MetadataDocument, url);
            return Ok((request.with_client_metadata_url(url), None));
        }
        let known = slot.read()?.and_then(|record| record.client);
        let known = known.filter(|client| {
            self.reuse
                && client.issuer.is_some()
                && client.issuer == metadata.issuer
                && client.redirect_uri == redirect_uri
        });
        self.reused = known.is_some();
        let client = if let Some(client) = known {
            report(Identity::Reused, &client.client_id);
            client
        } else {
            // Without scopes: those of the first login would be all that the client can ever get,
            // and one tool may need more (RFC 7591 section 2 leaves them to the issuer).
            let registered = manager
                .register_client(CLIENT_NAME, &redirect_uri, &[])
                .await?;
            report(Identity::Registered, &registered.client_id);
            RegisteredClient {
                client_id: registered.client_id,
                client_secret: registered.client_secret,
                redirect_uri: redirect_uri.clone(),
                issuer: metadata.issuer.clone(),
            }
        };
        Ok((
            use_client(request, &client.client_id, client.client_secret.as_deref()),
            Some(client),
        ))
    }

    /// An issuer that forgot the client shows its error in the browser, where we cannot see it.
    async fn check_still_known(&self, url: &Url) -> Result<(), ClientError> {
        let response = self.context.http.authorize(url).await?;
        if response.status().is_client_error() {
            return Err(headless::refused(
                response.status().as_u16(),
                response.body(),
            ));
        }
        Ok(())
    }

    /// A browser that does not open is no failure: the URL was shown as well.
    async fn show(&self, url: &Url) {
        if self.context.options.browser == Browser::System
            && let Err(reason) = browser::open(url).await
        {
            self.context.report(&Progress::BrowserFailed(reason));
        }
    }
}

/// The redirect with the code, or the words of a refusal; its issuer has been compared.
fn granted(answer: Answer) -> Result<Url, ClientError> {
    match answer {
        Answer::Granted { redirect } => Ok(redirect),
        Answer::Refused { error, description } => Err(ClientError::Denied(
            authorization_response::words(&error, description.as_deref()),
        )),
    }
}

fn parameter(url: &Url, wanted: &str) -> Option<String> {
    url.query_pairs()
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
}
