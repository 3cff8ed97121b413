//! Clients, as a test registers them and as the issuer stores them.

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
}

impl Client {
    /// A client without a secret with this redirect URI. Its id is a fresh `m2m_`
    /// id unless [`id`](Self::id) says otherwise.
    #[must_use]
    pub fn public(redirect_uri: impl Into<String>) -> Self {
        Self {
            id: None,
            registered: RegisteredClient {
                name: "public client".to_owned(),
                secret: None,
                redirect_uris: vec![redirect_uri.into()],
                scopes: None,
            },
        }
    }

    /// A client with a secret: for `client_credentials`, and also for the code flow once it
    /// has a [`redirect_uri`](Self::redirect_uri).
    #[must_use]
    pub fn confidential(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self {
            id: Some(id.into()),
            registered: RegisteredClient {
                name: "confidential client".to_owned(),
                secret: Some(Secret::new(secret)),
                redirect_uris: Vec::new(),
                scopes: None,
            },
        }
    }

    /// A client with a secret or without, and no redirect URI yet.
    #[cfg(feature = "cli")]
    pub(crate) fn bare(secret: Option<String>) -> Self {
        Self {
            id: None,
            registered: RegisteredClient {
                name: "client".to_owned(),
                secret: secret.map(Secret::new),
                redirect_uris: Vec::new(),
                scopes: None,
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

    pub(crate) fn into_parts(self) -> (String, RegisteredClient) {
        let id = self.id.unwrap_or_else(|| id::fresh("m2m"));
        (id, self.registered)
    }
}
