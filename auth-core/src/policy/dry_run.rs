//! [`DryRun`]: an authorizer that reports, and decides nothing.

use std::sync::Arc;

use async_trait::async_trait;

use super::{AuthorizationRequest, Authorizer, NotAuthorized};

/// Tries an authorizer out: it is asked as any other, and what it would have refused is admitted, and
/// reported in the audit event as `auth.dry_run`. All other authorizers and policies decide as
/// before.
///
/// ```
/// use auth_core::layer::AuthLayer;
/// use auth_core::policy::{Authorizer, DryRun};
/// use auth_core::provider::AuthProvider;
///
/// # fn demo(provider: impl AuthProvider, in_force: impl Authorizer, next: impl Authorizer)
/// # -> Result<(), auth_core::error::ConfigErrors> {
/// let layer = AuthLayer::builder(provider)
///     .authorizer(in_force)
///     .authorizer(DryRun::new(next))
///     .build()?;
/// # let _ = layer; Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct DryRun<A>(A);

impl<A: Authorizer> DryRun<A> {
    /// Asks `authorizer`, and admits what it refuses.
    #[must_use]
    pub fn new(authorizer: A) -> Self {
        Self(authorizer)
    }
}

#[async_trait]
impl<A: Authorizer> Authorizer for DryRun<A> {
    fn needs_arguments(&self) -> bool {
        self.0.needs_arguments()
    }

    fn snapshot(&self) -> Option<Arc<dyn Authorizer>> {
        Some(Arc::new(DryRun::new(self.0.snapshot()?)))
    }

    async fn authorize(&self, request: AuthorizationRequest<'_>) -> Result<(), NotAuthorized> {
        if let Err(refused) = self.0.authorize(request.for_dry_run()).await {
            request.would_refuse(refused);
        }
        Ok(())
    }
}
