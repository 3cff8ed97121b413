//! Clients, as a test registers them and as the issuer stores them.

use serde_json::{Map, Value};
use url::Url;

use crate::settings::MachineClient;
use crate::values::Secret;
use crate::values::id;

/// A client to be registered with [`MockScalekit::register_client`](crate::MockScalekit::register_client).
///
/// ```
/// use auth_testkit::Client;
///
/// let app = Client::public("http://127.0.0.1:8765/callback");
/// let by_metadata_url = Client::public("https://app.example/cb").id("https://app.example/client.json");
/// let machine = Client::confidential("m2m_42", "not a secret").scopes(["notes:read"]);
/// # drop((app, by_metadata_url, machine));
/// ```
#[derive(Debug, Clone)]
pub struct Client {
    id: Option<String>,
    registered: RegisteredClient,
}

/// What the issuer knows of a client.
#[derive(Debug, Clone)]
pub(crate) struct RegisteredClient {
    pub(crate) name: String,
    /// None: a public client.
    pub(crate) secret: Option<Secret>,
    pub(crate) redirect_uris: Vec<String>,
    /// None: whatever the resource has.
    pub(crate) scopes: Option<Vec<String>>,
    /// Of the tokens that it gets for itself.
    pub(crate) organization: Option<String>,
    pub(crate) custom_claims: Map<String, Value>,
    /// What it may do in the management API; none: everything.
    pub(crate) permissions: Option<Vec<String>>,
    /// Whether it came by dynamic registration.
    pub(crate) registered_itself: bool,
}

/// The id that the management API has of a client: one that is named by the URL of its metadata document has another
/// of Scalekit's form.
pub(super) fn issued_id(client_id: &str) -> String {
    match Url::parse(client_id) {
        Ok(_) => id::derived("m2m", client_id),
        Err(_) => client_id.to_owned(),
    }
}

impl RegisteredClient {
    /// One without redirect URIs that may have every scope.
    pub(crate) fn named(name: impl Into<String>, secret: Option<Secret>) -> Self {
        Self {
            name: name.into(),
            secret,
            redirect_uris: Vec::new(),
            scopes: None,
            organization: None,
            custom_claims: Map::new(),
            permissions: None,
            registered_itself: false,
        }
    }
}

impl Client {
    /// A client without a secret with this redirect URI. Its id is a fresh `m2m_`
    /// id unless [`id`](Self::id) says otherwise.
    #[must_use]
    pub fn public(redirect_uri: impl Into<String>) -> Self {
        Self {
            id: None,
            registered: RegisteredClient::named("public client", None),
        }
        .redirect_uri(redirect_uri)
    }

    /// A client with a secret: for `client_credentials`, and also for the code flow once it
    /// has a [`redirect_uri`](Self::redirect_uri).
    #[must_use]
    pub fn confidential(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            registered: RegisteredClient::named("confidential client", Some(Secret::new(secret))),
        }
    }

    /// A client with a secret or without, and no redirect URI yet.
    #[cfg(feature = "cli")]
    pub(crate) fn bare(secret: Option<String>) -> Self {
        Self {
            id: None,
            registered: RegisteredClient::named("client", secret.map(Secret::new)),
        }
    }

    /// One that a directory describes.
    pub(crate) fn of_directory(client: MachineClient) -> Self {
        let registered = RegisteredClient::named("machine client", Some(client.secret));
        Self {
            id: Some(client.id),
            registered: RegisteredClient {
                scopes: client.scopes,
                organization: client.organization,
                custom_claims: client.custom_claims,
                ..registered
            },
        }
    }

    /// The `client_id`. A client that is registered under the URL of a metadata document is known
    /// already, and the document is not fetched.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// One more redirect URI. It is compared byte for byte, the port of a loopback one too.
    #[must_use]
    pub fn redirect_uri(mut self, uri: impl Into<String>) -> Self {
        self.registered.redirect_uris.push(uri.into());
        self
    }

    /// The scopes this client may have at most; default: all of the resource.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.registered.scopes = Some(scopes.into_iter().map(Into::into).collect());
        self
    }

    /// The organization of the tokens that this client gets for itself (`client_credentials`): claim `oid`, and
    /// `xoid` if the [directory](crate::settings::Directory) has an external id of it. Default: none.
    #[must_use]
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.registered.organization = Some(id.into());
        self
    }

    /// What this client may do in the management API, such as `users:read`. Calls that need another permission are
    /// refused with 403, also with a token that was issued before. It matters to clients of the environment (`skc_`)
    /// alone. Default: everything.
    ///
    /// ```
    /// use auth_testkit::Client;
    ///
    /// let reader = Client::confidential("skc_7", "not a secret").permissions(["api_credentials:read"]);
    /// # drop(reader);
    /// ```
    #[must_use]
    pub fn permissions<S: Into<String>>(
        mut self,
        permissions: impl IntoIterator<Item = S>,
    ) -> Self {
        let permissions = permissions.into_iter().map(Into::into).collect();
        self.registered.permissions = Some(permissions);
        self
    }

    /// A member of the claim `custom_claims` of the tokens that this client gets for itself. Default: none, and the
    /// claim is left out.
    #[must_use]
    pub fn custom_claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        let claims = &mut self.registered.custom_claims;
        claims.insert(name.into(), value.into());
        self
    }

    pub(crate) fn into_parts(self) -> (String, RegisteredClient) {
        let id = self.id.unwrap_or_else(|| id::fresh("m2m"));
        (id, self.registered)
    }
}
