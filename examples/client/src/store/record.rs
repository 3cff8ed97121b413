//! What is stored of a login.

use std::fmt;

use rmcp::transport::auth::{AuthorizationMetadata, OAuthTokenResponse, StoredCredentials};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    events::Granted,
    server_metadata::{AuthMethod, AuthorizationServer, MetadataExt as _},
};

/// The tokens for one server from one issuer, and the client they were issued to.
#[derive(Clone, Serialize, Deserialize)]
pub struct Record {
    /// The MCP server's URL.
    pub server: String,
    /// The authorization server's issuer; none when its metadata has no name.
    pub issuer: Option<String>,
    pub(crate) client: Option<RegisteredClient>,
    pub(crate) credentials: Option<StoredCredentials>,
    /// The key that the tokens are bound to, if any (PKCS #8, base64url). A refresh after a restart needs it
    /// (RFC 9449 section 5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) proof_key: Option<String>,
    /// Whom the tokens stand for; none for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) account: Option<String>,
    /// Where the tokens come from, so that they can be used and refreshed while no document can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) authorization_server: Option<AuthorizationServer>,
}

/// A client registration. A refresh after a restart needs its secret, which rmcp does not store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RegisteredClient {
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
    pub(crate) redirect_uri: String,
    /// The issuer it is registered at. It is never sent to another one.
    pub(crate) issuer: Option<String>,
    /// How it was registered to authenticate (RFC 7591 section 3.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) auth_method: Option<AuthMethod>,
}

/// The issuer, and the account if it is not that of a person. No URL has a line break.
pub(super) fn owner(issuer: Option<&str>, account: Option<&str>) -> String {
    let issuer = issuer.unwrap_or_default();
    match account {
        Some(account) => format!("{issuer}\n{account}"),
        None => issuer.to_owned(),
    }
}

impl RegisteredClient {
    /// How it authenticates at the token endpoint.
    pub(crate) fn method(&self, metadata: &AuthorizationMetadata) -> AuthMethod {
        match (&self.client_secret, self.auth_method) {
            (None, _) => AuthMethod::None,
            (Some(_), Some(method)) => method,
            (Some(_), None) => metadata.secret_method(),
        }
    }
}

impl Record {
    pub(crate) fn empty(server: &str, issuer: Option<&str>) -> Self {
        Self {
            server: server.to_owned(),
            issuer: issuer.map(str::to_owned),
            client: None,
            credentials: None,
            proof_key: None,
            account: None,
            authorization_server: None,
        }
    }

    /// What identifies the login among those at the same server.
    pub(super) fn owner(&self) -> String {
        owner(self.issuer.as_deref(), self.account.as_deref())
    }

    /// Whether there are tokens, and not only a registration.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        self.tokens().is_some()
    }

    /// The tokens, parsed.
    pub(crate) fn tokens(&self) -> Option<Tokens> {
        Tokens::of_response(self.credentials.as_ref()?.token_response.as_ref()?)
    }

    /// Whether the client registered itself or is identified by a metadata document, and was not registered by hand.
    pub(crate) fn client_registered_itself(&self) -> bool {
        let id = self.credentials.as_ref().map(|known| &known.client_id);
        self.registration_of_tokens().is_some() || id.is_some_and(|id| id.starts_with("https://"))
    }

    /// The registration of the client these tokens were issued to, if it registered itself.
    pub(crate) fn registration_of_tokens(&self) -> Option<&RegisteredClient> {
        let credentials = self.credentials.as_ref()?;
        self.client
            .as_ref()
            .filter(|client| client.client_id == credentials.client_id)
    }
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record")
            .field("server", &self.server)
            .field("issuer", &self.issuer)
            .field("client", &self.client)
            .field("credentials", &self.credentials)
            .field("proof_key", &self.proof_key.as_ref().map(|_| "[redacted]"))
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for RegisteredClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredClient")
            .field("client_id", &self.client_id)
            .field(
                "client_secret",
                &self.client_secret.as_ref().map(|_| "[redacted]"),
            )
            .field("redirect_uri", &self.redirect_uri)
            .field("issuer", &self.issuer)
            .finish()
    }
}

/// The members of a token response that this client reads.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) refresh_token: Option<String>,
    pub(crate) expires_in: Option<u64>,
    pub(crate) scope: Option<String>,
}

impl Tokens {
    pub(crate) fn of_response(response: &OAuthTokenResponse) -> Option<Self> {
        Self::of(&serde_json::to_value(response).ok()?)
    }

    pub(crate) fn of(response: &Value) -> Option<Self> {
        Self::deserialize(response).ok()
    }

    pub(crate) fn granted(&self) -> Granted {
        Granted {
            scope: self.scope.clone(),
            expires_in: self.expires_in,
            refresh_token: self.refresh_token.is_some(),
        }
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
