//! What to do when a request is refused: log in, ask for more scopes, or give up. Each is bounded.

use std::error::Error;

use rmcp::transport::{
    auth::{AuthError, AuthorizationManager},
    streamable_http_client::{AuthRequiredError, InsufficientScopeError},
};

use super::{
    access::Access,
    login_lock::{Generation, Purpose, Turn},
};
use crate::{
    challenge::Challenge,
    discovery::Discovery,
    error::ClientError,
    events::Progress,
    login::{Context, Login},
    redact,
    store::{Record, TokenEntry},
};

/// The number of times that one operation may ask for more scopes.
const MAX_STEP_UPS: u32 = 3;

/// What could make the server accept a request that it refused.
pub(crate) enum Remedy {
    /// A login: the server answered 401, since there is no token or it does not accept it. All challenges, if any.
    Login(String),
    /// More scopes: the server answered 403 with these challenges.
    StepUp(String),
    /// Discovery: the token endpoint of the stored tokens does not answer, and may be another one now.
    Rediscover,
    /// Another registration: the stored tokens belong to a client that the issuer no longer knows.
    RegisterAgain,
    /// Nothing that a login could change.
    None,
}

impl Remedy {
    /// What a login is for that this remedy leads to.
    fn purpose(&self) -> Purpose {
        match self {
            Self::StepUp(lines) => {
                Purpose::Scopes(Challenge::read(lines).scope.unwrap_or_default())
            }
            _ => Purpose::Token,
        }
    }

    pub(crate) fn for_error<'a>(
        causes: impl Iterator<Item = &'a (dyn Error + 'static)>,
        context: &Context,
    ) -> Self {
        for cause in causes {
            if let Some(refused) = cause.downcast_ref::<AuthRequiredError>() {
                return Self::Login(refused.www_authenticate_header.clone());
            }
            if let Some(refused) = cause.downcast_ref::<InsufficientScopeError>() {
                return Self::StepUp(refused.www_authenticate_header.clone());
            }
            match cause.downcast_ref::<AuthError>() {
                Some(AuthError::AuthorizationRequired) => return Self::Login(String::new()),
                // The grant itself was not refused, so rmcp reports a temporary failure.
                Some(AuthError::TokenRefreshFailed(_)) if context.client_was_refused() => {
                    return Self::RegisterAgain;
                }
                Some(AuthError::TokenRefreshFailed(_)) => return Self::Rediscover,
                _ => {}
            }
        }
        Self::None
    }
}

/// What was already tried for one operation.
#[derive(Default)]
pub(crate) struct Recovery {
    logged_in: bool,
    registered_again: bool,
    restored: bool,
    rediscovered: bool,
    step_ups: u32,
    /// Whether a login began for the current remedy.
    login_began: bool,
    /// The scopes that the last challenge asked for.
    last_wanted: Option<String>,
}

impl Recovery {
    /// Applies the remedy; true when the request is worth another try. `sent_at` is the generation from before the
    /// request was sent: when another request has replaced the token since then, nothing else is done.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the remedy failed, or was already tried and the server still refuses.
    pub(crate) async fn apply(
        &mut self,
        remedy: Remedy,
        access: &Access,
        sent_at: Generation,
    ) -> Result<bool, ClientError> {
        if matches!(remedy, Remedy::None) {
            return Ok(false);
        }
        let purpose = remedy.purpose();
        let guard = match access.login_lock.acquire(sent_at, &purpose).await? {
            Turn::Login(guard) => guard,
            Turn::Replaced(by) => {
                // A login of another request for the same purpose counts as one of this request.
                match by.filter(|by| *by == purpose) {
                    Some(Purpose::Token) => self.logged_in = true,
                    Some(Purpose::Scopes(wanted)) => self.last_wanted = Some(wanted),
                    None => {}
                }
                return Ok(true);
            }
        };
        self.login_began = false;
        match self.replacement(remedy, access).await {
            Ok(Some((manager, entry))) => {
                access.replace(manager, entry).await;
                guard.complete(self.login_began.then_some(purpose));
                Ok(true)
            }
            Ok(None) => Ok(false),
            Err(failure) => {
                // What failed without a login is for this request alone.
                if self.login_began {
                    guard.fail(purpose, &failure);
                }
                Err(failure)
            }
        }
    }

    /// Other tokens than those that were refused; none when there is nothing that could help.
    async fn replacement(
        &mut self,
        remedy: Remedy,
        access: &Access,
    ) -> Result<Option<Tokens>, ClientError> {
        let context = &access.context;
        Ok(Some(match remedy {
            Remedy::None => return Ok(None),
            Remedy::RegisterAgain if !self.registered_again => {
                self.registered_again = true;
                if let Some(entry) = access.entry() {
                    // A client that was registered by hand may be accepted again with another secret; keep its
                    // tokens for that.
                    let record = entry.read().await?;
                    if !record
                        .as_ref()
                        .is_some_and(Record::client_registered_itself)
                    {
                        return Err(ClientError::UnknownClient);
                    }
                    entry.remove_refused().await?;
                }
                context.report(&Progress::LoginAgain(
                    "the issuer no longer knows this client".into(),
                ));
                // Without tokens the server answers with a challenge, and a login starts there.
                (None, None)
            }
            Remedy::RegisterAgain => {
                return Err(ClientError::Token("the client is not accepted".into()));
            }
            Remedy::Login(lines) if !self.logged_in => {
                if let Some(tokens) = self.stored_by_others(access).await? {
                    return Ok(Some(tokens));
                }
                self.logged_in = true;
                self.login_began = true;
                context.report(&Progress::Challenge(redact::printable(&lines)));
                let found = context.discover(&Challenge::read(&lines)).await?;
                parts(context.login(&found, &[]).await?)
            }
            Remedy::Login(lines) => {
                return Err(ClientError::StillRefused {
                    url: redact::url_without_query(&context.options.server),
                    reason: Challenge::read(&lines).reason(),
                    expires_at_once: context.http.expires_at_once(),
                });
            }
            Remedy::StepUp(lines) => self.step_up(&lines, access).await?,
            Remedy::Rediscover => return self.at_new_endpoint(access).await,
        }))
    }

    /// Tokens that another process has stored since this one read the store.
    async fn stored_by_others(&mut self, access: &Access) -> Result<Option<Tokens>, ClientError> {
        if std::mem::replace(&mut self.restored, true) {
            return Ok(None);
        }
        let Some(login) = access.context.restored_tokens().await? else {
            return Ok(None);
        };
        let known = access.entry();
        let is_known = known.is_some_and(|entry| entry.holds_token_of(&login.entry));
        Ok((!is_known).then(|| parts(login)))
    }

    /// A login where the server's documents lead now, if that is not where the tokens come from: their token endpoint may
    /// be gone for good.
    async fn at_new_endpoint(&mut self, access: &Access) -> Result<Option<Tokens>, ClientError> {
        if std::mem::replace(&mut self.rediscovered, true) {
            return Ok(None);
        }
        let context = &access.context;
        let known = access.record().await?;
        let known = known.and_then(|record| record.authorization_server);
        // The failure of the refresh is what matters, not that of this.
        let Ok(found) = context.discover(&Challenge::default()).await else {
            return Ok(None);
        };
        let endpoint = &found.server.metadata.token_endpoint;
        if known.is_some_and(|known| known.metadata.token_endpoint == *endpoint) {
            return Ok(None);
        }
        context.report(&Progress::LoginAgain(
            "the server names another token endpoint than the tokens come from".into(),
        ));
        self.login_began = true;
        Ok(Some(parts(context.login(&found, &[]).await?)))
    }

    /// A login that requests more scopes. It is not repeated when nothing would be different.
    async fn step_up(&mut self, lines: &str, access: &Access) -> Result<Tokens, ClientError> {
        let context = &access.context;
        let challenge = Challenge::read(lines);
        let record = access.record().await?;
        let server = record
            .as_ref()
            .and_then(|record| record.authorization_server.clone());
        let granted = record.and_then(|record| record.credentials);
        let granted = granted
            .map(|known| known.granted_scopes)
            .unwrap_or_default();
        let has = |scope: &str| granted.iter().any(|granted| granted == scope);
        // A server that names no scope leaves it to the user to know them.
        let given = &context.options.scopes;
        let wanted = match challenge.scope.clone() {
            Some(named) => named,
            None if given.iter().any(|scope| !has(scope)) => given.join(" "),
            None => {
                return Err(ClientError::ScopeNotNamed {
                    url: redact::url_without_query(&context.options.server),
                });
            }
        };
        let pointless = match &self.last_wanted {
            // The login for the same scopes did not get them, or the token has them and is refused nevertheless.
            Some(last) => *last == wanted || wanted.split_whitespace().all(has),
            None => false,
        };
        if self.step_ups == MAX_STEP_UPS || pointless {
            return Err(ClientError::InsufficientScope {
                wanted: redact::printable(&wanted),
            });
        }
        let scopes = union([&context.options.scopes, &granted], &wanted);
        self.step_ups += 1;
        context.report(&Progress::Challenge(redact::printable(lines)));
        context.report(&Progress::LoginAgain(format!(
            "this needs the scope {}, which the token lacks; requesting {}, so that no scope is lost ({} of {MAX_STEP_UPS})",
            redact::printable(&wanted),
            redact::printable(&scopes.join(" ")),
            self.step_ups
        )));
        self.login_began = true;
        self.last_wanted = Some(wanted);
        let found = match server {
            // The token was accepted, so it is from the right authorization server.
            Some(server) => Discovery::known(server),
            None => context.discover(&challenge).await?,
        };
        let login = context.login(&found, &scopes).await?;
        Ok(parts(login))
    }
}

/// The tokens of a connection, if it has any.
type Tokens = (Option<AuthorizationManager>, Option<TokenEntry>);

fn parts(login: Login) -> Tokens {
    (Some(login.manager), Some(login.entry))
}

/// The scopes of a step-up: those of the old token and those it lacks, so that none is lost.
fn union(had: [&Vec<String>; 2], wanted: &str) -> Vec<String> {
    let mut scopes: Vec<String> = Vec::new();
    for scope in had
        .into_iter()
        .flatten()
        .map(String::as_str)
        .chain(wanted.split_whitespace())
    {
        if !scopes.iter().any(|known| known == scope) {
            scopes.push(scope.to_owned());
        }
    }
    scopes
}
