//! The authorization endpoint (RFC 6749 section 4.1.1): approves at once, as the configured user,
//! asks on a page, or sends the user to the login page of the customer.

use std::time::SystemTime;

use http::{Request, StatusCode};

use super::authorization_request::AuthorizationRequest;
use super::authorization_response::redirect_back;
use super::client::RegisteredClient;
use super::client_metadata_document::vet_id;
use super::error::OAuthError;
use super::params::Params;
use super::reply::{self, Reply};
use super::state::State;
use super::{byoa, consent, login, redirect_uri};
use crate::settings::{Approval, AuthorizationServer, Leniency, Misbehaviour, Settings};

pub(super) fn respond(
    settings: &Settings,
    state: &mut State,
    server: AuthorizationServer,
    request: &Request<Vec<u8>>,
    now: SystemTime,
) -> Reply {
    let params = Params::of_query(request);
    let request = match read(settings, state, server, params) {
        Ok(request) => request,
        // Never redirect to an address that is not known to be the client's (RFC 6749 section 4.1.2.1).
        Err(why) => return reply::text(StatusCode::BAD_REQUEST, &why),
    };
    if let Some(error) = forgotten(settings, state, &request.client_id) {
        return redirect_back(settings, &request, Err(error), StatusCode::FOUND);
    }
    if let (Some(page), AuthorizationServer::Resource) = (&settings.login_page, server) {
        return byoa::redirect_to_login_page(settings, state, page, request, now);
    }
    let approval = match state.approvals.pop_front() {
        Some(scripted) => scripted,
        None if settings.consent_page => return consent::show(settings, state, request, now),
        None => Approval::default_user(),
    };
    let outcome = login::conclude(settings, state, &request, &approval, now);
    redirect_back(settings, &request, outcome, StatusCode::FOUND)
}

/// The error for a client that a misbehaving issuer has forgotten.
fn forgotten(settings: &Settings, state: &State, client_id: &str) -> Option<OAuthError> {
    if !state.forgotten.contains(client_id) {
        return None;
    }
    let error = match settings.misbehaves(Misbehaviour::ForgetsClientsInvalidClient) {
        true => "invalid_client",
        false => "unauthorized_client",
    };
    let description = "the client is not known any more; register it again";
    Some(OAuthError::new(error, description))
}

fn read(
    settings: &Settings,
    state: &State,
    server: AuthorizationServer,
    params: Params,
) -> Result<AuthorizationRequest, String> {
    let (client_id, client, redirect_uri) = destination(settings, state, server, &params)?;
    Ok(AuthorizationRequest {
        server,
        params,
        client_id,
        client,
        redirect_uri,
    })
}

/// The client and where to send its user, or why there is no such place.
fn destination(
    settings: &Settings,
    state: &State,
    server: AuthorizationServer,
    params: &Params,
) -> Result<(String, RegisteredClient, String), String> {
    if params.repeats("client_id") || params.repeats("redirect_uri") {
        return Err("invalid_request: client_id or redirect_uri is there more than once".into());
    }
    let id = params
        .get("client_id")
        .ok_or("invalid_request: client_id is missing")?;
    let any_port = settings.tolerates(Leniency::AnyLoopbackPort);
    let client = match server {
        AuthorizationServer::Resource => client_of_resource(settings, state, id)?,
        // Its metadata offers neither registration nor client metadata documents.
        AuthorizationServer::Environment => {
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
fn client_of_resource(
    settings: &Settings,
    state: &State,
    id: &str,
) -> Result<RegisteredClient, String> {
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
