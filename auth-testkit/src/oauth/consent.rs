//! The consent page, on which a user signs in and answers an authorization request, and its form. Off by
//! default: [`MockScalekitBuilder::consent_page`](crate::MockScalekitBuilder::consent_page).

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Request, StatusCode};

use super::authorization_request::{AuthorizationRequest, PendingConsent};
use super::authorization_response::redirect_back;
use super::consent_page::{self, Page, UserChoice, organization_field};
use super::error::OAuthError;
use super::login;
use super::params::Params;
use super::reply::{self, Reply};
use super::state::State;
use crate::settings::{Approval, Settings, User};
use crate::values::Secret;

/// For how long a page can be answered; as long as a code lives.
const LIFETIME: Duration = Duration::from_secs(600);

/// Asks one of the users who can sign in at the issuer.
pub(super) fn show(
    settings: &Settings,
    state: &mut State,
    request: AuthorizationRequest,
    now: SystemTime,
) -> Reply {
    let hint = request.params.get("login_hint");
    let hinted = hint.and_then(|hint| settings.user(&state.user, hint));
    let first = hinted.unwrap_or(&state.user);
    let others = std::iter::once(&state.user).chain(settings.other_users(&state.user));
    let mut users = vec![first.clone()];
    users.extend(others.filter(|user| user.sub != first.sub).cloned());
    // Without any other, the first is refused.
    let (expelled, members): (Vec<_>, Vec<_>) = users
        .into_iter()
        .partition(|user| settings.is_expelled(user));
    let members = members.iter().map(|user| settings.changes.applied(user));
    let mut users: Vec<User> = members.collect();
    if users.is_empty() {
        users = expelled;
    }
    ask(settings, state, Arc::new(request), users, now)
}

/// The page, or the refusal of a request that none of these users can approve. The first is chosen unless another
/// answers.
pub(super) fn ask(
    settings: &Settings,
    state: &mut State,
    request: Arc<AuthorizationRequest>,
    mut users: Vec<User>,
    now: SystemTime,
) -> Reply {
    let usual = Approval {
        user: users.first().cloned(),
        ..Approval::default_user()
    };
    if let Some(wanted) = request.organization_id() {
        users.retain(|user| user.membership(wanted).is_some());
    }
    // Without such a user, the usual one is refused.
    let first = users.first().cloned().map_or(usual, Approval::by);
    let granted = match request.check(settings, &state.user, &first) {
        Ok(granted) => granted,
        Err(error) => {
            let refused = login::refuse(settings, state, &request, error, now);
            return redirect_back(settings, &request, refused, StatusCode::FOUND);
        }
    };
    state
        .pending_consents
        .retain(|_, known| known.expires > now);
    let ticket = Secret::random();
    let choices = users
        .iter()
        .map(|user| UserChoice::new(settings, user, request.organization_id()));
    let page = consent_page::show(&Page {
        action: &settings.consent_url(),
        ticket: ticket.expose(),
        client: &request.client,
        client_id: &request.client_id,
        redirect_uri: &request.redirect_uri,
        resource: match granted.resources.first() {
            Some(resource) => resource,
            None => settings
                .resource_url
                .as_ref()
                .unwrap_or(&settings.resource_id),
        },
        scopes: &granted.scopes,
        users: &choices.collect::<Vec<_>>(),
    });
    let pending = PendingConsent {
        request,
        users,
        expires: now + LIFETIME,
    };
    state.pending_consents.insert(ticket, pending);
    page
}

/// Handles the form of the page. Each page can be answered once; what the page does not send uses nothing up.
pub(super) fn respond(
    settings: &Settings,
    state: &mut State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let (authorization, decision) = match answered(state, request, now) {
        Ok(answered) => answered,
        Err(error) => return reply::text(StatusCode::BAD_REQUEST, &error.description),
    };
    let outcome = match decision {
        ConsentDecision::Deny => {
            let error = OAuthError::new("access_denied", "the user denied the request");
            login::refuse(settings, state, &authorization, error, now)
        }
        ConsentDecision::Approve(approval) => {
            login::conclude(settings, state, &authorization, &approval, now)
        }
    };
    // RFC 9700 section 4.12: whatever was posted here is not for the client.
    redirect_back(settings, &authorization, outcome, StatusCode::SEE_OTHER)
}

/// The authorization request that the form belongs to, and the answer.
fn answered(
    state: &mut State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Result<(Arc<AuthorizationRequest>, ConsentDecision), OAuthError> {
    let form = Params::of_form(request)?;
    let ticket = Secret::new(form.need("ticket")?);
    let pending = state.pending_consents.get(&ticket);
    let Some(pending) = pending.filter(|pending| pending.expires > now) else {
        return Err(OAuthError::invalid_request(
            "this page was answered already, or is older than ten minutes: start the login again in the client",
        ));
    };
    let decision = ConsentDecision::read(pending, &form)?;
    let authorization = Arc::clone(&pending.request);
    state.pending_consents.remove(&ticket);
    Ok((authorization, decision))
}

/// What the user has chosen on the page.
enum ConsentDecision {
    Approve(Box<Approval>),
    Deny,
}

impl ConsentDecision {
    /// # Errors
    ///
    /// `invalid_request` when a parameter is missing or none that the page sends.
    fn read(page: &PendingConsent, form: &Params) -> Result<Self, OAuthError> {
        match form.need("decision")? {
            "deny" => Ok(Self::Deny),
            "approve" => {
                let sub = form.need("user")?;
                let user = page.users.iter().find(|user| user.sub == sub);
                let unknown =
                    || OAuthError::invalid_request("user is not one of those who can sign in");
                let user = user.ok_or_else(unknown)?;
                let approval = Approval::by(user.clone()).granting(form.all("scope"));
                let Some(organization) = form.get(&organization_field(sub)) else {
                    return Ok(Self::Approve(Box::new(approval)));
                };
                let named = page.request.organization_id();
                let is_offered = user.membership(organization).is_some()
                    && named.is_none_or(|named| named == organization);
                match is_offered {
                    true => Ok(Self::Approve(Box::new(
                        approval.in_organization(organization),
                    ))),
                    false => Err(OAuthError::invalid_request(
                        "organization is not one of those that the user can choose",
                    )),
                }
            }
            _ => Err(OAuthError::invalid_request(
                "decision must be approve or deny",
            )),
        }
    }
}
