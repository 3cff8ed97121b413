//! An authorization request (RFC 6749 section 4.1.1) whose client and redirect URI are known, and the checks
//! of its other parameters.

use std::sync::Arc;
use std::time::SystemTime;

use super::client::RegisteredClient;
use super::error::OAuthError;
use super::params::Params;
use super::pkce::Challenge;
use super::{refresh, resource, scope};
use crate::settings::{
    Approval, AuthorizationServer, Misbehaviour, Organization, Settings, User, is_identity_scope,
};

/// An authorization request of a known client, with a redirect URI of that client.
#[derive(Debug)]
pub(crate) struct AuthorizationRequest {
    pub(super) server: AuthorizationServer,
    pub(super) params: Params,
    pub(super) client_id: String,
    pub(super) client: RegisteredClient,
    pub(super) redirect_uri: String,
}

/// What an approved request grants, after every parameter was checked.
pub(super) struct ApprovedRequest {
    pub(super) challenge: Challenge,
    pub(super) resources: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) user: User,
    pub(super) organization: Option<Organization>,
}

/// An authorization request that waits for its user's answer on the consent page.
#[derive(Debug)]
pub(crate) struct PendingConsent {
    pub(super) request: Arc<AuthorizationRequest>,
    /// Who could be chosen on the page.
    pub(super) users: Vec<User>,
    pub(super) expires: SystemTime,
}

impl AuthorizationRequest {
    /// The organization that the request names; another cannot be chosen.
    pub(super) fn organization_id(&self) -> Option<&str> {
        self.params.get("organization_id")
    }

    /// Checks what does not depend on the user: the challenge of PKCE, and the resources.
    ///
    /// # Errors
    ///
    /// The OAuth error for the client, when no user can approve the request.
    pub(super) fn check_parameters(
        &self,
        settings: &Settings,
    ) -> Result<(Challenge, Vec<String>), OAuthError> {
        let params = &self.params;
        params.check_single()?;
        if params.need("response_type")? != "code" {
            return Err(OAuthError::new(
                "unsupported_response_type",
                "response_type must be code",
            ));
        }
        let challenge = Challenge::of_request(settings, params)?;
        let resources = resource::requested_at(settings, self.server, params)?;
        Ok((challenge, resources))
    }

    /// # Errors
    ///
    /// The OAuth error for the client, when the request cannot be granted.
    pub(super) fn check(
        &self,
        settings: &Settings,
        default_user: &User,
        approval: &Approval,
    ) -> Result<ApprovedRequest, OAuthError> {
        let (challenge, resources) = self.check_parameters(settings)?;
        let (user, organization) = self.approver(settings, default_user, approval)?;
        let wanted = self.params.get("scope");
        let mut scopes = match self.server {
            AuthorizationServer::Resource => {
                let organization = organization.as_ref();
                let organization = organization.map(|organization| organization.id.as_str());
                let access = settings.access(&user, organization);
                scope::grant_user(settings, &self.client, &access, wanted)?
            }
            AuthorizationServer::Environment => scope::grant_sign_in(wanted)?,
        };
        if let Some(granted) = &approval.scopes {
            scopes.retain(|scope| is_identity_scope(scope) || granted.contains(scope));
        }
        if settings.misbehaves(Misbehaviour::ScopeNeverGranted) {
            let first = settings.scopes.first();
            scopes.retain(|scope| is_identity_scope(scope) || Some(scope) == first);
        }
        refresh::add(settings, &mut scopes);
        Ok(ApprovedRequest {
            challenge,
            resources,
            scopes,
            user,
            organization,
        })
    }

    /// Who approves unless the answer names another.
    pub(super) fn usual_user<'a>(
        &self,
        settings: &'a Settings,
        default_user: &'a User,
    ) -> &'a User {
        let hint = self.params.get("login_hint");
        let hinted = hint.and_then(|hint| settings.user(default_user, hint));
        hinted.unwrap_or(default_user)
    }

    /// Who approves, and for which organization.
    ///
    /// # Errors
    ///
    /// `access_denied` when the user is not in the organization that the answer or the request names, or was removed
    /// from the last one.
    fn approver(
        &self,
        settings: &Settings,
        default_user: &User,
        approval: &Approval,
    ) -> Result<(User, Option<Organization>), OAuthError> {
        let usual = || self.usual_user(settings, default_user);
        let user = approval.user.as_ref().unwrap_or_else(usual);
        if settings.is_expelled(user) {
            return Err(OAuthError::new(
                "access_denied",
                "the user is no longer a member of an organization",
            ));
        }
        let user = &settings.changes.applied(user);
        let wanted = approval.organization.as_deref().or(self.organization_id());
        let Some(wanted) = wanted else {
            return Ok((user.clone(), settings.home_of(user)));
        };
        let membership = user.membership(wanted).ok_or_else(|| {
            OAuthError::new("access_denied", "the user is not in the organization")
        })?;
        let organization = settings.directory.described(&membership.organization);
        Ok((user.clone(), Some(organization)))
    }
}
