//! One login, step by step. The protocol is rmcp's; this file decides and reports.

use rmcp::transport::auth::{AuthorizationMetadata, AuthorizationRequest, AuthorizationSession};
use url::Url;

use super::{
    authorization_response::{AuthorizationResponse, Expected},
    binding, browser,
    callback::{self, CallbackListener},
    context::{Context, Login},
    headless,
    identity::{Identified, Registration, identify},
};
use crate::{
    discovery::Discovery,
    error::ClientError,
    events::{Authorize, Identity, Progress},
    grants::{MachineGrant, TokenRequest},
    options::Browser,
    redact,
    server_metadata::MetadataExt as _,
    store::TokenEntry,
    transport::{TokenFailure, refuses_client},
};

/// The scope that some issuers require for refresh tokens (OpenID Connect Core section 11).
const OFFLINE_ACCESS: &str = "offline_access";

impl Context {
    /// Logs in at an authorization server. Without `scopes`, those of the options are requested, else those that discovery
    /// found.
    ///
    /// # Errors
    ///
    /// [`ClientError`], with what to change.
    pub(crate) async fn login(
        &self,
        found: &Discovery,
        scopes: &[String],
    ) -> Result<Login, ClientError> {
        binding::check(self, &found.server.metadata).await?;
        let mut attempt = Attempt {
            context: self,
            found,
            scopes,
            registration: Registration::Reused,
            registered: None,
        };
        loop {
            let error = match attempt.run().await {
                Ok(login) => return Ok(login),
                Err(error) => error,
            };
            let Some((registration, why)) = attempt.another_registration(&error) else {
                return Err(error);
            };
            self.report(&Progress::LoginAgain(why.into()));
            attempt.registration = registration;
        }
    }

    /// Whether the error can be due to a client id that the issuer does not know.
    fn means_unknown_client(&self, error: &ClientError) -> bool {
        match error {
            // Others are of a gate in front of the endpoint.
            ClientError::AuthorizeRefused { status, .. } => matches!(status, 400 | 401),
            ClientError::Denied { error, .. } => refuses_client(error),
            ClientError::Token(_) => self.client_was_refused(),
            _ => false,
        }
    }

    /// Reports the tokens that were stored by a login.
    async fn report_tokens(&self, entry: &TokenEntry) -> Result<(), ClientError> {
        if let Some(tokens) = entry.read().await?.and_then(|record| record.tokens()) {
            self.report(&Progress::TokenExchange(tokens.granted()));
        }
        Ok(())
    }

    /// Whether the token endpoint last refused the client itself rather than its grant.
    pub(crate) fn client_was_refused(&self) -> bool {
        let failure = self.http.token_failure();
        failure.as_ref().is_some_and(TokenFailure::is_of_client)
    }
}

/// Whether the authorization server refused the scopes, by a redirect or by a page.
fn means_unknown_scope(error: &ClientError) -> bool {
    match error {
        ClientError::Denied { error, .. } => error == "invalid_scope",
        ClientError::AuthorizeRefused { reason, .. } => {
            reason.split(':').next() == Some("invalid_scope")
        }
        _ => false,
    }
}

/// One attempt at a login.
struct Attempt<'a> {
    context: &'a Context,
    found: &'a Discovery,
    scopes: &'a [String],
    /// How the client may be registered.
    registration: Registration,
    /// How it was registered; none for a client that did not register itself.
    registered: Option<Registration>,
}

impl Attempt<'_> {
    /// The registration to try after this failure, and why; none when the failure is not due to the registration, or this
    /// one was tried.
    fn another_registration(&self, error: &ClientError) -> Option<(Registration, &'static str)> {
        match (self.registered?, error) {
            // The issuer may no longer know the registration of an earlier login.
            (Registration::Reused, error) if self.context.means_unknown_client(error) => {
                Some((Registration::New, "the issuer no longer knows this client"))
            }
            // Some issuers give a client only the scopes that it registered for (RFC 7591 section 2).
            (Registration::Reused | Registration::New, error) if means_unknown_scope(error) => {
                Some((
                    Registration::ForScopes,
                    "the issuer grants a client only the scopes that it registers for",
                ))
            }
            _ => None,
        }
    }

    async fn run(&mut self) -> Result<Login, ClientError> {
        let context = self.context;
        let options = &context.options;

        let found = self.found;
        let (server, metadata) = (&found.server, &found.server.metadata);
        let Login { mut manager, entry } = context.at_issuer(server).await?;
        let scopes = self.scopes(found.scopes.clone(), metadata);

        let client = options.preregistered.as_ref();
        if let Some(grant) = MachineGrant::select(&options.grant, client, metadata)? {
            context.report(&Progress::Registration {
                kind: Identity::Preregistered,
                client_id: redact::printable(grant.client_id()),
                redirect_uri: None,
            });
            let request = TokenRequest {
                http: &context.http,
                server,
                scopes: &scopes,
            };
            grant.get_token(request, &mut manager, &entry).await?;
            context.report_tokens(&entry).await?;
            manager.initialize_from_store().await?;
            return Ok(Login { manager, entry });
        }
        metadata.require_code_grant()?;
        // Only the default endpoints of MCP 2025-03-26 come without a document, and so without an issuer.
        if metadata.issuer.is_some() {
            metadata.require_pkce()?;
        }

        // The redirect URI is registered with its port, so the listener has to be open before.
        let (listener, redirect_uri) = self.redirect().await?;
        let request = AuthorizationRequest::new(redirect_uri.as_str()).with_scopes(&scopes);
        let Identified {
            request,
            method,
            registered,
            registration,
        } = identify(
            context,
            &entry,
            request,
            metadata,
            (self.registration, &scopes),
        )
        .await?;
        self.registered = registration;

        // rmcp makes the PKCE pair, the state and the URL.
        let mut of_rmcp = metadata.with_auth_method(method);
        // With no scopes to request rmcp would request all of these.
        of_rmcp.scopes_supported = None;
        manager.set_metadata(of_rmcp);
        let session = AuthorizationSession::new(manager, request)
            .await
            .map_err(|(_, error)| error)?;
        let url = browser::vet(session.get_authorization_url())?;
        let mut url = options
            .hints
            .added_to(with_parameter(&url, "resource", &server.resource));
        if let Some(thumbprint) = context.dpop.thumbprint().await? {
            // RFC 9449 section 10.
            url.query_pairs_mut().append_pair("dpop_jkt", &thumbprint);
        }
        let state = parameter(&url, "state").unwrap_or_default();
        let expected = Expected::new(state, metadata);
        if registration == Some(Registration::Reused) && listener.is_some() {
            self.check_still_known(&url).await?;
        }
        context.report(&Progress::Authorization(Authorize::new(
            url.clone(),
            listener.is_some(),
        )));

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

        entry.expect_login(registered, server);
        // rmcp checks state and issuer, exchanges the code and saves the tokens.
        session
            .handle_callback_url(redirect.as_str())
            .await
            .map_err(|error| context.http.token_error(error))?;
        context.report_tokens(&entry).await?;
        Ok(Login {
            manager: session.auth_manager,
            entry,
        })
    }

    /// The scopes to request. Issuers that support it give refresh tokens only to those who ask for it.
    fn scopes(&self, found: Vec<String>, metadata: &AuthorizationMetadata) -> Vec<String> {
        let options = &self.context.options.scopes;
        let mut scopes = match (self.scopes, options.as_slice()) {
            ([], []) => found,
            ([], given) => given.to_vec(),
            (wanted, _) => wanted.to_vec(),
        };
        let supported = metadata.scopes_supported.iter().flatten();
        if !scopes.is_empty()
            && supported.clone().any(|scope| scope == OFFLINE_ACCESS)
            && !scopes.iter().any(|scope| scope == OFFLINE_ACCESS)
        {
            scopes.push(OFFLINE_ACCESS.to_owned());
        }
        scopes
    }

    async fn redirect(&self) -> Result<(Option<CallbackListener>, Url), ClientError> {
        let options = &self.context.options;
        if options.browser == Browser::Headless {
            // No connection is made to it: the redirect is read, not followed.
            let port = options.callback_port.unwrap_or(callback::PREFERRED_PORT);
            return Ok((None, callback::redirect_uri(options.callback_host, port)?));
        }
        let listener = CallbackListener::open(options.callback_host, options.callback_port).await?;
        let redirect = listener.redirect_uri().clone();
        Ok((Some(listener), redirect))
    }

    /// An issuer that no longer knows the client would show its error in the browser alone, so it is asked before.
    async fn check_still_known(&self, url: &Url) -> Result<(), ClientError> {
        // What only the browser can reach is asked by the browser alone.
        let Ok(response) = self.context.http.authorize(url).await else {
            return Ok(());
        };
        if matches!(response.status().as_u16(), 400 | 401) {
            return Err(headless::refused(
                response.status().as_u16(),
                response.body(),
            ));
        }
        let redirect = response.headers().get(http::header::LOCATION);
        let redirect = redirect.and_then(|to| Url::parse(to.to_str().ok()?).ok());
        match redirect.and_then(|to| parameter(&to, "error")) {
            Some(error) if refuses_client(&error) => Err(ClientError::Denied {
                error,
                description: None,
            }),
            _ => Ok(()),
        }
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
        AuthorizationResponse::Refused { error, description } => Err(ClientError::Denied {
            error: redact::printable(&error),
            description: description.as_deref().map(redact::printable),
        }),
    }
}

fn parameter(url: &Url, wanted: &str) -> Option<String> {
    url.query_pairs()
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
}

/// The URL with this value of a parameter that it has.
fn with_parameter(url: &Url, name: &str, value: &str) -> Url {
    let mut changed = url.clone();
    let mut query = changed.query_pairs_mut();
    query.clear();
    for (known, old) in url.query_pairs() {
        let value = if known == name { value } else { &*old };
        query.append_pair(&known, value);
    }
    drop(query);
    changed
}
