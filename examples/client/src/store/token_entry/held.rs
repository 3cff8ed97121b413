//! The token that was loaded or saved last, and the key that belongs to it.

use aws_lc_rs::digest;
use oauth2::TokenResponse as _;
use rmcp::transport::auth::StoredCredentials;
use secrecy::SecretString;

use super::super::record::Record;

/// How a token is bound to a key of this client.
#[derive(Debug, Clone)]
pub(crate) enum Binding {
    /// Not at all: a bearer token (RFC 6750).
    Unbound,
    /// To this key (RFC 9449), as it is stored.
    Key(SecretString),
    /// To a key that is not stored.
    KeyLost,
}

/// Token and key of one record, so that a request uses a key that was stored together with its token.
#[derive(Debug, Default)]
pub(super) struct Held {
    token: Option<TokenHash>,
    bound: bool,
    proof_key: Option<SecretString>,
}

/// The hash of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TokenHash([u8; digest::SHA256_OUTPUT_LEN]);

impl Held {
    pub(super) fn of(record: Option<&Record>) -> Self {
        let Some(record) = record else {
            return Self::default();
        };
        let credentials = record.credentials.as_ref();
        Self {
            token: credentials.and_then(TokenHash::of),
            bound: credentials.is_some_and(is_bound),
            proof_key: record.proof_key.clone().map(SecretString::from),
        }
    }

    pub(super) const fn token(&self) -> Option<TokenHash> {
        self.token
    }

    pub(super) const fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Whether the record has the token that is held.
    pub(super) fn is_that_of(&self, record: Option<&Record>) -> bool {
        let credentials = record.and_then(|record| record.credentials.as_ref());
        self.token.is_some() && credentials.and_then(TokenHash::of) == self.token
    }

    /// The binding of this token; none when it is not the one that is held.
    pub(super) fn binding_of(&self, token: &str) -> Option<Binding> {
        self.binding()
            .filter(|_| self.token == TokenHash::of_token(token))
    }

    /// The binding of the token that is held, if any.
    pub(super) fn binding(&self) -> Option<Binding> {
        self.token?;
        Some(match &self.proof_key {
            _ if !self.bound => Binding::Unbound,
            Some(key) => Binding::Key(key.clone()),
            None => Binding::KeyLost,
        })
    }

    pub(super) const fn proof_key(&self) -> Option<&SecretString> {
        self.proof_key.as_ref()
    }

    pub(super) fn set_proof_key(&mut self, key: SecretString) {
        self.proof_key = Some(key);
    }
}

impl TokenHash {
    fn of(credentials: &StoredCredentials) -> Option<Self> {
        let response = credentials.token_response.as_ref()?;
        Self::of_token(response.access_token().secret())
    }

    fn of_token(token: &str) -> Option<Self> {
        let hash = digest::digest(&digest::SHA256, token.as_bytes());
        hash.as_ref().try_into().ok().map(Self)
    }
}

/// Whether the token is bound to a key. rmcp stores the type in lower case.
fn is_bound(credentials: &StoredCredentials) -> bool {
    let response = credentials.token_response.as_ref();
    response.is_some_and(|response| response.token_type().as_ref().eq_ignore_ascii_case("dpop"))
}
