//! [`ManagementTokens`]: the access token of this server itself, by client credentials
//! ([RFC 6749 section 4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)).
//!
//! One fetch at a time for all calls. A token is used for 80 % of its lifetime, and until its end while the token
//! endpoint gives no newer one, even if the API has refused it: that may have been a proxy. After a failed fetch there is
//! no other for 1 s, doubling to 30 s.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use auth_core::support::Clock;
use auth_core::token::BearerToken;
use http::{HeaderValue, StatusCode};
use url::Url;

use super::answer::Answer;
use super::error::{ManagementError, ManagementErrorKind, Problem};
use super::error_code::ErrorCode;
use super::error_details::ErrorDetails;
use super::fields::{Fields, Malformed, whole_number};
use crate::introspection::ClientAuthentication;
use crate::remote::{self, Joined, KeyedBackoff, SingleFlight, json_body};

pub(crate) const CALL: &str = "POST /oauth/token";
/// The longest token response, in bytes.
const MAX_RESPONSE: usize = 64 * 1024;
/// The lifetime of a token whose response does not state it.
const UNSTATED_LIFETIME: Duration = Duration::from_secs(300);
/// A token that the API refuses is replaced, but not more often: a new one may be refused as well.
const REPLACE_INTERVAL: Duration = Duration::from_secs(10);

/// An access token for the API.
pub(super) struct ManagementToken {
    /// Marked as sensitive.
    pub(super) authorization: HeaderValue,
    /// By the monotonic clock, as the next.
    renew_at: Duration,
    expires_at: Duration,
}

type Fetched = Result<Arc<ManagementToken>, ManagementError>;

/// The tokens of one client.
pub(super) struct ManagementTokens {
    pub(super) client: reqwest::Client,
    pub(super) endpoint: Url,
    pub(super) credentials: ClientAuthentication,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) fetches: Arc<SingleFlight<(), Fetched>>,
    pub(super) backoff: KeyedBackoff<(), ManagementError>,
    pub(super) state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// The newest token.
    current: Option<Arc<ManagementToken>>,
    /// Whether the API has refused it, so that it is used only while there is no newer one.
    is_refused: bool,
    /// When a token was last replaced because the API refused it.
    replaced_at: Option<Duration>,
}

impl State {
    /// Marks the token as refused, unless it has just replaced another: returns whether it is.
    fn refuse(&mut self, now: Duration) -> bool {
        let is_recent = |at| now.saturating_sub(at) < REPLACE_INTERVAL;
        if self.replaced_at.is_some_and(is_recent) {
            return false;
        }
        self.replaced_at = Some(now);
        self.is_refused = true;
        true
    }
}

impl ManagementTokens {
    /// The token to use now.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] of the token endpoint.
    pub(super) async fn current(self: &Arc<Self>) -> Fetched {
        let now = self.clock.monotonic();
        let (known, is_refused) = {
            let state = self.state();
            (state.current.clone(), state.is_refused)
        };
        let is_good = |token: &&Arc<ManagementToken>| !is_refused && now < token.renew_at;
        if let Some(token) = known.as_ref().filter(is_good) {
            return Ok(Arc::clone(token));
        }
        match self.fetch(known.as_ref()).await {
            Err(error) => known.filter(|it| now < it.expires_at).ok_or(error),
            fetched => fetched,
        }
    }

    /// A token newer than one that the API refused, the same for all calls that it was refused in; `None` if that was
    /// itself a replacement of a moment ago.
    ///
    /// # Errors
    ///
    /// [`ManagementError`] of the token endpoint.
    pub(super) async fn instead_of(
        self: &Arc<Self>,
        refused: &Arc<ManagementToken>,
    ) -> Result<Option<Arc<ManagementToken>>, ManagementError> {
        let current = {
            let mut state = self.state();
            let current = state.current.clone();
            let is_current = |current| Arc::ptr_eq(current, refused);
            match (current.as_ref().is_some_and(is_current), state.is_refused) {
                (true, false) if !state.refuse(self.clock.monotonic()) => return Ok(None),
                // Another call has replaced it.
                (false, false) if current.is_some() => return Ok(current),
                // Another call may be replacing it.
                _ => current,
            }
        };
        self.fetch(current.as_ref()).await.map(Some)
    }

    /// Fetches a token, unless one newer than `seen` has arrived; joins the fetch that is in flight.
    async fn fetch(self: &Arc<Self>, seen: Option<&Arc<ManagementToken>>) -> Fetched {
        let joined = self.fetches.join_or_start((), || {
            let current = self.state().current.clone();
            let is_newer = |current: &Arc<ManagementToken>| {
                seen.is_none_or(|seen| !Arc::ptr_eq(seen, current))
            };
            if let Some(newer) = current.filter(is_newer) {
                return Err(Ok(newer));
            }
            let now = self.clock.monotonic();
            if let Some((wait, error)) = self.backoff.remaining(&(), now) {
                return Err(Err(error.with_retry_after(Some(wait))));
            }
            let tokens = Arc::clone(self);
            Ok(async move { tokens.request().await })
        });
        match joined {
            Joined::Ready(fetched) => fetched,
            Joined::Pending(pending) => {
                let fetched = pending.wait().await;
                fetched.unwrap_or_else(|| Err(ManagementError::abandoned(CALL)))
            }
        }
    }

    async fn request(&self) -> Fetched {
        // The lifetime begins before the answer arrives.
        let since = self.clock.monotonic();
        match self.post(since).await {
            Ok(token) => {
                self.backoff.succeeded(&());
                let token = Arc::new(token);
                let mut state = self.state();
                state.current = Some(Arc::clone(&token));
                state.is_refused = false;
                Ok(token)
            }
            Err(error) => {
                tracing::warn!(%error, "no access token for the management API");
                let now = self.clock.monotonic();
                let asked_for = error.retry_after();
                let wait = self.backoff.failed((), error.clone(), asked_for, now);
                Err(error.with_retry_after(Some(wait)))
            }
        }
    }

    async fn post(&self, since: Duration) -> Result<ManagementToken, ManagementError> {
        let grant = [("grant_type", "client_credentials")];
        let credentials = self.credentials.form_members().into_iter().flatten();
        let form = grant.into_iter().chain(credentials);
        let request = remote::form(&self.client, self.endpoint.clone(), form);
        let response = request.send().await.map_err(|error| {
            ManagementError::new(
                CALL,
                Problem::Body(json_body::BodyProblem::transport(error)),
            )
        })?;
        if response.status() != StatusCode::OK {
            return Err(refused(response).await);
        }
        let answer = Answer::read(CALL, response, Some(MAX_RESPONSE)).await?;
        answer.read_fields(|fields| Self::token(fields, since))
    }

    fn token(fields: &Fields<'_>, since: Duration) -> Result<ManagementToken, Malformed> {
        let kind = fields.id("token_type")?;
        if !kind.eq_ignore_ascii_case("Bearer") {
            return Err(Malformed("token_type"));
        }
        let token = fields.string("access_token", MAX_RESPONSE)?;
        let token = token.as_deref().and_then(BearerToken::new);
        let mut authorization = token
            .and_then(|token| HeaderValue::from_str(&format!("Bearer {}", token.secret())).ok())
            .ok_or(Malformed("access_token"))?;
        authorization.set_sensitive(true);
        let lifetime = match fields.value("expires_in") {
            None => UNSTATED_LIFETIME,
            Some(seconds) => {
                let seconds = whole_number(seconds).ok_or(Malformed("expires_in"))?;
                Duration::from_secs(seconds)
            }
        };
        Ok(ManagementToken {
            authorization,
            renew_at: since.saturating_add(lifetime / 5 * 4),
            expires_at: since.saturating_add(lifetime),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No update under this lock can panic halfway, so a poisoned value is consistent.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The error of the token endpoint
/// ([RFC 6749 section 5.2](https://www.rfc-editor.org/rfc/rfc6749#section-5.2)).
async fn refused(response: reqwest::Response) -> ManagementError {
    let (status, retry_after) = (response.status(), remote::retry_after(response.headers()));
    let body = json_body::read(response).await.unwrap_or_default();
    let body = std::str::from_utf8(&body).unwrap_or_default();
    let code = Fields::read(body).and_then(|body| body.word("error").ok()?);
    let code = code.as_deref().and_then(ErrorCode::vetted);
    let is_refused = code.as_ref().is_some_and(|code| {
        let codes = [
            "invalid_client",
            "unauthorized_client",
            "invalid_grant",
            "access_denied",
        ];
        codes.contains(&code.as_str())
    });
    let kind = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ManagementErrorKind::Refused,
        StatusCode::TOO_MANY_REQUESTS => ManagementErrorKind::RateLimited,
        status if status.is_client_error() && is_refused => ManagementErrorKind::Refused,
        StatusCode::BAD_REQUEST => ManagementErrorKind::BadRequest,
        // Also 404: what is missing is the endpoint.
        _ => ManagementErrorKind::Unavailable,
    };
    let problem = Problem::status(kind, status, ErrorDetails::of_code(code));
    ManagementError::new(CALL, problem).with_retry_after(retry_after)
}
