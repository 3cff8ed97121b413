//! The running mock, as tests hold it.

use std::fmt;
use std::sync::Arc;

use auth_core::Clock;
use wiremock::MockServer;

use crate::builder::MockScalekitBuilder;
use crate::issuer::{Endpoint, Issuer};
use crate::oauth::{Client, vet_redirect_uri};
use crate::record::RecordedRequest;
use crate::settings::User;
use crate::token::TokenBuilder;

/// A Scalekit environment with one MCP server in it, on a port of 127.0.0.1.
///
/// It stops, and its port closes, when it is dropped. Start one per test: nothing is shared.
pub struct MockScalekit {
    issuer: Arc<Issuer>,
    clock: Arc<dyn Clock>,
    server: MockServer,
    issuer_url: String,
    keys_url: String,
    token_endpoint: String,
}

impl MockScalekit {
    /// Starts an issuer with every choice at its default.
    ///
    /// # Panics
    ///
    /// As [`MockScalekitBuilder::start`].
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Starts with the choices.
    pub fn builder() -> MockScalekitBuilder {
        MockScalekitBuilder::new()
    }

    pub(crate) fn new(issuer: Arc<Issuer>, clock: Arc<dyn Clock>, server: MockServer) -> Self {
        Self {
            issuer_url: issuer.settings.issuer(),
            keys_url: issuer.settings.keys_url(),
            token_endpoint: issuer.settings.token_endpoint(),
            issuer,
            clock,
            server,
        }
    }

    /// `http://127.0.0.1:PORT`, without a slash: what `SCALEKIT_ENVIRONMENT_URL` is set to.
    #[must_use]
    pub fn environment_url(&self) -> &str {
        &self.issuer.settings.environment_url
    }

    /// What `SCALEKIT_RESOURCE_ID` is set to; default `res_1000000001`.
    #[must_use]
    pub fn resource_id(&self) -> &str {
        &self.issuer.settings.resource_id
    }

    /// `{env}/resources/{res}`: the authorization server that the MCP server advertises, and the
    /// metadata's `issuer`. Tokens may name another: see [`TokenIssuer`](crate::TokenIssuer).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer_url
    }

    /// `{env}/keys`.
    #[must_use]
    pub fn keys_url(&self) -> &str {
        &self.keys_url
    }

    /// `{env}/resources/{res}/oauth/token`.
    #[must_use]
    pub fn token_endpoint(&self) -> &str {
        &self.token_endpoint
    }

    /// The clock that the issuer tells the time by.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.clock)
    }

    /// The mock server, to override an endpoint by mounting a [`wiremock::Mock`] of your own: the
    /// issuer has the lowest priority (255), so yours wins. Requests that yours answers are still
    /// counted and recorded here.
    ///
    /// Mount it for good or with `up_to_n_times`, **not scoped**: wiremock 0.6 finds a scoped mock again
    /// by its place in the list, and sorting by priority moves it. Dropping the guard would remove
    /// the issuer and leave the scoped mock.
    ///
    /// The server itself records nothing, as it would print secrets when an expectation fails;
    /// [`requests`](Self::requests) has the requests instead. `reset` removes the issuer too.
    #[must_use]
    pub fn server(&self) -> &MockServer {
        &self.server
    }

    /// Registers a client as an administrator would, and returns its `client_id`.
    ///
    /// # Panics
    ///
    /// When the id is taken, or a redirect URI is neither https nor http to a loopback host.
    pub fn register_client(&self, client: Client) -> String {
        let (id, registered) = client.into_parts();
        for uri in &registered.redirect_uris {
            if let Err(why) = vet_redirect_uri(uri) {
                panic!("cannot register {id}: {why}; got {uri:?}");
            }
        }
        let old = self.issuer.state().clients.insert(id.clone(), registered);
        assert!(
            old.is_none(),
            "client {id} is registered already; choose another id"
        );
        id
    }

    /// The user who approves from now on; sessions that exist keep theirs.
    pub fn sign_in(&self, user: User) {
        self.issuer.state().user = user;
    }

    /// Answers the next authorization request that is sound enough to be redirected with this
    /// error, such as `access_denied`. Calls queue up.
    pub fn deny_next(&self, error: impl Into<String>) {
        self.issuer.state().denials.push_back(error.into());
    }

    /// A token for the user, valid unless something is made wrong with it.
    #[must_use]
    pub fn token(&self) -> TokenBuilder {
        let state = self.issuer.state();
        TokenBuilder::new(
            self.issuer.settings.clone(),
            state.keys.signer().clone(),
            &state.user,
            self.clock.now(),
        )
    }

    /// Publishes another key and signs with it from now on. The old keys stay published, so tokens
    /// that exist stay good, until [`withdraw_old_key`](Self::withdraw_old_key).
    pub fn rotate_keys(&self) {
        self.issuer.state().keys.rotate();
    }

    /// Withdraws every key but the one that signs.
    pub fn withdraw_old_key(&self) {
        self.issuer.state().keys.withdraw_old();
    }

    /// The `kid` of the key that signs: `snk_` and digits, another one for each mock and rotation.
    #[must_use]
    pub fn signing_kid(&self) -> String {
        self.issuer.state().keys.signer().kid.clone()
    }

    /// Whether the issuer has revoked the access token with this `jti`, which happens when the code
    /// it came from is used again. Who verifies the token alone cannot know.
    #[must_use]
    pub fn is_revoked(&self, jti: &str) -> bool {
        let state = self.issuer.state();
        state
            .issued
            .get(jti)
            .is_some_and(|grant| state.is_revoked(*grant))
    }

    /// What was sent to an endpoint since the start, in order, without secrets.
    #[must_use]
    pub fn requests(&self, endpoint: Endpoint) -> Vec<RecordedRequest> {
        let state = self.issuer.state();
        let recorded = state.recorded.iter();
        recorded
            .filter(|request| request.endpoint() == endpoint)
            .cloned()
            .collect()
    }

    /// How often the key set was fetched (GET), whatever the answer was.
    #[must_use]
    pub fn key_fetches(&self) -> usize {
        self.fetches(&[Endpoint::Keys])
    }

    /// How often a discovery document was fetched (GET), in all forms together.
    #[must_use]
    pub fn metadata_fetches(&self) -> usize {
        self.fetches(&[
            Endpoint::MetadataInsert,
            Endpoint::MetadataAppend,
            Endpoint::OpenidConfiguration,
        ])
    }

    fn fetches(&self, endpoints: &[Endpoint]) -> usize {
        let state = self.issuer.state();
        let recorded = state.recorded.iter();
        recorded
            .filter(|request| request.method() == "GET" && endpoints.contains(&request.endpoint()))
            .count()
    }
}

impl fmt::Debug for MockScalekit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockScalekit")
            .field("issuer", &self.issuer_url)
            .finish_non_exhaustive()
    }
}
