//! The running mock.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use auth_core::support::Clock;
use wiremock::MockServer;

use crate::admin::Admin;
use crate::builder::MockScalekitBuilder;
use crate::endpoint::Endpoint;
use crate::fault::{Fault, FaultGuard, Gate};
use crate::keys::Keys;
use crate::oauth::{Client, vet_document_url, vet_redirect_uris};
use crate::record::RecordedRequest;
use crate::serve::{ConnectionRefusal, Pipeline, Server};
use crate::settings::{Approval, Organization, User};
use crate::token::TokenBuilder;
use crate::webhooks::Webhooks;

/// A Scalekit environment with one MCP server in it, on a port of 127.0.0.1 unless its builder was given
/// another.
///
/// It stops, and its port closes, when it is dropped. Start one per test: nothing is shared.
pub struct MockScalekit {
    // Dropped before the pipeline: its thread must have ended when mounted mocks are verified.
    server: Server,
    pipeline: Arc<Pipeline>,
    ca_pem: Option<String>,
    address: SocketAddr,
    issuer_url: String,
    keys_url: String,
    token_endpoint: String,
    mcp_url: Option<String>,
}

impl MockScalekit {
    /// Starts an issuer with the default settings.
    ///
    /// # Panics
    ///
    /// As [`MockScalekitBuilder::start`].
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// Configures an issuer before it starts.
    pub fn builder() -> MockScalekitBuilder {
        MockScalekitBuilder::new()
    }

    pub(crate) fn new(
        pipeline: Arc<Pipeline>,
        server: Server,
        (address, ca_pem): (SocketAddr, Option<String>),
    ) -> Self {
        let settings = &pipeline.issuer.settings;
        Self {
            issuer_url: settings.issuer(),
            keys_url: settings.keys_url(),
            token_endpoint: settings.token_endpoint(),
            mcp_url: settings.mcp_server.then(|| settings.mcp_url()),
            pipeline,
            server,
            address,
            ca_pem,
        }
    }

    /// `http://127.0.0.1:PORT`, or the [public URL](MockScalekitBuilder::public_url), without a slash: what
    /// `SCALEKIT_ENVIRONMENT_URL` is set to. Access tokens name it as their issuer (`iss`) unless
    /// [`TokenIssuer`](crate::settings::TokenIssuer) says otherwise.
    #[must_use]
    pub fn environment_url(&self) -> &str {
        &self.pipeline.issuer.settings.environment_url
    }

    /// What `SCALEKIT_RESOURCE_ID` is set to; default `res_1000000001`.
    #[must_use]
    pub fn resource_id(&self) -> &str {
        &self.pipeline.issuer.settings.resource_id
    }

    /// `{env}/resources/{res}`: the authorization server that the MCP server advertises, and the
    /// metadata's `issuer`. **Access tokens name another**, [`environment_url`](Self::environment_url), as
    /// live ones still do, unless [`TokenIssuer::Resource`](crate::settings::TokenIssuer::Resource) is chosen.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer_url
    }

    /// The certificate of the authority that clients must trust, in PEM; `None` when the issuer serves
    /// without TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
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

    /// `{env}/mcp`; `None` unless the builder has turned the [MCP server](MockScalekitBuilder::mcp_server) on.
    #[must_use]
    pub fn mcp_url(&self) -> Option<&str> {
        self.mcp_url.as_deref()
    }

    /// The id of the connection to the login page; `None` unless the builder has named [one](MockScalekitBuilder::byoa).
    #[must_use]
    pub fn connection_id(&self) -> Option<&str> {
        let page = self.pipeline.issuer.settings.login_page.as_ref();
        page.map(|page| page.connection.as_str())
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The issuer's clock.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.pipeline.clock)
    }

    /// The mock server, to override an endpoint by mounting a [`wiremock::Mock`]: the
    /// issuer has the lowest priority (255), so the mounted one wins. Requests that it answers are still
    /// counted and recorded here.
    ///
    /// Mount it for good or with `up_to_n_times`, **not scoped**: wiremock 0.6 finds a scoped mock again
    /// by its place in the list, and sorting by priority moves it. Dropping the guard would remove
    /// the issuer and leave the scoped mock.
    ///
    /// The server has a separate port behind the issuer's; from the first call on, all requests go
    /// through it. It records nothing, as it would print secrets when an expectation fails;
    /// [`requests`](Self::requests) has the requests instead. `reset` removes the issuer too.
    #[must_use]
    pub fn server(&self) -> &MockServer {
        self.pipeline.user_mocks()
    }

    /// Makes an endpoint fail until the guard is dropped, or for as many requests as
    /// [`times`](FaultGuard::times) says.
    ///
    /// ```
    /// # async fn example() {
    /// use auth_testkit::{Endpoint, Fault, MockScalekit};
    ///
    /// let scalekit = MockScalekit::start().await;
    /// let outage = scalekit.fail(Endpoint::Keys, Fault::Status(503)).times(2);
    /// // … two fetches fail …
    /// drop(outage); // panics if there were fewer
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When a status is not from 200 to 599, or the URL of a redirect cannot be in a header.
    pub fn fail(&self, endpoint: Endpoint, fault: Fault) -> FaultGuard {
        fault.check().unwrap_or_else(|problem| panic!("{problem}"));
        FaultGuard::new(&self.pipeline.plan, endpoint, fault)
    }

    /// Holds all requests to an endpoint until the gate is released, so that a test need not sleep until a
    /// request has arrived.
    ///
    /// ```
    /// # async fn example() {
    /// # use auth_testkit::{Endpoint, MockScalekit};
    /// # let scalekit = MockScalekit::start().await;
    /// let gate = scalekit.hold(Endpoint::Keys);
    /// // … start what fetches the keys …
    /// gate.reached_by(1).await;
    /// // … whatever must happen while they are being fetched …
    /// gate.release();
    /// # }
    /// ```
    pub fn hold(&self, endpoint: Endpoint) -> Gate {
        Gate::new(&self.pipeline.plan, endpoint)
    }

    /// Refuses connections, and closes those that exist, until the returned value is dropped. No
    /// other program that asks for any free port is given this one meanwhile.
    pub fn refuse_connections(&self) -> ConnectionRefusal {
        ConnectionRefusal::new(self.server.commands())
    }

    /// Registers a client as an administrator would, and returns its `client_id`.
    ///
    /// # Panics
    ///
    /// When the id is taken, or a redirect URI is refused: it is not https, http to a loopback host or of
    /// a [private-use scheme](MockScalekitBuilder::private_use_redirects), has a fragment, or a character
    /// that no URI has. The message says which one, and why.
    pub fn register_client(&self, client: Client) -> String {
        self.try_register(client)
            .unwrap_or_else(|problem| panic!("{problem}"))
    }

    /// # Errors
    ///
    /// What [`register_client`](Self::register_client) panics with.
    pub(crate) fn try_register(&self, client: Client) -> Result<String, String> {
        let (id, registered) = client.into_parts();
        vet_redirect_uris(&self.pipeline.issuer.settings, &registered.redirect_uris)
            .map_err(|why| format!("cannot register {id}: {why}"))?;
        let clients = &mut self.pipeline.issuer.state().clients;
        if clients.contains_key(&id) {
            return Err(format!(
                "client {id} is registered already; choose another id"
            ));
        }
        clients.insert(id.clone(), registered);
        Ok(id)
    }

    /// Deletes a registered client, as an issuer does when it is reinstalled or removes old registrations. The
    /// client gets `invalid_client` from now on, and its codes and refresh tokens are deleted. Access tokens stay
    /// valid until they expire.
    ///
    /// # Panics
    ///
    /// When no such client is registered.
    pub fn delete_client(&self, client_id: &str) {
        let was_registered = self.pipeline.issuer.state().delete_client(client_id);
        assert!(
            was_registered,
            "cannot delete client {client_id}: it is not registered"
        );
    }

    /// Publishes a client metadata document at a URL, for clients that are identified by it. Nothing is fetched
    /// from there, so that no web server is needed. The issuer checks the document like any other, by the rules of
    /// the draft. A later call replaces it.
    ///
    /// ```
    /// # async fn example() {
    /// # use auth_testkit::MockScalekit;
    /// # let scalekit = MockScalekit::start().await;
    /// let client_id = "https://app.example/client.json";
    /// scalekit.publish_client_metadata(
    ///     client_id,
    ///     &serde_json::json!({
    ///         "client_id": client_id,
    ///         "client_name": "App",
    ///         "redirect_uris": ["http://localhost:8080/callback"],
    ///     }),
    /// );
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When the URL cannot be the id of a client: it is not https, has no path, or is not written in
    /// its normal form.
    pub fn publish_client_metadata(&self, url: &str, document: &serde_json::Value) {
        self.try_publish(url, document)
            .unwrap_or_else(|problem| panic!("{problem}"));
    }

    /// # Errors
    ///
    /// What [`publish_client_metadata`](Self::publish_client_metadata) panics with.
    pub(crate) fn try_publish(
        &self,
        url: &str,
        document: &serde_json::Value,
    ) -> Result<(), String> {
        let vetted = vet_document_url(&self.pipeline.issuer.settings, url)
            .map_err(|why| format!("url: cannot be the id of a client: {why}; got {url:?}"))?;
        let mut state = self.pipeline.issuer.state();
        state.documents.remove(vetted.as_str());
        let body = document.to_string().into_bytes();
        state.published.insert(vetted.into(), body);
        Ok(())
    }

    /// The user who approves from now on; sessions that exist keep theirs.
    pub fn sign_in(&self, user: User) {
        self.pipeline.issuer.state().user = user;
    }

    /// Scripts the approval of the next authorization request that is valid enough to be redirected. Calls queue up.
    pub fn script_next_approval(&self, approval: Approval) {
        self.pipeline.issuer.state().approvals.push_back(approval);
    }

    /// Answers the next authorization request that is valid enough to be redirected with this
    /// error, such as `access_denied`. Calls queue up.
    pub fn deny_next_approval(&self, error: impl Into<String>) {
        self.script_next_approval(Approval::denied(error));
    }

    /// Builds an access token of the user, valid unless a defect is added.
    #[must_use]
    pub fn token(&self) -> TokenBuilder {
        let user = self.pipeline.issuer.state().user.clone();
        let organization = self.pipeline.issuer.settings.home_of(&user);
        self.token_with((&user, organization.as_ref()))
    }

    /// Builds an access token of a user of the [directory](MockScalekitBuilder::directory), named by `sub` or e-mail
    /// address, in one of the user's organizations.
    ///
    /// # Panics
    ///
    /// When there is no such user, or the user is not in the organization.
    #[must_use]
    pub fn token_of(&self, user: &str, organization: &str) -> TokenBuilder {
        let found = self.known_user(user);
        let found = found.unwrap_or_else(|| panic!("no user of the mock is called {user:?}"));
        let found = self.pipeline.issuer.settings.changes.applied(&found);
        let membership = found.membership(organization);
        let membership =
            membership.unwrap_or_else(|| panic!("{user} is not a member of {organization:?}"));
        let directory = &self.pipeline.issuer.settings.directory;
        let organization = directory.described(&membership.organization);
        self.token_with((&found, Some(&organization)))
    }

    /// A user who can sign in, by `sub` or e-mail address.
    pub(crate) fn known_user(&self, name: &str) -> Option<User> {
        let issuer = &self.pipeline.issuer;
        issuer.settings.user(&issuer.state().user, name).cloned()
    }

    fn token_with(&self, who: (&User, Option<&Organization>)) -> TokenBuilder {
        let issuer = &self.pipeline.issuer;
        let signer = issuer.keys.lock().signer().clone();
        TokenBuilder::new(
            issuer.settings.clone(),
            signer,
            who,
            self.pipeline.clock.now(),
        )
    }

    /// The signing keys, to be rotated in steps.
    #[must_use]
    pub fn keys(&self) -> Keys<'_> {
        Keys::new(&self.pipeline.issuer.keys)
    }

    /// What an administrator of the environment does, or its users do outside the client under test.
    #[must_use]
    pub fn admin(&self) -> Admin<'_> {
        Admin::new(&self.pipeline.issuer, &*self.pipeline.clock)
    }

    /// The signed webhooks that events are sent by.
    #[must_use]
    pub fn webhooks(&self) -> Webhooks<'_> {
        let pipeline = &self.pipeline;
        Webhooks::new(&pipeline.outbox, &pipeline.issuer, &*pipeline.clock)
    }

    /// Deletes the consent of a user for a client: refresh tokens are revoked at once, and
    /// access tokens stay valid until they expire, as in Scalekit's dashboard.
    pub fn delete_consent(&self, sub: &str, client_id: &str) {
        self.pipeline.issuer.state().delete_consent(sub, client_id);
    }

    /// Whether the issuer has revoked the access token with this `jti`: at the request of its client,
    /// or because the code or the refresh token it came from was used again. The token itself does not
    /// show it.
    #[must_use]
    pub fn is_revoked(&self, jti: &str) -> bool {
        self.pipeline.issuer.state().is_token_revoked(jti)
    }

    /// The requests to an endpoint since the start, in order, without secrets. The newest 10,000 requests to
    /// all endpoints together are kept.
    #[must_use]
    pub fn requests(&self, endpoint: Endpoint) -> Vec<RecordedRequest> {
        let log = self.pipeline.log();
        let recorded = log.iter();
        recorded
            .filter(|request| request.endpoint() == endpoint)
            .cloned()
            .collect()
    }

    /// The newest 10,000 requests since the start.
    #[cfg(feature = "cli")]
    pub(crate) fn all_requests(&self) -> Vec<RecordedRequest> {
        self.pipeline.log().iter().cloned().collect()
    }

    /// The request that was sent to an endpoint, of which there must be one.
    ///
    /// ```
    /// # async fn example() {
    /// # use auth_testkit::{Endpoint, MockScalekit, SentAuth};
    /// # let scalekit = MockScalekit::start().await;
    /// // … a client has logged in …
    /// scalekit
    ///     .only_request(Endpoint::Token)
    ///     .assert_pkce_s256()
    ///     .assert_resource("http://127.0.0.1:8000/mcp")
    ///     .assert_auth(SentAuth::None);
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// When there is none or more than one.
    #[must_use]
    pub fn only_request(&self, endpoint: Endpoint) -> RecordedRequest {
        let requests = self.requests(endpoint);
        let [request] = <[_; 1]>::try_from(requests).unwrap_or_else(|requests| {
            panic!("expected one request to {endpoint}, got {}", requests.len())
        });
        request
    }

    /// The newest 10,000 requests since the start, a line for each, without secrets. A test that panics while it
    /// holds the mock prints it.
    #[must_use]
    pub fn transcript(&self) -> String {
        self.pipeline.log().to_string()
    }

    /// # Panics
    ///
    /// When the key set was not fetched so often.
    pub fn assert_jwks_fetches(&self, times: usize) {
        assert_eq!(self.key_fetches(), times, "fetches of the key set");
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
            Endpoint::MetadataPathInserted,
            Endpoint::MetadataPathAppended,
            Endpoint::OpenidConfiguration,
        ])
    }

    fn fetches(&self, endpoints: &[Endpoint]) -> usize {
        let log = self.pipeline.log();
        let recorded = log.iter();
        recorded
            .filter(|request| request.method() == "GET" && endpoints.contains(&request.endpoint()))
            .count()
    }
}

impl Drop for MockScalekit {
    /// Prints the requests of the clients when a test fails.
    #[allow(
        clippy::print_stderr,
        reason = "it belongs to the failing test's output"
    )]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "requests to {}:\n{}",
                self.environment_url(),
                self.transcript()
            );
        }
    }
}

impl fmt::Debug for MockScalekit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockScalekit")
            .field("issuer", &self.issuer_url)
            .finish_non_exhaustive()
    }
}
