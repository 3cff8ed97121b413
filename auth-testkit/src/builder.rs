//! The settings of a mock before it starts.

use std::collections::{HashMap, HashSet};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use auth_core::support::{Clock, SystemClock};
use jsonwebtoken::Algorithm;
use url::Url;

use crate::MockScalekit;
use crate::issuer::Issuer;
use crate::oauth::Client;
use crate::oauth::identity_provider::IdentityProvider;
use crate::scim::{DirectoryUserDraft, ScimDirectories};
use crate::serve::{Pipeline, Secured, Server};
use crate::settings::{
    Changes, Directory, EventOrder, Leniency, LoginPage, ManagementRateLimit, Misbehaviour,
    RefreshTokens, Settings, TokenIssuer, User,
};
use crate::webhooks::Outbox;

/// Configures a mock before it starts; returned by [`MockScalekit::builder`].
///
/// ```
/// # async fn example() {
/// use auth_testkit::{MockScalekit, TestClock, User};
///
/// let clock = TestClock::new();
/// let scalekit = MockScalekit::builder()
///     .resource_url("http://127.0.0.1:3000/mcp")
///     .scopes(["todo:read", "todo:write"])
///     .user(User::new("usr_7").roles(["admin"]))
///     .clock(clock.clone())
///     .start()
///     .await;
/// # drop(scalekit);
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until it is started"]
pub struct MockScalekitBuilder {
    settings: Settings,
    /// None: the first of the directory, or the default.
    user: Option<User>,
    /// Added to those of the directory.
    other_users: Vec<User>,
    /// Of the directories of organizations.
    directory_users: Vec<(String, Vec<DirectoryUserDraft>)>,
    connection: Option<String>,
    clock: Arc<dyn Clock>,
    listener: Option<TcpListener>,
    public_url: Option<String>,
    listens_on_network: bool,
    #[cfg(feature = "tls")]
    tls: bool,
}

impl MockScalekitBuilder {
    pub(crate) fn new() -> Self {
        Self {
            settings: Settings {
                environment_url: String::new(),
                resource_id: "res_1000000001".to_owned(),
                resource_url: None,
                scopes: vec!["notes:read".to_owned(), "notes:write".to_owned()],
                token_issuer: TokenIssuer::default(),
                signing_algorithm: Algorithm::RS256,
                access_token_lifetime: Duration::from_secs(3600),
                refresh_tokens: RefreshTokens::default(),
                refresh_grace: Duration::from_secs(30),
                scopes_within_permissions: false,
                directory: Directory::default(),
                changes: Changes::default(),
                login_page: None,
                leniencies: Vec::new(),
                misbehaviours: Vec::new(),
                consent_page: false,
                client_metadata_documents: true,
                resource_revocation: false,
                trusted: Vec::new(),
                logout_event_of_revocation: false,
                event_order: EventOrder::default(),
                management_rate_limit: None,
                dynamic_registration: true,
                private_use_redirects: true,
                path_inserted_metadata: true,
                mcp_server: false,
            },
            user: None,
            other_users: Vec::new(),
            directory_users: Vec::new(),
            connection: None,
            clock: Arc::new(SystemClock::new()),
            listener: None,
            public_url: None,
            listens_on_network: false,
            #[cfg(feature = "tls")]
            tls: false,
        }
    }

    /// The id of the protected MCP server: `res_` and digits. Default: `res_1000000001`.
    ///
    /// # Panics
    ///
    /// When it has another form.
    pub fn resource_id(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        let digits = id.strip_prefix("res_").unwrap_or_default();
        assert!(
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()),
            "a resource id is res_ and digits, such as res_1000000001; got {id:?}"
        );
        self.settings.resource_id = id;
        self
    }

    /// The URL of the MCP server, byte for byte as Scalekit's dashboard would have it.
    ///
    /// When it is set, the `aud` of access tokens has it beside the resource id, and clients may request no
    /// other `resource` (RFC 8707). Default: not set, and any `resource` is accepted.
    pub fn resource_url(mut self, url: impl Into<String>) -> Self {
        self.settings.resource_url = Some(url.into());
        self
    }

    /// The scopes enabled on the resource. Default `notes:read` and `notes:write`. The scopes
    /// `openid`, `profile`, `email` and `offline_access` can always be requested.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.settings.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Who approves every authorization request. Default: the first of the [directory](Self::directory), or else
    /// [`User::default`].
    pub fn user(mut self, user: User) -> Self {
        self.user = Some(user);
        self
    }

    /// Another user, who approves instead when the request names it by `sub` or e-mail address
    /// (`login_hint`).
    pub fn also_user(mut self, user: User) -> Self {
        self.other_users.push(user);
        self
    }

    /// Organizations, roles, users and machine clients, such as [`Directory::read`] reads them from a file. Its users
    /// can be named by `login_hint` and are on the consent page, its roles give permissions, and its clients are
    /// registered. Users that [`user`](Self::user) and [`also_user`](Self::also_user) add become part of it, in place
    /// of those with the same `sub`. Default: an empty one.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), auth_testkit::settings::DirectoryError> {
    /// use auth_testkit::MockScalekit;
    /// use auth_testkit::settings::Directory;
    ///
    /// let directory = Directory::read("tests/directory.toml")?;
    /// let scalekit = MockScalekit::builder().directory(directory).start().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn directory(mut self, directory: Directory) -> Self {
        self.settings.directory = directory;
        self
    }

    /// Users of the directory (SCIM) of an organization from the start, without events. Groups that they name are
    /// created. They are added to those that the [directory file](Self::directory) describes, in place of users with
    /// the same e-mail address.
    ///
    /// ```
    /// # async fn example() {
    /// use auth_testkit::{DirectoryUserDraft, MockScalekit};
    ///
    /// let users = (0..1000).map(|number| DirectoryUserDraft::new(format!("user{number}@example.com")));
    /// let builder = MockScalekit::builder().directory_users("org_1000000001", users);
    /// # drop(builder.start().await);
    /// # }
    /// ```
    pub fn directory_users(
        mut self,
        organization: impl Into<String>,
        users: impl IntoIterator<Item = DirectoryUserDraft>,
    ) -> Self {
        let users = users.into_iter().collect();
        self.directory_users.push((organization.into(), users));
        self
    }

    /// Users log in at this page of the customer's in place of the issuer (Scalekit: "bring your own auth"). An
    /// authorization request of a client leads there, with `login_request_id` and `state` in the query. The page posts
    /// the user to `{env}/api/v1/connections/{conn}/auth-requests/{login_request_id}/user`, with a token of a
    /// client whose id begins with `skc_`, and sends the browser to
    /// `{env}/sso/v1/connections/{conn}/partner:callback?state=…`. The issuer then asks for consent, if it
    /// [does](Self::consent_page), and issues the code. An answer that was
    /// [scripted](MockScalekit::script_next_approval) is given at that time. Default: users log in at the issuer.
    ///
    /// # Panics
    ///
    /// When it is not an absolute URL of http or https, or has a fragment.
    pub fn byoa(mut self, login_page: impl AsRef<str>) -> Self {
        let vetted = LoginPage::vet_url(login_page.as_ref());
        let url = vetted.unwrap_or_else(|problem| panic!("byoa: {problem}"));
        self.settings.login_page = Some(LoginPage {
            url,
            connection: "conn_1000000001".to_owned(),
        });
        self
    }

    /// The id of the connection to the [login page](Self::byoa): `conn_` and digits. Default `conn_1000000001`.
    ///
    /// # Panics
    ///
    /// When it has another form. [`start`](Self::start) panics when there is no login page.
    pub fn connection(mut self, id: impl Into<String>) -> Self {
        let id = id.into();
        LoginPage::vet_connection(&id).unwrap_or_else(|problem| panic!("connection: {problem}"));
        self.connection = Some(id);
        self
    }

    /// Whether authorization requests show a consent page, on which the user signs in and approves scopes: HTML
    /// without scripts, for tests in a real browser. An answer that was [scripted](MockScalekit::script_next_approval) is
    /// given without it. Off: every request is approved at once. Default: off.
    pub fn consent_page(mut self, on: bool) -> Self {
        self.settings.consent_page = on;
        self
    }

    /// Whether a user's permissions limit the scopes of the resource that are granted: Scalekit's
    /// `intersect_scopes_user_permission`. Default off.
    pub fn scopes_within_permissions(mut self, on: bool) -> Self {
        self.settings.scopes_within_permissions = on;
        self
    }

    /// The `iss` of access tokens. Default [`TokenIssuer::Environment`].
    pub fn token_issuer(mut self, form: TokenIssuer) -> Self {
        self.settings.token_issuer = form;
        self
    }

    /// What the issuer signs with: an RS or PS algorithm, `ES256`, `ES384` or `EdDSA`. Default
    /// `RS256`, as Scalekit.
    ///
    /// # Panics
    ///
    /// [`start`](Self::start) panics when it has no public key (`HS256` and its like).
    pub fn signing_algorithm(mut self, algorithm: Algorithm) -> Self {
        self.settings.signing_algorithm = algorithm;
        self
    }

    /// Whole seconds from `iat` to `exp`. Default 3600.
    pub fn access_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.access_token_lifetime = lifetime;
        self
    }

    /// When there are refresh tokens. Default [`RefreshTokens::WhenAsked`].
    pub fn refresh_tokens(mut self, when: RefreshTokens) -> Self {
        self.settings.refresh_tokens = when;
        self
    }

    /// For how long a refresh token that was exchanged may be exchanged again, any number of times: by
    /// a client that never got the response, or by several at once. After that it is refused, and all tokens that
    /// come from the same approval are revoked. Default: 30 s, as Scalekit; zero: not at all.
    pub fn refresh_grace(mut self, grace: Duration) -> Self {
        self.settings.refresh_grace = grace;
        self
    }

    /// Does not enforce a rule. Default: every rule is enforced.
    pub fn lenient(mut self, leniency: Leniency) -> Self {
        self.settings.leniencies.push(leniency);
        self
    }

    /// Breaks a rule, so that authors of clients can test theirs: what a correct client does about it is
    /// [`Misbehaviour::reaction`]. Several can be combined. Default: none.
    ///
    /// # Panics
    ///
    /// [`start`](Self::start) panics when it is the [MCP server](Self::mcp_server) that would misbehave
    /// ([`Misbehaviour::needs_mcp_server`]), and that is off.
    pub fn misbehave(mut self, misbehaviour: Misbehaviour) -> Self {
        self.settings.misbehaviours.push(misbehaviour);
        self
    }

    /// Exchanges the assertions of this identity provider for access tokens (ID-JAG, Scalekit's
    /// cross-app access). Default: no provider, and the grant is not offered.
    pub fn trust(mut self, provider: &IdentityProvider) -> Self {
        self.settings.trusted.push(provider.trusted());
        self
    }

    /// The issuer's clock; give the verifier under test the same one. Default: the system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The socket to serve on, for tests that must know the port before the issuer starts. Default: port 0 of 127.0.0.1.
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Scheme, host and port by which other machines reach the issuer, such as `http://scalekit:8080` for other
    /// containers: the environment URL, with which all URLs in tokens and documents begin. Default: the
    /// address that is served on.
    ///
    /// # Panics
    ///
    /// When it has more than that, a slash at its end included, or is not written in its normal form.
    /// [`start`](Self::start) panics when it is http and the issuer serves over TLS.
    pub fn public_url(mut self, url: impl Into<String>) -> Self {
        let url = url.into();
        vet_public_url(&url).unwrap_or_else(|problem| panic!("{problem}"));
        self.public_url = Some(url);
        self
    }

    /// Whether the [`listener`](Self::listener) may have an address that other machines can reach. The
    /// signing keys are published with the source: a server that trusts this issuer accepts tokens that anyone can
    /// mint. Default off.
    pub fn dangerous_listen_on_network(mut self, on: bool) -> Self {
        self.listens_on_network = on;
        self
    }

    /// Serves over TLS, with a certificate for `localhost`, `127.0.0.1`, `::1` and the host of the
    /// environment URL, of an authority that is made for this issuer alone: [`ca_pem`](MockScalekit::ca_pem). All URLs begin with `https`.
    /// Default off.
    #[cfg(feature = "tls")]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Whether a session that is revoked by the API makes the event `user.logout`, as one that ends by sign-out does.
    /// Scalekit documents no event for it, so that a receiver must not depend on either. Default off.
    pub fn logout_event_of_revocation(mut self, on: bool) -> Self {
        self.settings.logout_event_of_revocation = on;
        self
    }

    /// How often the management API may be called. Default: as often as the test likes.
    ///
    /// ```
    /// # async fn example() {
    /// use auth_testkit::MockScalekit;
    /// use auth_testkit::settings::ManagementRateLimit;
    ///
    /// let limit = ManagementRateLimit::per_minute(2).with_retry_after();
    /// let scalekit = MockScalekit::builder().management_rate_limit(limit).start().await;
    /// # drop(scalekit);
    /// # }
    /// ```
    pub fn management_rate_limit(mut self, limit: ManagementRateLimit) -> Self {
        self.settings.management_rate_limit = Some(limit);
        self
    }

    /// In which order the events API lists events. Default [`EventOrder::NewestFirst`].
    pub fn event_order(mut self, order: EventOrder) -> Self {
        self.settings.event_order = order;
        self
    }

    /// Whether clients may register themselves. Off: the endpoint is 404 and the metadata does not
    /// mention it, as when the switch in Scalekit's dashboard is off. Default on.
    pub fn dynamic_registration(mut self, on: bool) -> Self {
        self.settings.dynamic_registration = on;
        self
    }

    /// Whether a redirect URI may have a private-use scheme (RFC 8252 section 7.1), such as
    /// `cursor://anysphere.cursor-mcp/oauth/callback` or `com.example.app:/oauth2redirect`. Scalekit's
    /// documentation allows them, and Cursor registers one beside others. Off: redirect URIs are https
    /// or http to a loopback host, as MCP demands of clients. Schemes that a browser runs or reads itself
    /// (`javascript:`, `data:`, `file:`) are refused either way. Default on.
    pub fn private_use_redirects(mut self, on: bool) -> Self {
        self.settings.private_use_redirects = on;
        self
    }

    /// Whether a client may be identified by the URL of its metadata document, which is then fetched (CIMD).
    /// Off: such a client is unknown, and the metadata does not mention it. Default: on.
    pub fn client_metadata_documents(mut self, on: bool) -> Self {
        self.settings.client_metadata_documents = on;
        self
    }

    /// Whether the resource's metadata names the revocation endpoint, so that a client finds it. The
    /// document of the environment always does; Scalekit's of a resource does not. Default off.
    pub fn resource_revocation(mut self, on: bool) -> Self {
        self.settings.resource_revocation = on;
        self
    }

    /// Whether the metadata is served at the URL that RFC 8414 builds
    /// (`/.well-known/oauth-authorization-server/resources/{res}`). Reports on live Scalekit
    /// differ; off, only the document below the path of the issuer is served. Default on.
    pub fn path_inserted_metadata(mut self, on: bool) -> Self {
        self.settings.path_inserted_metadata = on;
        self
    }

    /// Serves an MCP server too, at `{env}/mcp`, for tests of clients: it accepts the issuer's tokens for this resource
    /// and publishes its metadata (RFC 9728). It is then the resource of the issuer, as if
    /// [`resource_url`](Self::resource_url) named it. Both generations of MCP are served (the handshake of 2025-11-25
    /// and its predecessors, and 2026-07-28), without sessions. Every request needs the first scope of the resource. The
    /// tool `echo` returns its `text`; the tool `write` needs the second scope, too, so that a client has to ask for
    /// more. Default: off.
    ///
    /// ```
    /// # async fn example() {
    /// use auth_testkit::{Endpoint, MockScalekit};
    ///
    /// let scalekit = MockScalekit::builder().mcp_server().start().await;
    /// let url = scalekit.mcp_url().unwrap();
    /// // … a client connects to this URL, logs in, and calls the tool `write` …
    /// let statuses = scalekit.requests(Endpoint::Mcp).iter().map(|request| request.status());
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// [`start`](Self::start) panics when [`resource_url`](Self::resource_url) was called, too.
    pub fn mcp_server(mut self) -> Self {
        self.settings.mcp_server = true;
        self
    }

    /// Binds, serves, and returns when requests are answered.
    ///
    /// # Panics
    ///
    /// When there is no port to bind, or the listener is not on a loopback address and [`dangerous_listen_on_network`](Self::dangerous_listen_on_network)
    /// is off, or it is on no particular address (0.0.0.0) and there is no
    /// [public URL](Self::public_url), or two settings contradict each other.
    #[allow(
        clippy::unused_async,
        reason = "starting may have to wait one day, and tests say start().await today"
    )]
    pub async fn start(self) -> MockScalekit {
        self.start_blocking()
    }

    /// As [`start`](Self::start), for tests without a runtime.
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn start_blocking(mut self) -> MockScalekit {
        let listener = self.listener.take().unwrap_or_else(|| {
            TcpListener::bind(("127.0.0.1", 0)).expect("127.0.0.1 has a free port")
        });
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        self.settings.environment_url = self
            .environment_url(address)
            .unwrap_or_else(|problem| panic!("{problem}"));
        self.settings
            .check_misbehaviours()
            .unwrap_or_else(|problem| panic!("{problem}"));
        if self.settings.misbehaves(Misbehaviour::ExpiresInZero) {
            self.settings.access_token_lifetime = Duration::ZERO;
        }
        if self.settings.mcp_server {
            assert!(
                self.settings.resource_url.is_none(),
                "resource_url: cannot be set together with mcp_server, whose URL is the resource"
            );
            self.settings.resource_url = Some(self.settings.mcp_url());
        }
        if let Some(connection) = self.connection.take() {
            let page = self.settings.login_page.as_mut();
            let page = page.expect("connection: needs byoa, the login page that it connects to");
            page.connection = connection;
        }
        let (secured, ca_pem) = self.secured();
        let user = self.merge_users();
        self.seed_directories();
        let clients = self.settings.directory.clients.clone();
        let outbox = Arc::new(Outbox::new());
        let issuer = Issuer::new(self.settings, user, outbox.clone());
        let pipeline = Arc::new(Pipeline::new(issuer, outbox, self.clock));
        let server = Server::start(listener, secured, Arc::clone(&pipeline));
        let scalekit = MockScalekit::new(pipeline, server, (address, ca_pem));
        for client in clients {
            scalekit.register_client(Client::of_directory(client));
        }
        scalekit
    }

    /// Adds the users that were set one by one to the directory, and returns who approves.
    fn merge_users(&mut self) -> User {
        let known = &mut self.settings.directory.users;
        let usual = match self.user.take() {
            Some(user) => {
                known.retain(|known| known.sub != user.sub);
                user
            }
            None => known.first().cloned().unwrap_or_default(),
        };
        let others = std::mem::take(&mut self.other_users);
        let replaced: HashSet<&str> = others.iter().map(|user| user.sub.as_str()).collect();
        known.retain(|known| !replaced.contains(known.sub.as_str()));
        let mut places = HashMap::new();
        for user in others {
            match places.get(&user.sub) {
                Some(place) => known[*place] = user,
                None => {
                    places.insert(user.sub.clone(), known.len());
                    known.push(user);
                }
            }
        }
        usual
    }

    /// Adds the users that were set to the directories of their organizations.
    fn seed_directories(&mut self) {
        let now = self.clock.now();
        let scim = std::mem::take(&mut self.settings.directory.scim);
        let mut scim = ScimDirectories::new(scim);
        for (organization, users) in std::mem::take(&mut self.directory_users) {
            for user in users {
                scim.seed(&organization, user, now);
            }
        }
        self.settings.directory.scim = scim.into_inner();
    }

    /// The URL by which others reach the issuer, which listens at this address.
    ///
    /// # Errors
    ///
    /// When others must not reach that address, or cannot.
    fn environment_url(&self, address: SocketAddr) -> Result<String, String> {
        #[cfg(feature = "tls")]
        let scheme = if self.tls { "https" } else { "http" };
        #[cfg(not(feature = "tls"))]
        let scheme = "http";
        if !self.listens_on_network && !address.ip().is_loopback() {
            return Err(format!(
                "listener: {address} is not on loopback; bind it to 127.0.0.1, or set \
                 dangerous_listen_on_network"
            ));
        }
        match &self.public_url {
            Some(url) if scheme == "https" && url.starts_with("http:") => Err(format!(
                "public_url: expected https, as the mock serves over TLS; got {url:?}"
            )),
            Some(url) => Ok(url.clone()),
            None if address.ip().is_unspecified() => Err(format!(
                "public_url: needed, as {address} is no address that others can connect to"
            )),
            None => Ok(format!("{scheme}://{address}")),
        }
    }

    /// How connections are secured, and the certificate that clients must trust.
    fn secured(&self) -> (Secured, Option<String>) {
        #[cfg(feature = "tls")]
        if self.tls {
            let authority = crate::serve::Authority::new(&self.settings.environment_url);
            return (authority.secured, Some(authority.pem));
        }
        (Secured::Not, None)
    }
}

/// # Errors
///
/// When a URL is not just scheme, host and port in their normal form: it is put in front of paths, and
/// compared byte for byte.
pub(crate) fn vet_public_url(url: &str) -> Result<(), String> {
    let parsed = Url::parse(url).ok();
    let parsed = parsed.filter(|parsed| matches!(parsed.scheme(), "http" | "https"));
    let origin = parsed.map(|parsed| parsed.origin().ascii_serialization());
    match origin {
        Some(origin) if origin == url => Ok(()),
        Some(origin) => Err(format!(
            "expected scheme, host and port alone, such as {origin}; got {url:?}"
        )),
        None => Err(format!(
            "expected scheme, host and port, such as http://scalekit:8080; got {url:?}"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_address_must_be_allowed() {
        let at = |builder: MockScalekitBuilder, address: &str| {
            builder.environment_url(address.parse().unwrap())
        };
        let new = MockScalekitBuilder::new;
        for (address, url) in [
            ("127.0.0.1:80", "http://127.0.0.1:80"),
            ("127.0.0.2:8080", "http://127.0.0.2:8080"),
            ("[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(at(new(), address).unwrap(), url);
            assert_eq!(
                at(new().dangerous_listen_on_network(true), address).unwrap(),
                url
            );
        }
        for address in ["10.0.0.7:80", "[fd00::7]:80", "192.0.2.1:80"] {
            let error = at(new(), address).unwrap_err();
            assert!(error.contains("dangerous_listen_on_network"), "{error}");
            let url = format!("http://{address}");
            assert_eq!(
                at(new().dangerous_listen_on_network(true), address),
                Ok(url)
            );
        }
        for address in ["0.0.0.0:80", "[::]:80"] {
            let error = at(new().dangerous_listen_on_network(true), address).unwrap_err();
            assert!(error.starts_with("public_url: needed"), "{error}");
            let named = new().public_url("http://scalekit:8080");
            assert!(at(named, address).is_err(), "a name alone allows nothing");
            let named = new()
                .dangerous_listen_on_network(true)
                .public_url("http://scalekit:8080");
            assert_eq!(at(named, address).unwrap(), "http://scalekit:8080");
        }
    }

    #[cfg(feature = "tls")]
    #[test]
    fn over_tls_the_public_url_is_https() {
        let address = "127.0.0.1:1".parse().unwrap();
        let new = || MockScalekitBuilder::new().tls();
        let good = new().public_url("https://scalekit:8443");
        assert!(good.environment_url(address).is_ok());
        let plain = new().public_url("http://scalekit:8443");
        let error = plain.environment_url(address).unwrap_err();
        assert!(error.starts_with("public_url: expected https"), "{error}");
        // Something else may serve TLS before it.
        let behind = MockScalekitBuilder::new().public_url("https://scalekit");
        assert_eq!(behind.environment_url(address).unwrap(), "https://scalekit");
    }

    #[test]
    fn a_public_url_is_scheme_host_and_port_in_normal_form() {
        for good in [
            "http://scalekit:8080",
            "http://scalekit",
            "https://scalekit.test",
            "http://10.0.0.7:1",
            "http://[fd00::7]:1",
        ] {
            assert_eq!(vet_public_url(good), Ok(()), "{good}");
        }
        for (bad, expected) in [
            ("http://scalekit:8080/", "http://scalekit:8080;"),
            ("http://scalekit:80", "http://scalekit;"),
            ("https://scalekit:443", "https://scalekit;"),
            ("http://Scalekit", "http://scalekit;"),
            ("http://scalekit/env", "http://scalekit;"),
            ("http://scalekit?x", "http://scalekit;"),
            ("http://scalekit#x", "http://scalekit;"),
            ("http://me@scalekit", "http://scalekit;"),
            ("http://scalekit ", "http://scalekit;"),
            ("scalekit:8080", "such as http://scalekit:8080;"),
            ("scalekit", "such as http://scalekit:8080;"),
            ("ftp://scalekit", "such as http://scalekit:8080;"),
            ("", "such as http://scalekit:8080;"),
        ] {
            let error = vet_public_url(bad).unwrap_err();
            assert!(error.contains(expected), "{bad:?}: {error}");
        }
    }
}
