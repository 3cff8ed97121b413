//! The page on which a user signs in and answers an authorization request, and the answer. Off by
//! default: [`MockScalekitBuilder::consent_page`](crate::MockScalekitBuilder::consent_page).

use std::time::{Duration, SystemTime};

use http::{Request, StatusCode};

use super::authorize::{Asked, issue, redirect_back};
use super::consent_page::{self, Page};
use super::error::OAuthError;
use super::params::Params;
use super::reply::{self, Reply};
use super::state::State;
use crate::settings::{Approval, Settings, User};
use crate::values::Secret;

/// For how long a page can be answered; as long as a code lives.
const LIFETIME: Duration = Duration::from_secs(600);

/// An authorization request that waits for its user.
#[derive(Debug)]
pub(crate) struct Question {
    asked: Asked,
    expires: SystemTime,
}

/// The page, or the refusal of a request that no user can approve.
pub(super) fn ask(settings: &Settings, state: &mut State, asked: Asked, now: SystemTime) -> Reply {
    let granted = match asked.check(settings, state, &Approval::usual()) {
        Ok(granted) => granted,
        Err(error) => return redirect_back(settings, &asked, Err(error), StatusCode::FOUND),
    };
    state.questions.retain(|_, known| known.expires > now);
    let ticket = Secret::random();
    let mut users = vec![&granted.user];
    users.extend(known(settings, state).filter(|user| user.sub != granted.user.sub));
    let page = consent_page::show(&Page {
        action: &settings.consent_url(),
        ticket: ticket.reveal(),
        client: &asked.client,
        client_id: &asked.client_id,
        redirect_uri: &asked.redirect_uri,
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
    state.questions.insert(ticket, Question { asked, expires });
    page
}

/// What the user said. Each page is answered once.
pub(crate) fn answer(
    settings: &Settings,
    state: &mut State,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let read = Params::of_form(request).and_then(|form| {
        let approval = Answer::read(settings, state, &form)?;
        Ok((Secret::new(form.need("ticket")?), approval))
    });
    let (ticket, answer) = match read {
        Ok(read) => read,
        Err(error) => return reply::text(StatusCode::BAD_REQUEST, &error.description),
    };
    let question = state.questions.remove(&ticket);
    let Some(question) = question.filter(|question| question.expires > now) else {
        let text = "this page was answered already, or is older than ten minutes: start the login again in the client";
        return reply::text(StatusCode::BAD_REQUEST, text);
    };
    let asked = question.asked;
    let outcome = match answer {
        Answer::Deny => Err(OAuthError::new("access_denied", "the user said no")),
        Answer::Approve(approval) => issue(settings, state, &asked, &approval, now),
    };
    // RFC 9700 section 4.12: whatever was posted here is not for the client.
    redirect_back(settings, &asked, outcome, StatusCode::SEE_OTHER)
}

enum Answer {
    Approve(Approval),
    Deny,
}

impl Answer {
    /// # Errors
    ///
    /// `invalid_request` when a parameter is missing or none that the page sends.
    fn read(settings: &Settings, state: &State, form: &Params) -> Result<Self, OAuthError> {
        match form.need("decision")? {
            "deny" => Ok(Self::Deny),
            "approve" => {
                let sub = form.need("user")?;
                let user = known(settings, state).find(|user| user.sub == sub);
                let unknown = || OAuthError::invalid_request("user is nobody who can sign in");
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
