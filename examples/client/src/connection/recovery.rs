//! What to do when a request is refused: log in, ask for more scopes, or give up. Each is bounded.

use std::error::Error;

use rmcp::transport::auth::{AuthError, AuthorizationManager, WWWAuthenticateParams};

use super::{access::Access, login_lock::Generation};
use crate::{
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
    /// A login: the server answered 401, since there is no token or it does not accept it. The challenge, if any.
    Login(Option<String>),
    /// More scopes: the server answered 403 with this challenge.
    StepUp(String),
    /// Another registration: the stored tokens belong to a client that the issuer no longer knows.
    RegisterAgain,
    /// Nothing that a login could change.
    None,
}

impl Remedy {
    pub(crate) fn for_error<'a>(
        challenge: Option<&str>,
        mut causes: impl Iterator<Item = &'a (dyn Error + 'static)>,
        context: &Context,
    ) -> Self {
        if let Some(challenge) = challenge {
            let parsed = WWWAuthenticateParams::parse(challenge, &context.options.server);
            return if parsed.is_insufficient_scope() {
                Self::StepUp(challenge.to_owned())
            } else {
                Self::Login(Some(challenge.to_owned()))
            };
        }
        causes
            .find_map(|cause| match cause.downcast_ref::<AuthError>()? {
                AuthError::AuthorizationRequired => Some(Self::Login(None)),
                // The grant itself was not refused, so rmcp reports a temporary failure.
                AuthError::TokenRefreshFailed(_) if context.client_was_refused() => {
                    Some(Self::RegisterAgain)
                }
                _ => None,
            })
            .unwrap_or(Self::None)
    }
}

/// What was already tried for one operation.
#[derive(Default)]
pub(crate) struct Recovery {
    logged_in: bool,
    registered_again: bool,
    step_ups: u32,
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
        let Some(guard) = access.login_lock.acquire(sent_at).await else {
            return Ok(true);
        };
        let context = &access.context;
        let (manager, entry) = match remedy {
            Remedy::None => return Ok(false),
            Remedy::RegisterAgain if !self.registered_again => {
                self.registered_again = true;
                if let Some(entry) = access.entry() {
                    // A client that was registered by hand may be accepted again with another secret; keep its
                    // tokens for that.
                    let record = entry.read()?;
                    if !record
                        .as_ref()
                        .is_some_and(Record::client_registered_itself)
                    {
                        return Err(ClientError::UnknownClient);
                    }
                    entry.remove_refused()?;
                }
                context.report(&Progress::LoginAgain(
                    "the issuer no longer knows this client".into(),
                ));
                // Without tokens the server answers with a challenge, and a login starts there.
                (context.manager().await?, None)
            }
            Remedy::RegisterAgain => {
                return Err(ClientError::Token("the client is not accepted".into()));
            }
            Remedy::Login(challenge) if !self.logged_in => {
                self.logged_in = true;
                if let Some(challenge) = &challenge {
                    context.report(&Progress::Challenge(redact::printable(challenge)));
                }
                parts(context.login(challenge.as_deref(), &[]).await?)
            }
            Remedy::Login(challenge) => {
                let reason = challenge.map_or_else(
                    || "no reason given".into(),
                    |challenge| reason_of(&challenge, context),
                );
                return Err(ClientError::StillRefused(reason));
            }
            Remedy::StepUp(challenge) => {
                let wanted = WWWAuthenticateParams::parse(&challenge, &context.options.server)
                    .scope
                    .unwrap_or_default();
                let granted = access.granted_scopes()?;
                // A token that has these scopes and is still refused would be refused again.
                let pointless = self.step_ups > 0
                    && wanted
                        .split_whitespace()
                        .all(|scope| granted.iter().any(|had| had == scope));
                if self.step_ups == MAX_STEP_UPS || pointless || wanted.is_empty() {
                    return Err(ClientError::InsufficientScope(redact::printable(&wanted)));
                }
                let scopes = union([&context.options.scopes, &granted], &wanted);
                self.step_ups += 1;
                context.report(&Progress::Challenge(redact::printable(&challenge)));
                context.report(&Progress::LoginAgain(format!(
                    "this needs the scope {}, which the token lacks; requesting {}, so that no scope is lost ({} of {MAX_STEP_UPS})",
                    redact::printable(&wanted),
                    redact::printable(&scopes.join(" ")),
                    self.step_ups
                )));
                parts(context.login(Some(&challenge), &scopes).await?)
            }
        };
        access.replace(manager, entry).await;
        guard.complete();
        Ok(true)
    }
}

fn parts(login: Login) -> (AuthorizationManager, Option<TokenEntry>) {
    (login.manager, Some(login.entry))
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

fn reason_of(challenge: &str, context: &Context) -> String {
    let parsed = WWWAuthenticateParams::parse(challenge, &context.options.server);
    let reason = parsed
        .error_description
        .or(parsed.error)
        .unwrap_or_else(|| "no reason given".into());
    redact::printable(&reason)
}
