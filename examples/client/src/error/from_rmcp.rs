//! rmcp's errors as errors of this client.

use rmcp::transport::auth::AuthError;

use super::{ClientError, root_cause};
use crate::redact;

impl From<AuthError> for ClientError {
    fn from(error: AuthError) -> Self {
        let text = |reason: &str| redact::printable(reason);
        match error {
            AuthError::DiscoveryRequestFailed { url, source } => Self::IssuerUnreachable {
                url: redact::url(&url),
                reason: root_cause(source.as_ref()),
            },
            AuthError::RegistrationFailed(reason) => Self::Registration(text(&reason)),
            AuthError::TokenExchangeFailed(reason)
            | AuthError::TokenRefreshFailed(reason)
            | AuthError::TokenRefreshRejected(reason)
            | AuthError::ClientCredentialsError(reason) => Self::Token(text(&reason)),
            error @ (AuthError::AuthorizationServerMismatch { .. }
            | AuthError::AuthorizationServerMissingIssuer { .. }) => {
                Self::Callback(text(&error.to_string()))
            }
            AuthError::PkceUnsupported => {
                Self::Metadata("code_challenge_methods_supported does not list S256".into())
            }
            AuthError::InvalidScope(response_type) => Self::Metadata(format!(
                "response_types_supported does not list {}",
                text(&response_type)
            )),
            error @ (AuthError::MetadataError(_) | AuthError::NoAuthorizationSupport) => {
                Self::Metadata(text(&error.to_string()))
            }
            AuthError::CredentialStoreError(reason) => Self::Credentials(text(&reason)),
            AuthError::InternalError(reason) => Self::Internal(text(&reason)),
            other => Self::Internal(text(&other.to_string())),
        }
    }
}
