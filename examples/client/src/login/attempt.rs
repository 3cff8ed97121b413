//! One login, step by step. The protocol is rmcp's; this file decides and reports.

use rmcp::transport::auth::{
    AuthorizationManager, AuthorizationMetadata, AuthorizationRequest, AuthorizationSession,
};
use url::Url;

use super::{
    authorization_response::{self, AuthorizationResponse, Expected},
    browser,
    callback::{self, CallbackListener},
    context::{Context, Login},
    headless,
    registration::{Identified, identify},
};
use crate::{
    error::ClientError,
    events::{Authorize, Identity, Progress},
    grants::{MachineGrant, TokenRequest},
    options::Browser,
    redact,
    store::TokenEntry,
};

impl Context {
    /// Logs in. Without `scopes`, those of the options are requested, else those that the server names in its challenge
    /// or its metadata.
    ///
    /// # Errors
    ///
    /// [`ClientError`], with what to change.
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
            // The issuer may no longer know the registration of an earlier login.
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

    /// Whether the error can be due to a client id that the issuer does not know.
    fn means_unknown_client(&self, error: &ClientError) -> bool {
        match error {
            ClientError::AuthorizeRefused { status, .. } => (400..500).contains(status),
            ClientError::Token(_) => self.client_was_refused(),
            _ => false,
        }
    }

    /// Reports the tokens that were stored by a login.
    fn report_tokens(&self, entry: &TokenEntry) -> Result<(), ClientError> {
        if let Some(tokens) = entry.read()?.and_then(|record| record.tokens()) {
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

/// One attempt at a login.
struct Attempt<'a> {
    context: &'a Context,
    challenge: Option<&'a str>,
    scopes: &'a [String],
    /// Whether the registration of an earlier login may be used.
    reuse: bool,
    /// Whether it was used.
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
        let Login { mut manager, entry } = context.at_issuer(manager, metadata.clone());
        let scopes = self.scopes(&manager, &metadata).await;

        let client = options.preregistered.as_ref();
        if let Some(grant) = MachineGrant::select(&options.grant, client, &metadata)? {
            context.report(&Progress::Registration {
                kind: Identity::Preregistered,
                client_id: redact::printable(grant.client_id()),
                redirect_uri: None,
            });
            let request = TokenRequest {
                http: &context.http,
                resource: &options.server,
                metadata: &metadata,
                scopes: &scopes,
            };
            grant.get_token(request, &mut manager, &entry).await?;
            context.report_tokens(&entry)?;
            manager.initialize_from_store().await?;
            return Ok(Login { manager, entry });
        }

        // The redirect URI is registered with its port, so the listener has to be open before.
        let (listener, redirect_uri) = self.redirect().await?;
        let request = AuthorizationRequest::new(redirect_uri.as_str()).with_scopes(&scopes);
        let identified = identify(
            context,
            &mut manager,
            &entry,
            request,
            &metadata,
            self.reuse,
        )
        .await?;
        let Identified {
            request,
            registered,
            reused,
        } = identified;
        self.reused = reused;

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
        if reused && listener.is_some() {
            self.check_still_known(&url).await?;
        }
        context.report(&Progress::Authorization(Authorize::new(
            url.clone(),
            listener.is_some(),
        )));
        let state = parameter(&url, "state").unwrap_or_default();
        let expected = Expected::new(state, &metadata);

        let response = match listener {
            None => headless::approve(&context.http, url, &redirect_uri, &expected).await?,
            Some(listener) => {
                self.open_browser(&url).await;
                listener.wait(expected, options.callback_timeout).await?
            }
        };
        let redirect = granted(response);
        context.report(&Progress::Callback {
            granted: redirect.is_ok(),
        });
        let redirect = redirect?;

        entry.expect_login(registered);
        // rmcp checks state and issuer, exchanges the code and saves the tokens.
        session
            .handle_callback_url(redirect.as_str())
            .await
            .map_err(|error| context.http.token_error(error))?;
        context.report_tokens(&entry)?;
        Ok(Login {
            manager: session.auth_manager,
            entry,
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
            // The scopes of the challenge, else those that the resource supports.
            return manager.select_initial_scopes(&[]).await;
        }
        // Issuers that support it give refresh tokens only to those who ask for it.
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
            // No connection is made to it: the redirect is read, not followed.
            let port = options.callback_port.unwrap_or(callback::PREFERRED_PORT);
            return Ok((None, callback::redirect_uri(port)?));
        }
        let listener = CallbackListener::open(options.callback_port).await?;
        let redirect = listener.redirect_uri().clone();
        Ok((Some(listener), redirect))
    }

    /// An issuer that no longer knows the client would show its error in the browser alone, so it is asked before.
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

    /// Opens the browser. A browser that does not open is no failure: the URL was reported as well.
    async fn open_browser(&self, url: &Url) {
        if self.context.options.browser == Browser::System
            && let Err(reason) = browser::open(url).await
        {
            self.context.report(&Progress::BrowserFailed(reason));
        }
    }
}

/// The redirect with the code, or the error of a refusal. Its state and issuer were checked before.
fn granted(response: AuthorizationResponse) -> Result<Url, ClientError> {
    match response {
        AuthorizationResponse::Granted { redirect } => Ok(redirect),
        AuthorizationResponse::Refused { error, description } => Err(ClientError::Denied(
            authorization_response::printable_error(&error, description.as_deref()),
        )),
    }
}

fn parameter(url: &Url, wanted: &str) -> Option<String> {
    url.query_pairs()
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
}
