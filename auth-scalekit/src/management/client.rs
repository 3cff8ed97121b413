//! [`Management`]: one call, with the access token, a repetition after 401, and a time limit.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::error::ConfigError;
use auth_core::provider::PublicUrl;
use auth_core::support::Clock;
use tokio::time::timeout;
use url::Url;

use super::answer::Answer;
use super::call::Call;
use super::error::{ManagementError, ManagementErrorKind, Problem};
use super::error_code::ErrorCode;
use super::management_token::{ManagementToken, ManagementTokens, State};
use crate::introspection::ClientAuthentication;
use crate::remote::json_body::BodyProblem;
use crate::remote::{Backoff, KeyedBackoff, SingleFlight, post_client};
use crate::secret::Secret;

/// The time limit of a call, with a new access token and a repetition.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(10);

/// Scalekit's management API, as a client of the environment.
///
/// The access token is fetched with the client's credentials when it is first needed, once for all calls, and used for
/// 80 % of its lifetime. A call takes at most 10 s, follows no redirect and uses no proxy of the environment. It is
/// repeated once, with a new access token, when the API does not accept the token (401); such a new token is requested
/// at most every 10 s.
///
/// The calls that requests and webhooks wait for are repeated for no other reason: [`session`](Self::session),
/// [`user_sessions`](Self::user_sessions), [`events_page`](Self::events_page), [`find_users`](Self::find_users) and the
/// revocations; after 429, the caller gets the delay that the API requests. All other calls, those of the feature
/// `management`, are also repeated after failures that pass, as `Retries` describes.
///
/// [`ScalekitBuilder::management`](crate::ScalekitBuilder::management) sets it up. Needs a tokio runtime. Cheap to
/// clone; clones share the token.
#[derive(Clone)]
pub struct Management {
    shared: Arc<Shared>,
    #[cfg(feature = "management")]
    pub(super) retries: super::retries::Retries,
}

struct Shared {
    client: reqwest::Client,
    environment: Url,
    tokens: Arc<ManagementTokens>,
}

/// The settings of a [`Management`].
pub(crate) struct ManagementSettings<'a> {
    pub(crate) environment: &'a PublicUrl,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    /// Whether the environment may have a private address.
    pub(crate) private: bool,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Management {
    /// Validates the settings. Nothing is sent yet.
    pub(crate) fn new(settings: ManagementSettings<'_>) -> Result<Self, ConfigError> {
        let environment = Url::parse(settings.environment.as_str());
        let environment =
            environment.map_err(|error| ConfigError::new("environment_url", error))?;
        let client = post_client(settings.private)
            .map_err(|error| ConfigError::new("TLS", format!("cannot be set up: {error}")))?;
        let mut endpoint = environment.clone();
        endpoint.set_path("/oauth/token");
        let tokens = ManagementTokens {
            client: client.clone(),
            endpoint,
            credentials: ClientAuthentication::Post {
                id: settings.client_id,
                secret: settings.client_secret,
            },
            clock: settings.clock,
            fetches: Arc::new(SingleFlight::new()),
            backoff: KeyedBackoff::new(Backoff::default(), 1),
            state: Mutex::new(State::default()),
        };
        Ok(Self {
            shared: Arc::new(Shared {
                client,
                environment,
                tokens: Arc::new(tokens),
            }),
            #[cfg(feature = "management")]
            retries: super::retries::Retries::default(),
        })
    }

    /// The answer to a call. It is repeated after 401 alone: who waits for it is a request of a client, or has its
    /// own back-off.
    pub(crate) async fn send(&self, call: &Call) -> Result<Answer, ManagementError> {
        self.send_within(CALL_LIMIT, call).await
    }

    /// The same in a shorter time.
    pub(super) async fn send_within(
        &self,
        limit: Duration,
        call: &Call,
    ) -> Result<Answer, ManagementError> {
        match timeout(limit, self.authorized(call)).await {
            Ok(answer) => answer,
            Err(_) => Err(ManagementError::timed_out(call.name)),
        }
    }

    #[cfg(feature = "management")]
    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.tokens.clock
    }

    async fn authorized(&self, call: &Call) -> Result<Answer, ManagementError> {
        let token = self.shared.tokens.current().await?;
        match self.once(call, &token).await {
            Err(error) if is_about_the_token(&error) => {
                match self.shared.tokens.instead_of(&token).await? {
                    Some(token) => self.once(call, &token).await,
                    None => Err(error),
                }
            }
            answer => answer,
        }
    }

    async fn once(&self, call: &Call, token: &ManagementToken) -> Result<Answer, ManagementError> {
        let request = call.request(
            &self.shared.client,
            &self.shared.environment,
            &token.authorization,
        );
        // The client's own limit is that of a document; a page may take longer.
        let response = request.timeout(CALL_LIMIT).send().await.map_err(|error| {
            ManagementError::new(call.name, Problem::Body(BodyProblem::transport(error)))
        })?;
        Answer::read(call.name, response, call.max_answer).await
    }
}

/// Whether another token may help. It does not with another error code, such as that of a missing permission.
fn is_about_the_token(error: &ManagementError) -> bool {
    error.kind() == ManagementErrorKind::Refused
        && error.status() == Some(401)
        && error
            .error_code()
            .is_none_or(|code| *code == ErrorCode::Unauthenticated)
}

/// Shows the environment alone.
impl fmt::Debug for Management {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Management")
            .field("environment", &self.shared.environment.as_str())
            .finish_non_exhaustive()
    }
}
