//! A key that was created, with its secret.

use crate::values::Secret;

/// An API key that was created. Its `Debug` output does not show the key.
#[derive(Debug, Clone)]
pub struct ApiKey {
    pub(super) id: String,
    pub(super) key: Secret,
}

impl ApiKey {
    /// `apit_` and digits: no secret, but the API takes it in place of the key.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key itself: 50 letters and digits. The environment shows it at no later time.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.key.expose()
    }
}
