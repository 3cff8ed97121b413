//! Assertions about a recorded request; each returns the request, so that they chain.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{RecordedRequest, SentAuth};
use crate::endpoint::Endpoint;

impl RecordedRequest {
    /// Asserts PKCE with S256 (RFC 7636): an authorization request has a challenge of 32 bytes and the method,
    /// a token request the verifier.
    ///
    /// # Panics
    ///
    /// When it lacks PKCE, or is neither.
    pub fn assert_pkce_s256(&self) -> &Self {
        match self.endpoint() {
            Endpoint::Token => {
                assert!(self.has("code_verifier"), "no code_verifier in {self}");
            }
            Endpoint::Authorize => {
                let method = self.param("code_challenge_method");
                assert_eq!(method, Some("S256"), "code_challenge_method of {self}");
                let challenge = self.param("code_challenge").unwrap_or_default();
                let hash = URL_SAFE_NO_PAD.decode(challenge).unwrap_or_default();
                assert_eq!(hash.len(), 32, "bytes of the code_challenge of {self}");
            }
            _ => panic!("neither an authorization request nor a token request: {self}"),
        }
        self
    }

    /// Asserts that `resource` (RFC 8707) was sent once, and is this string byte for byte.
    ///
    /// # Panics
    ///
    /// When another `resource`, several, or none was sent.
    pub fn assert_resource(&self, resource: &str) -> &Self {
        assert_eq!(self.params("resource"), [resource], "resource of {self}");
        self
    }

    /// Asserts that these scopes were requested, in any order.
    ///
    /// # Panics
    ///
    /// When other scopes were requested.
    pub fn assert_scopes<'a>(&self, scopes: impl IntoIterator<Item = &'a str>) -> &Self {
        let sorted = |mut scopes: Vec<String>| {
            scopes.sort_unstable();
            scopes
        };
        let sent = self.param("scope").unwrap_or_default();
        let sent = sent.split_ascii_whitespace().map(str::to_owned).collect();
        let expected = scopes.into_iter().map(str::to_owned).collect();
        assert_eq!(sorted(sent), sorted(expected), "scope of {self}");
        self
    }

    /// Asserts that a parameter was sent once, with this value.
    ///
    /// # Panics
    ///
    /// When it was sent with another value, repeatedly or not at all, or the kit does not keep its values.
    pub fn assert_param(&self, name: &str, value: &str) -> &Self {
        assert_eq!(self.params(name), [value], "{name} of {self}");
        self
    }

    /// Asserts how the client authenticated.
    ///
    /// # Panics
    ///
    /// When it authenticated in another way.
    pub fn assert_auth(&self, auth: SentAuth) -> &Self {
        assert_eq!(self.auth(), auth, "authentication of {self}");
        self
    }

    /// Asserts the HTTP status of the reply.
    ///
    /// # Panics
    ///
    /// When it had another status, or no reply.
    pub fn assert_status(&self, status: u16) -> &Self {
        assert_eq!(self.status(), Some(status), "status of {self}");
        self
    }
}
