//! The names that most servers and providers need: `use auth_core::prelude::*;`.

pub use crate::layer::AuthLayer;
pub use crate::policy::{OperationPolicy, Policy, RequireScopes};
pub use crate::provider::{AuthProvider, ProtectedResourceMetadata, PublicUrl, ResourceServer};
pub use crate::support::async_trait;
pub use crate::token::VerifiedToken;
pub use crate::verifier::{TokenVerifier, VerifyError, VerifyRequest};
