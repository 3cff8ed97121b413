//! A client that was registered by hand.

use std::fmt;

use secrecy::SecretString;

use super::private_key::PrivateKey;

/// A client id that was registered by hand, and what the client authenticates with.
#[derive(Clone)]
pub(crate) struct Preregistered {
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<SecretString>,
    pub(crate) private_key: Option<PrivateKey>,
}

impl Preregistered {
    /// Whether there is a secret or a key to authenticate with.
    pub(crate) const fn can_authenticate(&self) -> bool {
        self.client_secret.is_some() || self.private_key.is_some()
    }
}

impl fmt::Debug for Preregistered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Preregistered")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}
