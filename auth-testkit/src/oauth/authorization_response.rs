//! The end of an authorization request: a code is issued, and the browser is sent back to the client (RFC 6749
//! section 4.1.2).

use std::sync::Arc;
use std::time::SystemTime;

use http::StatusCode;
use url::Url;

use super::authorization_request::AuthorizationRequest;
use super::code::{self, Code};
use super::error::OAuthError;
use super::grant::Grant;
use super::reply::{self, Reply};
use super::state::State;
use crate::session::Login;
use crate::settings::{Approval, AuthorizationServer, Misbehaviour, Settings};
use crate::values::Secret;

/// A code for an approved request.
pub(super) fn issue_code(
    settings: &Settings,
    state: &mut State,
    request: &AuthorizationRequest,
    approval: &Approval,
    now: SystemTime,
) -> Result<Secret, OAuthError> {
    let granted = request.check(settings, &state.user, approval)?;
    let login = Login {
        user: &granted.user,
        organization: granted.organization.as_ref().map(|one| one.id.as_str()),
        client_id: &request.client_id,
    };
    let session_id = state.log_in(settings, &login, now);
    if request.server == AuthorizationServer::Resource {
        let client = (request.client_id.as_str(), request.client.name.as_str());
        let consents = &mut state.consents;
        consents.grant(&granted.user, client, &granted.scopes, now);
    }
    let grant = Grant {
        id: state.new_grant(),
        server: request.server,
        client_id: request.client_id.clone(),
        resources: granted.resources,
        scopes: granted.scopes,
        user: granted.user,
        organization: granted.organization,
        session_id,
    };
    let code = Code {
        grant: Arc::new(grant),
        redirect_uri: request.redirect_uri.clone(),
        redirect_uri_named: request.params.get("redirect_uri").is_some(),
        challenge: granted.challenge,
        nonce: request.params.get("nonce").map(str::to_owned),
        expires: now + code::LIFETIME,
        used: false,
    };
    let forgets = settings.misbehaves(Misbehaviour::ForgetsClientsInvalidClient)
        || settings.misbehaves(Misbehaviour::ForgetsClientsUnauthorizedClient);
    // One that is identified by its metadata document cannot register again.
    if forgets && state.clients.contains_key(&request.client_id) {
        state.forgotten.insert(request.client_id.clone());
    }
    let secret = Secret::random();
    state.codes.insert(secret.clone(), code);
    Ok(secret)
}

/// Sends the browser back to the client, with a code or an error.
pub(super) fn redirect_back(
    settings: &Settings,
    request: &AuthorizationRequest,
    outcome: Result<Secret, OAuthError>,
    status: StatusCode,
) -> Reply {
    let params = &request.params;
    let mut location = Url::parse(&request.redirect_uri).expect("redirect uris are vetted");
    if settings.misbehaves(Misbehaviour::CallbackMoved) {
        move_to_other_loopback_host(&mut location);
    }
    let mut query = location.query_pairs_mut();
    let is_granted = outcome.is_ok();
    match outcome {
        Ok(_) if settings.misbehaves(Misbehaviour::EmptyCode) => query.append_pair("code", ""),
        Ok(code) => query.append_pair("code", code.expose()),
        Err(error) => query
            .append_pair("error", &error.code)
            .append_pair("error_description", &error.description),
    };
    if is_granted && settings.misbehaves(Misbehaviour::EmptyErrorBesideCode) {
        query.append_pair("error", "");
    }
    // Of two states neither is sent back: which one the client meant is anybody's guess.
    let sent = params.get("state").filter(|_| !params.repeats("state"));
    if let Some(value) = sent.and_then(|sent| state_sent_back(settings, sent)) {
        query.append_pair("state", &value);
    }
    // RFC 9207 section 2: in answers of both kinds.
    if let Some(iss) = iss(settings, request.server) {
        query.append_pair("iss", &iss);
    }
    drop(query);
    reply::redirect(status, location.as_str())
}

/// The same port of the other name of this machine, where the client may not listen.
fn move_to_other_loopback_host(location: &mut Url) {
    let other = match location.host_str() {
        Some("localhost") => "127.0.0.1",
        Some("127.0.0.1" | "[::1]") => "localhost",
        _ => return,
    };
    location.set_host(Some(other)).expect("the URL has a host");
}

fn state_sent_back(settings: &Settings, sent: &str) -> Option<String> {
    match () {
        () if settings.misbehaves(Misbehaviour::WithoutState) => None,
        () if settings.misbehaves(Misbehaviour::OtherState) => Some(format!("{sent}-other")),
        () => Some(sent.to_owned()),
    }
}

fn iss(settings: &Settings, server: AuthorizationServer) -> Option<String> {
    match () {
        () if settings.misbehaves(Misbehaviour::WithoutIssInResponse) => None,
        () if settings.misbehaves(Misbehaviour::OtherIssInResponse) => {
            Some("https://other.example".to_owned())
        }
        () if settings.misbehaves(Misbehaviour::SlashedIssInResponse) => {
            Some(format!("{}/", settings.issuer_of(server)))
        }
        () if settings.misbehaves(Misbehaviour::EmptyIssUnadvertised) => Some(String::new()),
        () => Some(settings.issuer_of(server)),
    }
}
