//! The authorization endpoint (RFC 6749 section 4.1.1): approves at once, as the configured user, or
//! asks on a page.

use std::sync::Arc;
use std::time::SystemTime;

use http::StatusCode;
use url::Url;

use super::client::Registered;
use super::client_metadata_document::vet_id;
use super::error::OAuthError;
use super::grant::Grant;
use super::params::Params;
use super::pkce::Challenge;
use super::reply::{self, Reply};
use super::state::State;
use super::{Code, code, consent, redirect_uri, refresh, resource, scope};
use crate::settings::Place;
use crate::settings::{Approval, Leniency, Misbehaviour, Settings, User, is_identity_scope};
use crate::values::Secret;
use crate::values::id;

pub(crate) fn answer(
    settings: &Settings,
    state: &mut State,
    place: Place,
    params: Params,
    now: SystemTime,
) -> Reply {
    let asked = match Asked::read(settings, state, place, params) {
        Ok(asked) => asked,
        // Never redirect to an address that is not known to be the client's (RFC 6749 section 4.1.2.1).
        Err(why) => return reply::text(StatusCode::BAD_REQUEST, &why),
    };
    let approval = match state.approvals.pop_front() {
        Some(scripted) => scripted,
        None if settings.consent_page => return consent::ask(settings, state, asked, now),
        None => Approval::usual(),
    };
    let outcome = match &approval.denial {
        Some(error) => Err(OAuthError::new(error, "the test scripted this answer")),
        None => issue(settings, state, &asked, &approval, now),
    };
    redirect_back(settings, &asked, outcome, StatusCode::FOUND)
}

/// Sends the browser back to the client, with a code or an error.
pub(super) fn redirect_back(
    settings: &Settings,
    asked: &Asked,
    outcome: Result<Secret, OAuthError>,
    status: StatusCode,
) -> Reply {
    let params = &asked.params;
    let mut location = Url::parse(&asked.redirect_uri).expect("redirect uris are vetted");
    let mut query = location.query_pairs_mut();
    match outcome {
        Ok(code) => query.append_pair("code", code.reveal()),
        Err(error) => query
            .append_pair("error", &error.code)
            .append_pair("error_description", &error.description),
    };
    // Of two states neither is sent back: which one the client meant is anybody's guess.
    let sent = params.get("state").filter(|_| !params.repeats("state"));
    if let Some(value) = sent.and_then(|sent| state_sent_back(settings, sent)) {
        query.append_pair("state", &value);
    }
    // RFC 9207 section 2: in answers of both kinds.
    if let Some(iss) = iss(settings, asked.place) {
        query.append_pair("iss", &iss);
    }
    drop(query);
    reply::redirect(status, location.as_str())
}

fn state_sent_back(settings: &Settings, sent: &str) -> Option<String> {
    match () {
        () if settings.does(Misbehaviour::WithoutState) => None,
        () if settings.does(Misbehaviour::OtherState) => Some(format!("{sent}-other")),
        () => Some(sent.to_owned()),
    }
}

fn iss(settings: &Settings, place: Place) -> Option<String> {
    match () {
        () if settings.does(Misbehaviour::WithoutIssInResponse) => None,
        () if settings.does(Misbehaviour::OtherIssInResponse) => {
            Some("https://other.example".to_owned())
        }
        () if settings.does(Misbehaviour::SlashedIssInResponse) => {
            Some(format!("{}/", place.issuer(settings)))
        }
        () => Some(place.issuer(settings)),
    }
}

/// An authorization request of a known client, with a place to send its user back to.
#[derive(Debug)]
pub(crate) struct Asked {
    place: Place,
    params: Params,
    pub(super) client_id: String,
    pub(super) client: Registered,
    pub(super) redirect_uri: String,
}

/// What an approved request leads to, once everything in it was looked at.
pub(super) struct Granted {
    challenge: Challenge,
    pub(super) resources: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) user: User,
    organization: String,
}

impl Asked {
    fn read(
        settings: &Settings,
        state: &State,
        place: Place,
        params: Params,
    ) -> Result<Self, String> {
        let (client_id, client, redirect_uri) = destination(settings, state, place, &params)?;
        Ok(Self {
            place,
            params,
            client_id,
            client,
            redirect_uri,
        })
    }

    /// # Errors
    ///
    /// What the client is told when the request cannot be granted.
    pub(super) fn check(
        &self,
        settings: &Settings,
        state: &State,
        approval: &Approval,
    ) -> Result<Granted, OAuthError> {
        let params = &self.params;
        params.check_single()?;
        if params.need("response_type")? != "code" {
            return Err(OAuthError::new(
                "unsupported_response_type",
                "response_type must be code",
            ));
        }
        let challenge = Challenge::of_request(settings, params)?;
        let resources = resource::requested_at(settings, self.place, params)?;
        let (user, organization) = who(settings, state, params, approval)?;
        let wanted = params.get("scope");
        let mut scopes = match self.place {
            Place::Resource => scope::grant_user(settings, &self.client, &user, wanted)?,
            Place::Environment => scope::grant_sign_in(wanted)?,
        };
        if let Some(granted) = &approval.scopes {
            scopes.retain(|scope| is_identity_scope(scope) || granted.contains(scope));
        }
        refresh::add(settings, &mut scopes);
        Ok(Granted {
            challenge,
            resources,
            scopes,
            user,
            organization,
        })
    }
}

/// The client and where to send its user, or why there is no such place.
fn destination(
    settings: &Settings,
    state: &State,
    place: Place,
    params: &Params,
) -> Result<(String, Registered, String), String> {
    if params.repeats("client_id") || params.repeats("redirect_uri") {
        return Err("invalid_request: client_id or redirect_uri is there more than once".into());
    }
    let id = params
        .get("client_id")
        .ok_or("invalid_request: client_id is missing")?;
    let any_port = settings.lets(Leniency::AnyLoopbackPort);
    let client = match place {
        Place::Resource => client_of_resource(settings, state, id)?,
        // Its metadata offers neither registration nor client metadata documents.
        Place::Environment => {
            let client = state.clients.get(id).cloned();
            client.ok_or("invalid_client: the client is not registered; register it first")?
        }
    };
    let uri = match (params.get("redirect_uri"), client.redirect_uris.as_slice()) {
        (Some(uri), known)
            if known
                .iter()
                .any(|known| redirect_uri::is_same(known, uri, any_port)) =>
        {
            uri
        }
        (Some(_), _) => {
            return Err(
                "invalid_request: redirect_uri is not registered for this client; it is \
                        compared byte for byte, the port too"
                    .into(),
            );
        }
        (None, [only]) => only,
        (None, _) => return Err("invalid_request: redirect_uri is missing".into()),
    };
    let uri = uri.to_owned();
    Ok((id.to_owned(), client, uri))
}

/// Scalekit takes every unknown id for the URL of a client metadata document.
fn client_of_resource(settings: &Settings, state: &State, id: &str) -> Result<Registered, String> {
    state.client(id).map_err(|problem| {
        let why = match problem {
            Some(problem) => problem,
            None if !settings.client_metadata_documents => {
                "client metadata documents are switched off".to_owned()
            }
            None => match vet_id(settings, id) {
                Ok(_) => "the document was not fetched".to_owned(),
                Err(problem) => problem,
            },
        };
        format!(
            "invalid_client_metadata_url: the client is not known to this mock, and its id is no \
             url of a usable client metadata document: {why}. register it at the registration \
             endpoint or with MockScalekit::register_client"
        )
    })
}

/// A code for an approved request.
pub(super) fn issue(
    settings: &Settings,
    state: &mut State,
    asked: &Asked,
    approval: &Approval,
    now: SystemTime,
) -> Result<Secret, OAuthError> {
    let granted = asked.check(settings, state, approval)?;
    let grant = Grant {
        id: state.new_grant(),
        place: asked.place,
        client_id: asked.client_id.clone(),
        resources: granted.resources,
        scopes: granted.scopes,
        user: granted.user,
        organization: granted.organization,
        session_id: id::fresh("ses"),
    };
    let code = Code {
        grant: Arc::new(grant),
        redirect_uri: asked.redirect_uri.clone(),
        redirect_uri_named: asked.params.get("redirect_uri").is_some(),
        challenge: granted.challenge,
        nonce: asked.params.get("nonce").map(str::to_owned),
        expires: now + code::LIFETIME,
        used: false,
    };
    let secret = Secret::random();
    state.codes.insert(secret.clone(), code);
    Ok(secret)
}

/// Who approves, and for which organization.
///
/// # Errors
///
/// `access_denied` when the user is not in the organization that the request names.
fn who(
    settings: &Settings,
    state: &State,
    params: &Params,
    approval: &Approval,
) -> Result<(User, String), OAuthError> {
    let hint = params.get("login_hint");
    let hinted = hint.and_then(|hint| settings.user(&state.user, hint));
    let user = approval.user.as_ref().or(hinted).unwrap_or(&state.user);
    let organization = match params.get("organization_id") {
        None => user.home(),
        Some(wanted) => {
            let found = user.organizations.iter().find(|known| *known == wanted);
            let not_in = || OAuthError::new("access_denied", "the user is not in the organization");
            found.ok_or_else(not_in)?
        }
    };
    Ok((user.clone(), organization.to_owned()))
}
