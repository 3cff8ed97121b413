//! Choices made before the issuer starts.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use auth_core::{Clock, SystemClock};
use jsonwebtoken::Algorithm;

use crate::MockScalekit;
use crate::identity_provider::IdentityProvider;
use crate::issuer::Issuer;
use crate::serve::{Front, Secured, Server};
use crate::settings::{Leniency, Misbehaviour, RefreshTokens, Settings, TokenIssuer, User};

/// Chooses what the issuer is like; made by [`MockScalekit::builder`].
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
    user: User,
    clock: Arc<dyn Clock>,
    listener: Option<TcpListener>,
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
                other_users: Vec::new(),
                leniencies: Vec::new(),
                misbehaviours: Vec::new(),
                consent_page: false,
                client_metadata_documents: true,
                resource_revocation: false,
                trusted: Vec::new(),
                dynamic_registration: true,
                private_use_redirects: true,
                insert_form_metadata: true,
            },
            user: User::default(),
            clock: Arc::new(SystemClock::new()),
            listener: None,
            #[cfg(feature = "tls")]
            tls: false,
        }
    }

    /// The id of the protected MCP server: `res_` and digits. Default `res_1000000001`.
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
    /// Set, it is in the `aud` of access tokens beside the resource id, and clients may ask for no
    /// other `resource` (RFC 8707). Default: not set, and any `resource` is taken.
    pub fn resource_url(mut self, url: impl Into<String>) -> Self {
        self.settings.resource_url = Some(url.into());
        self
    }

    /// The scopes enabled on the resource. Default `notes:read` and `notes:write`. The scopes
    /// `openid`, `profile`, `email` and `offline_access` are always there to be asked for.
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.settings.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Who approves every authorization request. Default [`User::default`].
    pub fn user(mut self, user: User) -> Self {
        self.user = user;
        self
    }

    /// Another user, who approves instead when the request names it by `sub` or e-mail address
    /// (`login_hint`).
    pub fn also_user(mut self, user: User) -> Self {
        self.settings.other_users.push(user);
        self
    }

    /// Whether a page asks the user who signs in, and of what: HTML without scripts, for tests in a real
    /// browser. An answer that was [scripted](MockScalekit::answer_next) is given without it. Off:
    /// everything is approved at once. Default off.
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

    /// For how long a refresh token that was exchanged may be exchanged once more, as by a client
    /// that never got the answer. Later it is refused, and everything that came from the same approval
    /// is revoked. Default 30 s, as Scalekit; zero: at once.
    pub fn refresh_grace(mut self, grace: Duration) -> Self {
        self.settings.refresh_grace = grace;
        self
    }

    /// Does not enforce a rule. Default: all rules hold.
    pub fn lenient(mut self, leniency: Leniency) -> Self {
        self.settings.leniencies.push(leniency);
        self
    }

    /// Does something wrong for which a client must turn away. Default: nothing.
    pub fn misbehave(mut self, misbehaviour: Misbehaviour) -> Self {
        self.settings.misbehaviours.push(misbehaviour);
        self
    }

    /// Exchanges the assertions of this identity provider for access tokens (ID-JAG, Scalekit's
    /// cross-app access). Default: of none, and the grant is not offered.
    pub fn trust(mut self, provider: &IdentityProvider) -> Self {
        self.settings.trusted.push(provider.trusted());
        self
    }

    /// The issuer's clock; give the verifier under test the same one. Default: the system's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// The socket to serve on, when the port must be known before. Default: port 0 of 127.0.0.1.
    pub fn listener(mut self, listener: TcpListener) -> Self {
        self.listener = Some(listener);
        self
    }

    /// Serves over TLS, with a certificate for `localhost`, `127.0.0.1` and `::1` of an authority that
    /// is made for this issuer alone: [`ca_pem`](MockScalekit::ca_pem). All URLs begin with `https`.
    /// Default off.
    #[cfg(feature = "tls")]
    pub fn tls(mut self) -> Self {
        self.tls = true;
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

    /// Whether a client may be known by the URL of its metadata document, which is then fetched (CIMD).
    /// Off: such an id is unknown, and the metadata does not mention it. Default on.
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
    /// differ; off, only the form with the path in front is there. Default on.
    pub fn insert_form_metadata(mut self, on: bool) -> Self {
        self.settings.insert_form_metadata = on;
        self
    }

    /// Binds, serves, and returns when requests are answered.
    ///
    /// # Panics
    ///
    /// When there is no port to bind, or the listener is not on a loopback address: the signing
    /// keys are public, so this issuer is for the local machine only.
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
        assert!(
            address.ip().is_loopback(),
            "the mock serves on loopback only; bind the listener to 127.0.0.1, not {address}"
        );
        let (scheme, secured, ca_pem) = self.secured();
        self.settings.environment_url = format!("{scheme}://{address}");
        let front = Arc::new(Front::new(
            Issuer::new(self.settings, self.user),
            self.clock,
        ));
        let server = Server::start(listener, secured, Arc::clone(&front));
        MockScalekit::new(front, server, ca_pem)
    }

    /// Scheme, security of connections, and the certificate to trust.
    fn secured(&self) -> (&'static str, Secured, Option<String>) {
        #[cfg(feature = "tls")]
        if self.tls {
            let authority = crate::serve::Authority::new();
            return ("https", authority.secured, Some(authority.pem));
        }
        ("http", Secured::Not, None)
    }
}
