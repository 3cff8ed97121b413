//! The consent page, on which a user signs in and answers an authorization request, and its form. Off by
//! default: [`MockScalekitBuilder::consent_page`](crate::MockScalekitBuilder::consent_page).

use std::time::{Duration, SystemTime};

use http::{Request, StatusCode};

use super::authorization_request::{AuthorizationRequest, PendingConsent};
use super::authorization_response::{issue_code, redirect_back};
use super::consent_page::{self, Page};
use super::error::OAuthError;
use super::params::Params;
use super::reply::{self, Reply};
use super::state::State;
use crate::settings::{Approval, Settings, User};
use crate::values::Secret;

/// For how long a page can be answered; as long as a code lives.
const LIFETIME: Duration = Duration::from_secs(600);

/// The page, or the refusal of a request that no user can approve.
pub(super) fn show(
    settings: &Settings,
    state: &mut State,
    request: AuthorizationRequest,
    now: SystemTime,
) -> Reply {
    let granted = match request.check(settings, &state.user, &Approval::default_user()) {
        Ok(granted) => granted,
        Err(error) => return redirect_back(settings, &request, Err(error), StatusCode::FOUND),
    };
    state
        .pending_consents
        .retain(|_, known| known.expires > now);
    let ticket = Secret::random();
    let mut users = vec![&granted.user];
    users.extend(known(settings, state).filter(|user| user.sub != granted.user.sub));
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
        users: &users,
    });
    let expires = now + LIFETIME;
    state
        .pending_consents
        .insert(ticket, PendingConsent { request, expires });
    page
}

/// Handles the form of the page. Each page can be answered once.
pub(super) fn respond(
    settings: &Settings,
    state: &mut State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let read = Params::of_form(request).and_then(|form| {
        let approval = ConsentDecision::read(settings, state, &form)?;
        Ok((Secret::new(form.need("ticket")?), approval))
    });
    let (ticket, decision) = match read {
        Ok(read) => read,
        Err(error) => return reply::text(StatusCode::BAD_REQUEST, &error.description),
    };
    let pending = state.pending_consents.remove(&ticket);
    let Some(pending) = pending.filter(|pending| pending.expires > now) else {
        let text = "this page was answered already, or is older than ten minutes: start the login again in the client";
        return reply::text(StatusCode::BAD_REQUEST, text);
    };
    let authorization = pending.request;
    let outcome = match decision {
        ConsentDecision::Deny => Err(OAuthError::new(
            "access_denied",
            "the user denied the request",
        )),
        ConsentDecision::Approve(approval) => {
            issue_code(settings, state, &authorization, &approval, now)
        }
    };
    // RFC 9700 section 4.12: whatever was posted here is not for the client.
    redirect_back(settings, &authorization, outcome, StatusCode::SEE_OTHER)
}

/// What the user has chosen on the page.
enum ConsentDecision {
    Approve(Approval),
    Deny,
}

impl ConsentDecision {
    /// # Errors
    ///
    /// `invalid_request` when a parameter is missing or none that the page sends.
    fn read(settings: &Settings, state: &State, form: &Params) -> Result<Self, OAuthError> {
        match form.need("decision")? {
            "deny" => Ok(Self::Deny),
            "approve" => {
                let sub = form.need("user")?;
                let user = known(settings, state).find(|user| user.sub == sub);
                let unknown =
                    || OAuthError::invalid_request("user is not one of those who can sign in");
                let user = user.ok_or_else(unknown)?.clone();
                let approval = Approval::by(user).granting(form.all("scope"));
                Ok(Self::Approve(approval))
            }
            _ => Err(OAuthError::invalid_request(
                "decision must be approve or deny",
            )),
        }
    }
}

/// Who can sign in; the usual one first.
fn known<'a>(settings: &'a Settings, state: &'a State) -> impl Iterator<Item = &'a User> {
    std::iter::once(&state.user).chain(&settings.other_users)
}
