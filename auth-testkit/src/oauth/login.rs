//! The end of a login: a code or an error, and a row of the authentication log.

use std::time::SystemTime;

use super::authorization_request::AuthorizationRequest;
use super::authorization_response::issue_code;
use super::client;
use super::error::OAuthError;
use super::state::State;
use crate::auth_log::{AuthLogEntry, AuthStatus};
use crate::settings::{Approval, AuthorizationServer, Settings, User};
use crate::values::Secret;

/// The outcome of a request whose user has approved or, as a test has scripted it, denied.
pub(super) fn conclude(
    settings: &Settings,
    state: &mut State,
    request: &AuthorizationRequest,
    approval: &Approval,
    now: SystemTime,
) -> Result<Secret, OAuthError> {
    let outcome = match &approval.denial {
        Some(error) => Err(OAuthError::new(error, "the test scripted this answer")),
        None => issue_code(settings, state, request, approval, now),
    };
    let status = match outcome {
        Ok(_) => AuthStatus::Success,
        Err(_) => AuthStatus::Failed,
    };
    note(
        settings,
        state,
        request,
        (approval.user.as_ref(), status),
        now,
    );
    outcome
}

/// The refusal of a request that its user has denied, or whose login has failed.
pub(super) fn refuse(
    settings: &Settings,
    state: &mut State,
    request: &AuthorizationRequest,
    error: OAuthError,
    now: SystemTime,
) -> Result<Secret, OAuthError> {
    note(settings, state, request, (None, AuthStatus::Failed), now);
    Err(error)
}

/// Without a user it is the one who would have signed in.
fn note(
    settings: &Settings,
    state: &mut State,
    request: &AuthorizationRequest,
    (user, status): (Option<&User>, AuthStatus),
    now: SystemTime,
) {
    let user = user.unwrap_or_else(|| request.usual_user(settings, &state.user));
    let of_user = || settings.home_of(user).map(|organization| organization.id);
    let named = request.organization_id().map(str::to_owned);
    let resource = match request.server {
        AuthorizationServer::Resource => Some(settings.resource_id.clone()),
        AuthorizationServer::Environment => None,
    };
    let entry = AuthLogEntry {
        status,
        at: now,
        email: user.email.clone(),
        organization: named.or_else(of_user),
        resource,
        client_id: client::issued_id(&request.client_id),
        client_name: request.client.name.clone(),
        connected_account: None,
    };
    state.auth_log.add(entry);
}
