//! [`AuthenticationRequirement`] as a policy.

use super::authentication::AuthenticationRequirement;
use super::denied::Denied;
use super::policy_request::PolicyRequest;
use super::policy_trait::Policy;

impl Policy for AuthenticationRequirement {
    fn check(&self, request: &PolicyRequest<'_>) -> Result<(), Denied> {
        if self.is_met_by(request.token(), request.now()) {
            Ok(())
        } else {
            Err(Denied::Authentication(self.clone()))
        }
    }
}
