//! API keys of organizations and of their users: whether one is valid, and whose it is.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use serde_json::json;

use super::answer::Answer;
use super::call::Call;
use super::client::Management;
use super::error::{ManagementError, ManagementErrorKind};
use super::fields::{Fields, Malformed};
use crate::remote::TOTAL_TIMEOUT;

const VALIDATE: &str = "POST /api/v1/tokens:validate";
const INVALIDATE: &str = "POST /api/v1/tokens:invalidate";
/// The code of gRPC for a string that cannot be a key (400).
const INVALID_ARGUMENT: u64 = 3;

/// An API key, as Scalekit describes it: everything but the key itself. Strings that are absent or empty are `None`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiKey {
    /// `apit_…`. It is shown in lists and logs, and no secret.
    pub token_id: String,
    /// `org_…`: the organization whose key it is.
    pub organization_id: String,
    /// The id of the organization in the customer's own system.
    pub organization_external_id: Option<String>,
    /// `usr_…`, for a key of one user.
    pub user_id: Option<String>,
    /// The id of the user in the customer's own system.
    pub user_external_id: Option<String>,
    /// What was set when the key was created: at most 20 claims with values of at most 256 characters.
    pub custom_claims: BTreeMap<String, String>,
    /// The names of the roles.
    pub roles: Vec<String>,
    /// When it was created.
    pub created_at: Option<SystemTime>,
    /// When it expires; `None` for never.
    pub expires_at: Option<SystemTime>,
}

impl ApiKey {
    fn read(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Self {
            token_id: fields.id("token_id")?,
            organization_id: fields.id("organization_id")?,
            organization_external_id: fields.word("organization_external_id")?,
            user_id: fields.word("user_id")?,
            user_external_id: fields.word("user_external_id")?,
            custom_claims: fields.map("custom_claims")?,
            roles: fields.words("roles")?,
            created_at: fields.described_time("created_at"),
            expires_at: fields.time("expiry")?,
        })
    }
}

impl Management {
    /// Describes a valid API key; `None` for one that is unknown, expired or invalidated, and for a string that cannot
    /// be one (404, 400). `POST /api/v1/tokens:validate`, with the permission `api_credentials:read`. Takes 3 s at most, since
    /// a client's request may wait for it.
    ///
    /// The API accepts the id of a key (`apit_…`) too, which is no secret. So this call alone does not show that a
    /// caller has the key: [`ApiKeyVerifier`](crate::api_keys::ApiKeyVerifier) refuses ids.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// # let key = "x".repeat(50);
    /// match management.validate_api_key(&key).await? {
    ///     Some(key) => println!("a key of {}", key.organization_id),
    ///     None => println!("not a valid key"),
    /// }
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`] for everything that says nothing about the key.
    pub async fn validate_api_key(&self, key: &str) -> Result<Option<ApiKey>, ManagementError> {
        let path = "/api/v1/tokens:validate".to_owned();
        let body = json!({ "token": key }).to_string();
        let call = Call::post(VALIDATE, path).body(body);
        match self.send_within(TOTAL_TIMEOUT, &call).await {
            Ok(answer) => read(&answer).map(Some),
            Err(error) if is_about_the_key(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Management {
    /// Invalidates an API key, named by itself or by its id (`apit_…`). One that is unknown, or was invalidated before,
    /// counts as invalidated. `POST /api/v1/tokens:invalidate`, with the permission `api_credentials:rotate`.
    ///
    /// ```
    /// # let run = include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/doc_test.rs"));
    /// # run(async |management: auth_scalekit::management::Management| {
    /// management.invalidate_api_key("apit_1").await?;
    /// # Ok(())
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`ManagementError`]
    pub async fn invalidate_api_key(&self, key_or_id: &str) -> Result<(), ManagementError> {
        let path = "/api/v1/tokens:invalidate".to_owned();
        let body = json!({ "token": key_or_id }).to_string();
        match self.change(Call::post(INVALIDATE, path).body(body)).await {
            Err(error) if error.is_not_found() => Ok(()),
            done => done,
        }
    }
}

fn read(answer: &Answer) -> Result<ApiKey, ManagementError> {
    let fields = Fields::read(answer.object()?);
    let fields = fields.ok_or_else(|| answer.unreadable("no JSON object"))?;
    let key = fields.required("token_info", ApiKey::read);
    key.map_err(|Malformed(member)| answer.unreadable(member))
}

/// Whether the API reports that there is no such key. An error of the token endpoint is about this server.
fn is_about_the_key(error: &ManagementError) -> bool {
    let says_so = match error.kind() {
        ManagementErrorKind::NotFound => true,
        // Not that of a proxy, which has no such code.
        ManagementErrorKind::BadRequest => error.grpc_code() == Some(INVALID_ARGUMENT),
        _ => false,
    };
    says_so && error.call() == VALIDATE
}

/// Shows the ids of Scalekit alone: claims and ids of other systems can be personal data.
impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKey")
            .field("token_id", &self.token_id)
            .field("organization_id", &self.organization_id)
            .field("user_id", &self.user_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
