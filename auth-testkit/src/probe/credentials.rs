//! What callers send: access tokens of the issuer, or API keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::api_key::server::{ORGANIZATION, OTHER_ORGANIZATION};
use crate::values::Secret;
use crate::{ApiKeyDraft, KeyDefect, MockScalekit};

/// In every valid credential, to be found where none may be.
pub(super) const MARK: &str = "probe-mark-5d1f0a";

/// The caller of probes that are not about who the caller is. As the API names users: `usr_` and digits.
pub(super) const SUBJECT: &str = "usr_5104906013";

/// A user of an organization that the server is not for.
const STRANGER: &str = "usr_5100000003";

/// What callers of the server send.
#[derive(Debug, Clone, Default)]
pub(super) enum Credentials {
    #[default]
    AccessTokens,
    ApiKeys(ApiKeys),
}

/// Keys that are created as probes need them.
#[derive(Debug, Clone)]
pub(super) struct ApiKeys {
    /// The custom claim with the scopes.
    scopes_claim: String,
    /// Keys by their caller. A server may bound how many new ones it accepts in a minute.
    created: Arc<Mutex<HashMap<Holder, Secret>>>,
}

/// For whom a key is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Holder {
    /// `usr_` and digits, as the API names users.
    pub(super) subject: String,
    pub(super) scopes: Vec<String>,
    /// Custom claims that the server requires.
    pub(super) claims: Vec<(String, String)>,
}

impl ApiKeys {
    /// Keys of this issuer, which knows their organizations from now on.
    pub(super) fn new(issuer: &MockScalekit, scopes_claim: String) -> Self {
        let admin = issuer.admin();
        for (user, organization) in [(SUBJECT, ORGANIZATION), (STRANGER, OTHER_ORGANIZATION)] {
            let _session = admin.open_session(user, organization);
            let _event = admin.add_member(user, organization, ["member"]);
        }
        Self {
            scopes_claim,
            created: Arc::default(),
        }
    }

    /// A key of an organization that the server is not for.
    pub(super) fn draft_for_others(&self, scopes: &[String]) -> ApiKeyDraft {
        let draft = ApiKeyDraft::new(OTHER_ORGANIZATION).user(STRANGER);
        draft.custom_claim(&self.scopes_claim, scopes.join(" "))
    }

    /// A key that is not created yet. Its user is made up.
    pub(super) fn draft(&self, issuer: &MockScalekit, holder: &Holder) -> ApiKeyDraft {
        let _session = issuer.admin().open_session(&holder.subject, ORGANIZATION);
        let draft = ApiKeyDraft::new(ORGANIZATION)
            .user(&holder.subject)
            .custom_claim("probe_mark", MARK);
        let claims = holder.claims.iter();
        let draft = claims.fold(draft, |draft, (name, value)| {
            draft.custom_claim(name, value)
        });
        draft.custom_claim(&self.scopes_claim, holder.scopes.join(" "))
    }

    /// A valid key, which may have been used before.
    pub(super) fn key(&self, issuer: &MockScalekit, holder: &Holder) -> String {
        let mut created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = created.get(holder) {
            return key.expose().to_owned();
        }
        let key = issuer
            .admin()
            .create_api_key(self.draft(issuer, holder))
            .expose()
            .to_owned();
        created.insert(holder.clone(), Secret::new(key.as_str()));
        key
    }

    /// A key that has expired.
    pub(super) fn expired(&self, issuer: &MockScalekit, holder: &Holder) -> String {
        KeyDefect::Expired.string_of(issuer, self.draft(issuer, holder))
    }
}
