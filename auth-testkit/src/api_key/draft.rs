//! A key that is to be created.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use crate::values::timestamp;

/// An API key to be created by [`Admin::create_api_key`](crate::Admin::create_api_key).
///
/// ```
/// # async fn example() {
/// use auth_testkit::ApiKeyDraft;
///
/// # let scalekit = auth_testkit::MockScalekit::start().await;
/// let draft = ApiKeyDraft::new("org_1000000001").user("usr_1000000001").custom_claim("team", "ops");
/// let key = scalekit.admin().create_api_key(draft);
/// assert!(key.id().starts_with("apit_"));
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a draft does nothing until it is made"]
pub struct ApiKeyDraft {
    pub(crate) organization: String,
    pub(crate) user: Option<String>,
    pub(crate) custom_claims: BTreeMap<String, String>,
    pub(crate) expiry: Expiry,
    pub(crate) description: Option<String>,
}

/// When a key expires.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expiry {
    Never,
    /// After this time from its creation.
    After(Duration),
    At(SystemTime),
}

impl Expiry {
    /// The time, of a key that is created at this one.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn at(self, created: SystemTime) -> Result<Option<SystemTime>, LateExpiry> {
        let time = match self {
            Self::Never => return Ok(None),
            Self::After(lifetime) => created.checked_add(lifetime),
            Self::At(time) => Some(time),
        };
        let time = time.filter(|time| *time < timestamp::end());
        time.map(Some).ok_or(LateExpiry)
    }
}

/// A key would expire after the last time that can be written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LateExpiry;

impl ApiKeyDraft {
    /// A key of this organization, without a user, which does not expire.
    pub fn new(organization: impl Into<String>) -> Self {
        Self {
            organization: organization.into(),
            user: None,
            custom_claims: BTreeMap::new(),
            expiry: Expiry::Never,
            description: None,
        }
    }

    /// The member of the organization whose key it is, by `sub` or e-mail address: the key has the user's external id,
    /// e-mail address and roles, as they are whenever it is validated.
    pub fn user(mut self, name: impl Into<String>) -> Self {
        self.user = Some(name.into());
        self
    }

    /// A custom claim, in place of one of the same name.
    pub fn custom_claim(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.custom_claims.insert(name.into(), value.into());
        self
    }

    /// For how long the key is valid, by the clock of the mock: at most until the end of the year 9999.
    pub fn expires_in(mut self, lifetime: Duration) -> Self {
        self.expiry = Expiry::After(lifetime);
        self
    }

    /// When the key expires, if it does.
    pub(crate) fn expires_at(mut self, time: Option<SystemTime>) -> Self {
        self.expiry = time.map_or(Expiry::Never, Expiry::At);
        self
    }

    /// What the key is for.
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = Some(text.into());
        self
    }
}
