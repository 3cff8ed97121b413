//! What to do when a request is refused: log in, ask for more scopes, or give up. Each is bounded.

use std::error::Error;

use rmcp::transport::auth::{AuthError, AuthorizationManager, WWWAuthenticateParams};

use crate::{
    connection::{connect::Access, refresh_lock::Renewal},
    error::ClientError,
    events::Progress,
    login::context::{Context, Login},
    redact,
    store::{Record, Slot},
};

/// How often one operation may ask for more scopes.
const MAX_STEP_UPS: u32 = 3;

/// What stands between a request and its answer.
pub(crate) enum Trouble {
    /// 401: there is no token, or not one the server accepts.
    Login(Option<String>),
    /// 403: the token lacks scopes.
    Scopes(String),
    /// The stored tokens belong to a client that the issuer no longer knows.
    ForgottenClient,
    /// Nothing a login could help with.
    Other,
}

impl Trouble {
    pub(crate) fn of<'a>(
        challenge: Option<&str>,
        mut causes: impl Iterator<Item = &'a (dyn Error + 'static)>,
        context: &Context,
    ) -> Self {
        if let Some(challenge) = challenge {
            let parsed = WWWAuthenticateParams::parse(challenge, &context.options.server);
            return if parsed.is_insufficient_scope() {
                Self::Scopes(challenge.to_owned())
            } else {
                Self::Login(Some(challenge.to_owned()))
            };
        }
        causes
            .find_map(|cause| match cause.downcast_ref::<AuthError>()? {
                AuthError::AuthorizationRequired => Some(Self::Login(None)),
                // Not a refusal of the grant, so rmcp takes it for a passing failure.
                AuthError::TokenRefreshFailed(_) if context.client_was_refused() => {
                    Some(Self::ForgottenClient)
                }
                _ => None,
            })
            .unwrap_or(Self::Other)
    }
}

/// What was already tried for one operation: each remedy is bounded.
#[derive(Default)]
pub(crate) struct Recovery {
    logged_in: bool,
    forgot: bool,
    step_ups: u32,
}

impl Recovery {
    /// Does something about it; false when there is nothing to do. `before` is from when the request
    /// was sent: when another has renewed the token since then, it is only tried again.
    pub(crate) async fn handle(
        &mut self,
        trouble: Trouble,
        access: &Access,
        before: Renewal,
    ) -> Result<bool, ClientError> {
        if matches!(trouble, Trouble::Other) {
            return Ok(false);
        }
        let Some(turn) = access.renewals.turn(before).await else {
            return Ok(true);
        };
        let context = &access.context;
        let (manager, slot) = match trouble {
            Trouble::Other => return Ok(false),
            Trouble::ForgottenClient if !self.forgot => {
                self.forgot = true;
                if let Some(slot) = access.slot() {
                    // One that was registered by hand comes back with its secret, and needs its tokens then.
                    let record = slot.read()?;
                    if !record.as_ref().is_some_and(Record::client_is_ours) {
                        return Err(ClientError::UnknownClient);
                    }
                    slot.remove_refused()?;
                }
                context.report(&Progress::LoginAgain(
                    "the issuer no longer knows this client".into(),
                ));
                // Without tokens the server answers with a challenge, which is where a login starts.
                (context.manager().await?, None)
            }
            Trouble::ForgottenClient => {
                return Err(ClientError::Token("the client is not accepted".into()));
            }
            Trouble::Login(challenge) if !self.logged_in => {
                self.logged_in = true;
                if let Some(challenge) = &challenge {
                    context.report(&Progress::Challenge(redact::printable(challenge)));
                }
                new(context.login(challenge.as_deref(), &[]).await?)
            }
            Trouble::Login(challenge) => {
                let reason = challenge.map_or_else(
                    || "no reason given".into(),
                    |challenge| reason_of(&challenge, context),
                );
                return Err(ClientError::StillRefused(reason));
            }
            Trouble::Scopes(challenge) => {
                let wanted = WWWAuthenticateParams::parse(&challenge, &context.options.server)
                    .scope
                    .unwrap_or_default();
                let granted = access.granted()?;
                // A token that has them already and is refused again will be refused for ever.
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
                    "this needs the scope {}, which the token lacks; asking for {}, so that nothing is lost ({} of {MAX_STEP_UPS})",
                    redact::printable(&wanted),
                    redact::printable(&scopes.join(" ")),
                    self.step_ups
                )));
                new(context.login(Some(&challenge), &scopes).await?)
            }
        };
        access.go_on_with(manager, slot).await;
        turn.done();
        Ok(true)
    }
}

impl Access {
    fn granted(&self) -> Result<Vec<String>, ClientError> {
        let record = match self.slot() {
            Some(slot) => slot.read()?,
            None => None,
        };
        let credentials = record.and_then(|record| record.credentials);
        Ok(credentials
            .map(|credentials| credentials.granted_scopes)
            .unwrap_or_default())
    }
}

fn new(login: Login) -> (AuthorizationManager, Option<Slot>) {
    (login.manager, Some(login.slot))
}

/// Scopes to ask for in a step-up: what we had and what is missing, so that nothing is lost.
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
